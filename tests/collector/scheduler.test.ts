import { afterEach, describe, expect, it } from 'vitest';
import { createScheduler, type Answer, type Scheduler, type Turn } from '../../collector/scheduler.ts';
import { createTimeline, type Timeline } from '../../collector/timeline.ts';
import { createFakeClock } from './fake-clock.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

let timeline: Timeline | null = null;
afterEach(() => {
  timeline?.stop();
});

interface Setup {
  limit?: number;
  deadLimit?: number;
  /** How long a poll takes and how it ends. */
  device?: (id: string, turn: Turn, n: number) => { tookMs: number; answer: Answer };
}

function setup({ limit, deadLimit, device }: Setup = {}) {
  const clock = createFakeClock();
  const starts: { id: string; atMs: number; probe: boolean }[] = [];
  const skips = new Map<string, number>();
  const running = new Map<string, number>();
  let most = 0;
  const errors: unknown[] = [];
  timeline = createTimeline(clock, (error) => errors.push(error));
  const scheduler = createScheduler({
    clock,
    timeline,
    async run(id, turn) {
      const n = starts.filter((start) => start.id === id).length;
      starts.push({ id, atMs: clock.monoMs(), probe: turn.probe });
      running.set(id, (running.get(id) ?? 0) + 1);
      most = Math.max(most, running.get(id) ?? 0);
      const { tookMs, answer } = device?.(id, turn, n) ?? { tookMs: 10, answer: 'yes' };
      await clock.sleep(tookMs, turn.signal).catch(() => undefined);
      running.set(id, (running.get(id) ?? 1) - 1);
      return answer;
    },
    onSkip: (id, n) => skips.set(id, (skips.get(id) ?? 0) + n),
    onError: (error) => errors.push(error),
    ...(limit === undefined ? {} : { limit }),
    ...(deadLimit === undefined ? {} : { deadLimit }),
  });
  const of = (id: string) => starts.filter((start) => start.id === id).map((start) => start.atMs);
  return { clock, scheduler, starts, skips, errors, of, mostAtOnce: () => most };
}
const distances = (times: readonly number[]) => times.slice(1).map((time, i) => time - (times[i] ?? NaN));
const add = (scheduler: Scheduler, n: number, intervalMs: number) => {
  for (let i = 0; i < n; i++) scheduler.set(`device-${String(i)}`, intervalMs);
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
    expect(of('one').length).toBeGreaterThan(n);
  });
});

describe('the dead', () => {
  const dead = (id: string) => id.startsWith('dead');

  it('never delay the living, and are found within one interval when they return', async () => {
    let back = false;
    const { clock, scheduler, of, starts } = setup({
      limit: 20,
      deadLimit: 20,
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
    expect(scheduler.stats().latenessMs).toBeLessThan(1);
    expect(starts.filter((start) => dead(start.id)).every((start) => start.probe)).toBe(true);

    back = true;
    starts.length = 0;
    await clock.advance(10_000 + 2_000);
    for (let i = 0; i < 100; i++) expect(of(`dead-${String(i)}`).length).toBeGreaterThan(0);
    starts.length = 0;
    await clock.advance(10_000);
    expect(starts.some((start) => start.probe)).toBe(false);
  });

  it('are probed every ten seconds at most', async () => {
    const { clock, scheduler, of } = setup({ device: () => ({ tookMs: 500, answer: 'no' }) });
    scheduler.set('dead', 1_000);
    await clock.advance(5_000);
    const n = of('dead').length;
    await clock.advance(100_000);
    expect(of('dead').length - n).toBeLessThanOrEqual(11);
    expect(of('dead').length - n).toBeGreaterThanOrEqual(9);
  });

  it('of which something is still heard keep their interval', async () => {
    const { clock, scheduler, of } = setup({ device: () => ({ tookMs: 500, answer: 'some' }) });
    scheduler.set('half', 1_000);
    await clock.advance(60_000);
    expect(of('half')).toHaveLength(60);
  });
});

describe('limits', () => {
  it('holds the number in flight and measures how late the others start', async () => {
    const { clock, scheduler, starts } = setup({ limit: 5, device: () => ({ tookMs: 1_000, answer: 'yes' }) });
    const fromMs = clock.monoMs();
    for (let i = 0; i < 50; i++) scheduler.set(`device-${String(i)}`, 1_000);
    await clock.advance(10_000);
    for (let atMs = fromMs; atMs < clock.monoMs(); atMs += 100) {
      expect(starts.filter((start) => start.atMs <= atMs && start.atMs + 1_000 > atMs).length).toBeLessThanOrEqual(5);
    }
    expect(scheduler.stats().inFlight).toBeLessThanOrEqual(5);
    expect(scheduler.stats().latenessMs).toBeGreaterThan(1_000);
    // Nobody starves: each had its turn.
    expect(new Set(starts.map((start) => start.id)).size).toBeGreaterThanOrEqual(45);
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
