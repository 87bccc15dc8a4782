import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GapCause } from '../../core/model.ts';
import { BOTH, layout, readings, recordsOf, track, type Poll } from './tracks.ts';

/** A counter that grows by 10 a second, read from a cache that is renewed every few seconds. */
function cached(seconds: number, renewedEveryS: number, others: readonly number[] = []): Poll[] {
  return Array.from({ length: seconds + 1 }, (_, at) => ({
    at,
    cells: [BigInt(10 * Math.floor(at / renewedEveryS) * renewedEveryS), ...others],
  }));
}
const ONE = layout({ c: 'counter' });

describe('an agent that answers from a cache', () => {
  it.each([
    ['3 s, beside a level', BOTH, cached(9, 3, [7]), '-1:? 0:? 3:? 6:10 9:10'],
    ['5 s, nothing else to record', ONE, cached(15, 5), '0:? 5:? 10:10 15:10'],
    ['fresh every time', BOTH, cached(4, 1, [7]), '-1:? 0:? 1:? 2:10 3:10 4:10'],
  ])('%s: its mean, neither zero nor a peak', (_name, of, polls, want) => {
    expect(track(of, 1, polls, true).records['c']).toBe(want);
  });

  it('levels are recorded meanwhile', () => {
    expect(track(BOTH, 1, cached(3, 3, [7]), true).records['g']).toBe('-1:? 0:7 1:7 2:7 3:7');
  });

  it('what does not move for long is idle', () => {
    const polls = Array.from({ length: 31 }, (_, at): Poll => ({ at, cells: [5n, 1] }));
    expect(track(BOTH, 1, polls, true).records['c']).toBe('-1:? 0:? 5:0 10:0 15:0 20:0');
  });

  it('is not held at longer intervals, nor for sources that read at once', () => {
    const polls = [0, 60, 120].map((at): Poll => ({ at, cells: [5n, 1] }));
    expect(track(BOTH, 60, polls, true).records['c']).toBe('-60:? 0:? 60:0 120:0');
    const tens = [0, 10, 20].map((at): Poll => ({ at, cells: [BigInt(at), 1] }));
    expect(track(BOTH, 10, tens, true).records['c']).toBe('-10:? 0:? 10:1 20:1');
    expect(track(BOTH, 1, cached(2, 5, [7])).records['c']).toBe('-1:? 0:? 1:0 2:0');
  });

  it('one counter that moves vouches for the others of its table', () => {
    const polls = [0, 1, 2].map((at): Poll => ({ at, cells: [BigInt(at), 5n] }));
    expect(track(layout({ a: 'counter', b: 'counter' }), 1, polls, true).records['b']).toBe('0:? 1:? 2:0');
  });

  it('what was left out of an answer makes no peak of what comes after', () => {
    const cells = [
      [0n, 0n],
      [10n, 10n],
      [20n, null],
      [20n, 20n],
      [40n, 40n],
      [50n, 50n],
    ] as const;
    const polls = cells.map((both, at): Poll => ({ at, cells: both }));
    const { records } = track(layout({ a: 'counter', b: 'counter' }), 1, polls, true);
    expect(records).toEqual({ a: '0:? 1:? 2:10 4:10 5:10', b: '0:? 1:? 2:? 3:? 4:10 5:10' });
    // Of a table nothing of which came, nobody knows since when it stands.
    const whole = cached(12, 3).map((poll): Poll => (poll.at === 4 ? { at: 4, cells: [null] } : poll));
    expect(track(ONE, 1, whole, true).records['c']).toBe('0:? 3:? 4:? 5:? 6:? 9:10 12:10');
  });

  it('what was held when the interval grew is no peak', () => {
    const polls = [0, 5, 10, 15].map((at): Poll => ({ at, cells: [BigInt(10 * Math.min(at, 10))] }));
    const { tracker } = track(ONE, 5, polls, true);
    const { rows } = tracker.apply(readings({ at: 25, cells: [250n] }), 10_000, null);
    expect(recordsOf(rows)['c']).toEqual([[25, 10]]);
  });

  it('a missed poll is covered, a longer silence is a gap with its cause', () => {
    const at = (s: number): Poll => ({ at: s, cells: [BigInt(10 * Math.floor(s / 3) * 3), 7] });
    const seconds = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => at(from + i));
    const missed: (Poll | GapCause)[] = [...seconds(0, 7), 'timeout', ...seconds(9, 13)];
    expect(track(BOTH, 1, missed, true).records['c']).toBe('-1:? 0:? 3:? 6:10 9:10 12:10');
    const silent: (Poll | GapCause)[] = [...seconds(0, 7), 'timeout', 'timeout', 'timeout', ...seconds(11, 18)];
    const result = track(BOTH, 1, silent, true);
    expect(result.applied.flatMap((one) => one.gap?.cause ?? [])).toEqual(['timeout']);
    expect(result.records['c']).toBe('-1:? 0:? 3:? 6:10 10:? 11:? 12:? 15:10 18:10');
  });

  it('traffic that begins after idle time is no peak', () => {
    const total = (s: number) => BigInt(Math.max(0, s - 22) * 10);
    const polls = Array.from({ length: 40 }, (_, s): Poll => ({ at: s, cells: [total(Math.floor(s / 5) * 5), 7] }));
    const records = recordsOf(track(BOTH, 1, polls, true).rows)['c'] ?? [];
    for (const [, rate] of records) expect(rate ?? 0).toBeLessThanOrEqual(10);
    const carried = records.reduce((sum, [at, rate], i) => sum + (rate ?? 0) * (at - (records[i - 1]?.[0] ?? at)), 0);
    expect(carried).toBeCloseTo(130, 6);
  });

  it('never shows a rate above what was, whatever the cache does', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 12 }), (renewals) => {
        const polls: Poll[] = [];
        let value = 0;
        let at = 0;
        // Whatever the rhythm, at a renewal the counter is what it is at that moment.
        for (const wait of renewals) {
          for (let i = 0; i < wait; i++) polls.push({ at: at + i, cells: [BigInt(value), 1] });
          at += wait;
          value = 10 * at;
        }
        polls.push({ at, cells: [BigInt(value), 1] });
        const records = recordsOf(track(BOTH, 1, polls, true).rows)['c'] ?? [];
        for (const [, rate] of records) expect(rate ?? 10).toBeCloseTo(10, 9);
        if (records.length > 2) expect(records.at(-1)?.[0]).toBe(at);
      }),
    );
  });
});
