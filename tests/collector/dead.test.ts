import { describe, expect, it } from 'vitest';
import { DAY_MS, distances, MINUTE_MS, setup } from './turns.ts';

describe('the dead', () => {
  const dead = (id: string) => id.startsWith('dead');

  it('never delay the living, and are found within one interval when they return', async () => {
    let back = false;
    const { clock, scheduler, of, starts } = setup({
      limit: 20,
      suspectLimit: 20,
      device: (id) => (dead(id) && !back ? { tookMs: 2_000, answer: 'no' } : { tookMs: 10, answer: 'yes' }),
    });
    for (let i = 0; i < 100; i++) scheduler.set(`dead-${String(i)}`, 10_000);
    for (let i = 0; i < 100; i++) scheduler.set(`live-${String(i)}`, 10_000);
    // Until they are known to be dead they may be in the way.
    await clock.advance(30_000);
    const n = of('live-7').length;
    starts.length = 0;
    await clock.advance(70_000);
    expect(n).toBeGreaterThan(0);
    for (let i = 0; i < 100; i++) {
      const live = of(`live-${String(i)}`);
      expect(live).toHaveLength(7);
      for (const distance of distances(live)) expect(Math.abs(distance - 10_000)).toBeLessThan(1);
    }
    expect(scheduler.stats().lateness.worstMs).toBeLessThan(1);
    expect(starts.filter((start) => dead(start.id)).every((start) => start.probe)).toBe(true);

    back = true;
    starts.length = 0;
    await clock.advance(10_000 + 2_000);
    for (let i = 0; i < 100; i++) expect(of(`dead-${String(i)}`).length).toBeGreaterThan(0);
    starts.length = 0;
    await clock.advance(10_000);
    expect(starts.some((start) => start.probe)).toBe(false);
  });

  it.each([
    [1_000, 1_000],
    [1_000, 2_500],
    [10_000, 1_000],
    [MINUTE_MS, 1_000],
    [10 * MINUTE_MS, 1_000],
    [DAY_MS, 1_000],
  ])(
    'that are polled every %i ms and give up after %i ms are found within that time of their return',
    async (intervalMs, tookMs) => {
      const backMs = new Map<string, number>();
      const found = new Map<string, number>();
      const { clock, scheduler, mostAtOnce } = setup({
        device: (id) => {
          // What was sent before it came back is lost.
          if (clock.monoMs() < (backMs.get(id) ?? Infinity)) return { tookMs, answer: 'no' };
          if (!found.has(id)) found.set(id, clock.monoMs());
          return { tookMs: 5, answer: 'yes' };
        },
      });
      for (let i = 0; i < 100; i++) scheduler.set(`dead-${String(i)}`, intervalMs, { failures: 2 });
      await clock.advance(3 * Math.min(intervalMs, MINUTE_MS));
      const fromMs = clock.monoMs();
      const withinMs = Math.min(Math.max(intervalMs, tookMs), MINUTE_MS);
      for (let i = 0; i < 100; i++) backMs.set(`dead-${String(i)}`, fromMs + (i / 100) * withinMs);
      await clock.advance(2 * withinMs + 1);
      for (const [id, atMs] of backMs) expect((found.get(id) ?? Infinity) - atMs).toBeLessThanOrEqual(withinMs);
      expect(mostAtOnce()).toBe(1);
    },
  );

  it('are asked once in each interval, and not more often', async () => {
    const { clock, scheduler, of } = setup({ device: () => ({ tookMs: 500, answer: 'no' }) });
    for (const intervalMs of [1_000, 10_000, MINUTE_MS]) scheduler.set(String(intervalMs), intervalMs, { failures: 2 });
    await clock.advance(10 * MINUTE_MS);
    for (const intervalMs of [1_000, 10_000, MINUTE_MS])
      expect(of(String(intervalMs))).toHaveLength((10 * MINUTE_MS) / intervalMs);
    expect(scheduler.stats().skipped).toBe(0);
  });

  it('of a long interval are asked every minute, and are back in their place once they answer', async () => {
    let back = false;
    const { clock, scheduler, of, starts } = setup({ device: () => ({ tookMs: 1_000, answer: back ? 'yes' : 'no' }) });
    scheduler.set('daily', DAY_MS);
    await clock.advance(DAY_MS);
    expect(starts.slice(0, 3).map(({ probe }) => probe)).toEqual([false, false, true]);
    const first = of('daily')[0] ?? NaN;
    const waits = distances(of('daily'));
    expect(waits.length).toBeGreaterThan(10);
    for (const wait of waits) expect(wait).toBeLessThanOrEqual(MINUTE_MS + 1_000);
    back = true;
    starts.length = 0;
    await clock.advance(3 * DAY_MS);
    const later = of('daily');
    expect(later.length).toBeLessThanOrEqual(4);
    // Found again, then at the time of day it has, and never twice within half a day.
    for (const atMs of later.slice(1)) expect(Math.abs(((atMs - first + DAY_MS / 2) % DAY_MS) - DAY_MS / 2)).toBeLessThan(1);
    for (const wait of distances(later)) expect(wait).toBeGreaterThan(DAY_MS / 2 - 1);
  });

  it('a device that fails once is asked again in its next turn, in full', async () => {
    const { clock, scheduler, starts, of } = setup({
      device: (_, __, n) => (n === 2 ? { tookMs: 2_000, answer: 'no' } : { tookMs: 10, answer: 'yes' }),
    });
    scheduler.set('one', 10_000);
    await clock.advance(MINUTE_MS);
    expect(starts.every(({ probe }) => !probe)).toBe(true);
    for (const distance of distances(of('one'))) expect(distance).toBeCloseTo(10_000, 3);
  });

  it.each([
    [1_000, 1_000],
    [10_000, 10_000],
    [MINUTE_MS, 10_000],
  ])(
    'never keep the living waiting: polled every %i ms, 9 in 10 of %i devices dead',
    async (intervalMs, devices) => {
      let back = false;
      const found = new Map<string, number>();
      const s = setup({
        device: (id) => {
          if (dead(id) && !back) return { tookMs: 1_000, answer: 'no' };
          if (back && !found.has(id)) found.set(id, s.clock.monoMs());
          return { tookMs: 20, answer: 'yes' };
        },
      });
      for (let i = 0; i < devices; i++) {
        const id = i % 10 === 0 ? `live-${String(i)}` : `dead-${String(i)}`;
        s.scheduler.set(id, intervalMs, { failures: dead(id) ? 2 : 0 });
      }
      await s.clock.advance(intervalMs);
      s.starts.length = 0;
      await s.clock.advance(intervalMs);
      expect(s.starts.filter(({ id }) => !dead(id))).toHaveLength(devices / 10);
      expect(s.starts.filter(({ id }) => dead(id))).toHaveLength((devices * 9) / 10);
      expect(s.scheduler.stats().lateness.worstMs).toBeLessThan(1);
      expect(s.scheduler.stats().suspect.waiting).toBe(0);
      expect(s.scheduler.stats().skipped).toBe(0);
      back = true;
      const backMs = s.clock.monoMs();
      await s.clock.advance(intervalMs + 1_001);
      expect(found.size).toBe(devices);
      for (const atMs of found.values()) expect(atMs - backMs).toBeLessThanOrEqual(intervalMs);
      expect(s.mostAtOnce()).toBe(1);
    },
    60_000,
  );

  it('that die all at once give the places of the living back', async () => {
    let dying = false;
    const { clock, scheduler } = setup({
      limit: 20,
      device: (id) => (dead(id) && dying ? { tookMs: 4_000, answer: 'no' } : { tookMs: 10, answer: 'yes' }),
    });
    for (let i = 0; i < 400; i++) scheduler.set(i % 10 === 0 ? `live-${String(i)}` : `dead-${String(i)}`, 10_000);
    await clock.advance(20_000);
    dying = true;
    // 36 of them come up each second and are waited for 4 s: 144 at a time, where there are 20 places.
    await clock.advance(60_000);
    expect(scheduler.stats().lateness.worstMs).toBeLessThan(500);
    expect(scheduler.stats().skipped).toBe(0);
  });

  it('of which something is still heard keep their interval', async () => {
    const { clock, scheduler, of } = setup({ device: () => ({ tookMs: 500, answer: 'some' }) });
    scheduler.set('half', 1_000);
    await clock.advance(60_000);
    expect(of('half')).toHaveLength(60);
  });
});
