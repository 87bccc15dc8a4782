/** A scheduler over a fake clock whose devices take and answer as told. */
import { afterEach } from 'vitest';
import { createScheduler, type Answer, type Scheduler, type Turn } from '../../collector/scheduler.ts';
import { createTimeline, type Timeline } from '../../collector/timeline.ts';
import { createFakeClock } from './fake-clock.ts';

export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;

let timeline: Timeline | null = null;
afterEach(() => {
  timeline?.stop();
});

export interface Setup {
  limit?: number;
  suspectLimit?: number;
  /** How long a poll takes and how it ends. */
  device?: (id: string, turn: Turn, n: number) => { tookMs: number; answer: Answer };
}

export function setup({ limit, suspectLimit, device }: Setup = {}) {
  const clock = createFakeClock();
  const starts: { id: string; atMs: number; probe: boolean }[] = [];
  const skips = new Map<string, number>();
  const asked = new Map<string, number>();
  const running = new Map<string, number>();
  let most = 0;
  const errors: unknown[] = [];
  timeline = createTimeline(clock, (error) => errors.push(error));
  const scheduler = createScheduler({
    clock,
    timeline,
    async run(id, turn) {
      const n = asked.get(id) ?? 0;
      asked.set(id, n + 1);
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
    ...(suspectLimit === undefined ? {} : { suspectLimit }),
  });
  const of = (id: string) => starts.filter((start) => start.id === id).map((start) => start.atMs);
  return { clock, scheduler, starts, skips, errors, of, mostAtOnce: () => most };
}
export const distances = (times: readonly number[]) => times.slice(1).map((time, i) => time - (times[i] ?? NaN));
export const add = (scheduler: Scheduler, n: number, intervalMs: number) => {
  for (let i = 0; i < n; i++) scheduler.set(`device-${String(i)}`, intervalMs);
};
