import { describe, expect, it } from 'vitest';
import { add, DAY_MS, distances, MINUTE_MS, setup } from './turns.ts';

const inFlightAtMost = (starts: readonly { atMs: number }[], fromMs: number, toMs: number, tookMs: number) => {
  let most = 0;
  for (let atMs = fromMs; atMs < toMs; atMs += 100) {
    most = Math.max(most, starts.filter((start) => start.atMs <= atMs && start.atMs + tookMs > atMs).length);
  }
  return most;
};

describe('the schedule', () => {
  it.each([1_000, 10_000, MINUTE_MS, DAY_MS])('polls every %i ms, exactly', async (intervalMs) => {
    const { clock, scheduler, of } = setup();
    scheduler.set('one', intervalMs);
    await clock.advance(10 * intervalMs);
    expect(of('one')).toHaveLength(10);
    for (const distance of distances(of('one'))) expect(distance).toBeCloseTo(intervalMs, 3);
  });

  it('spreads devices evenly over the interval', async () => {
    const { clock, scheduler, starts } = setup();
    const fromMs = clock.monoMs();
    add(scheduler, 1000, MINUTE_MS);
    await clock.advance(MINUTE_MS);
    expect(starts).toHaveLength(1000);
    const tenths = new Array<number>(10).fill(0);
    for (const { atMs } of starts) tenths[Math.min(9, Math.floor((atMs - fromMs) / (MINUTE_MS / 10)))]! += 1;
    for (const n of tenths) {
      expect(n).toBeGreaterThan(65);
      expect(n).toBeLessThan(135);
    }
  });

  it('gives a device the same place after a restart', async () => {
    const [first, second] = [setup(), setup()];
    first.scheduler.set('one', MINUTE_MS);
    await first.clock.advance(MINUTE_MS);
    await second.clock.advance(17_000);
    second.scheduler.set('one', MINUTE_MS);
    await second.clock.advance(2 * MINUTE_MS);
    expect(second.of('one').map((ms) => ms % MINUTE_MS)).toContainEqual(expect.closeTo((first.of('one')[0] ?? 0) % MINUTE_MS, 3));
  });

  it.each([
    [MINUTE_MS, 1_000],
    [1_000, DAY_MS],
    [DAY_MS, 10_000],
  ])('changes the interval from %i to %i ms at any time', async (beforeMs, afterMs) => {
    const { clock, scheduler, of } = setup();
    scheduler.set('one', beforeMs);
    await clock.advance(1.5 * beforeMs);
    const n = of('one').length;
    const changedMs = clock.monoMs();
    scheduler.set('one', afterMs);
    await clock.advance(3 * afterMs);
    const later = of('one').slice(n);
    expect(later).toHaveLength(3);
    expect((later[0] ?? NaN) - changedMs).toBeLessThanOrEqual(afterMs);
    for (const distance of distances(later)) expect(distance).toBeCloseTo(afterMs, 3);
  });

  it('keeps the first start away from a poll just made', async () => {
    const { clock, scheduler, of } = setup();
    const fromMs = clock.monoMs();
    scheduler.set('one', MINUTE_MS, { afterMs: MINUTE_MS / 2 });
    void scheduler.now('one');
    await clock.advance(2 * MINUTE_MS);
    const [first, second] = of('one');
    expect(first).toBe(fromMs);
    expect((second ?? 0) - fromMs).toBeGreaterThanOrEqual(MINUTE_MS / 2);
    expect((second ?? 0) - fromMs).toBeLessThanOrEqual(1.5 * MINUTE_MS);
  });
});

describe('a poll longer than the interval', () => {
  it('is never overlapped; the starts it takes are skipped and counted', async () => {
    const { clock, scheduler, skips, of, mostAtOnce } = setup({ device: () => ({ tookMs: 2_500, answer: 'yes' }) });
    scheduler.set('slow', 1_000);
    await clock.advance(30_000);
    expect(mostAtOnce()).toBe(1);
    expect(of('slow')).toHaveLength(10);
    expect(skips.get('slow')).toBe(20);
    expect(scheduler.stats().skipped).toBe(20);
    expect([...scheduler.paces()]).toMatchObject([{ id: 'slow', tookMs: 2_500, skips: 20, failures: 0 }]);
  });

  it('is not overlapped by a poll out of turn, nor by taking the device away and back', async () => {
    const { clock, scheduler, mostAtOnce, of } = setup({ device: () => ({ tookMs: 5_000, answer: 'yes' }) });
    scheduler.set('slow', 10_000);
    const first = scheduler.now('slow');
    await clock.advance(1_000);
    expect(scheduler.now('slow')).toBe(first);
    scheduler.remove('slow');
    expect(scheduler.now('slow')).toBeNull();
    scheduler.set('slow', 1_000);
    await clock.advance(3_500);
    expect(of('slow')).toHaveLength(1);
    await clock.advance(20_000);
    expect(mostAtOnce()).toBe(1);
    expect(of('slow').length).toBeGreaterThan(3);
  });

  it('counts starts that were lost while the whole process stood still', async () => {
    const { clock, scheduler, of } = setup();
    scheduler.set('one', 1_000);
    await clock.advance(2_000);
    const n = of('one').length;
    // Time passes without any timer being served.
    const asleep = clock.advance(0);
    await asleep;
    const before = scheduler.stats().skipped;
    const realSleep = clock.sleep.bind(clock);
    clock.sleep = (ms, signal) => realSleep(ms + 7_000, signal);
    await clock.advance(1_000);
    clock.sleep = realSleep;
    await clock.advance(10_000);
    expect(scheduler.stats().skipped - before).toBeGreaterThanOrEqual(6);
    // That was not the device's doing.
    expect([...scheduler.paces()]).toMatchObject([{ skips: 0 }]);
    expect(of('one').length).toBeGreaterThan(n);
  });
});

describe('limits', () => {
  it('holds the number in flight and measures how late the others start', async () => {
    const { clock, scheduler, starts } = setup({ limit: 5, device: () => ({ tookMs: 400, answer: 'yes' }) });
    const fromMs = clock.monoMs();
    for (let i = 0; i < 50; i++) scheduler.set(`device-${String(i)}`, 1_000);
    await clock.advance(10_000);
    expect(inFlightAtMost(starts, fromMs, clock.monoMs(), 400)).toBe(5);
    const { living, suspect, lateness } = scheduler.stats();
    expect(living.inFlight).toBe(5);
    expect(living.waiting).toBeGreaterThan(30);
    expect(suspect).toEqual({ inFlight: 0, waiting: 0 });
    expect(lateness.worstMs).toBeGreaterThan(1_000);
    expect(lateness.p99Ms).toBeGreaterThan(lateness.p50Ms);
    // Nobody starves: each had its turn.
    expect(new Set(starts.map((start) => start.id)).size).toBeGreaterThanOrEqual(45);
  });

  it('holds the number in flight also when all of them take long', async () => {
    const { clock, scheduler, starts } = setup({
      limit: 5,
      suspectLimit: 7,
      device: () => ({ tookMs: 3_000, answer: 'yes' }),
    });
    const fromMs = clock.monoMs();
    for (let i = 0; i < 50; i++) scheduler.set(`device-${String(i)}`, 1_000);
    await clock.advance(20_000);
    expect(inFlightAtMost(starts, fromMs, clock.monoMs(), 3_000)).toBe(12);
    expect(new Set(starts.map((start) => start.id)).size).toBe(50);
  });

  it('a poll that throws is an error of ours, not of the others', async () => {
    const { clock, scheduler, errors, of } = setup({
      device: (id) => {
        if (id === 'bad') throw new Error('boom');
        return { tookMs: 1, answer: 'yes' };
      },
    });
    scheduler.set('bad', 1_000);
    scheduler.set('good', 1_000);
    await clock.advance(5_000);
    expect(of('good')).toHaveLength(5);
    expect(errors.length).toBeGreaterThan(0);
  });
});

describe('stopping', () => {
  it('waits for polls in flight, but no longer than the deadline', async () => {
    const { clock, scheduler, of } = setup({ device: (id) => ({ tookMs: id === 'quick' ? 1_000 : 60_000, answer: 'yes' }) });
    scheduler.set('quick', 10_000);
    scheduler.set('endless', 10_000);
    void scheduler.now('quick');
    void scheduler.now('endless');
    await clock.advance(1);
    let stopped = false;
    const fromMs = clock.monoMs();
    let stoppedMs = NaN;
    void scheduler.stop(5_000).then(() => {
      stopped = true;
      stoppedMs = clock.monoMs();
    });
    await clock.advance(1_500);
    expect(stopped).toBe(false);
    await clock.advance(10_000);
    expect(stopped).toBe(true);
    expect(stoppedMs - fromMs).toBeLessThanOrEqual(5_001);
    await clock.advance(60_000);
    expect(of('quick')).toHaveLength(1);
  });
});
