import { describe, expect, it } from 'vitest';
import type { Pace } from '../../collector/scheduler.ts';
import { slowestOf, whySlow, type Known } from '../../collector/slowest.ts';

const pace = (id: string, tookMs: number, other: Partial<Pace> = {}): Pace => ({
  id,
  tookMs,
  intervalMs: 60_000,
  failures: 0,
  silent: false,
  skips: 0,
  ...other,
});
const silent = { silent: true, failures: 7 };
const ids = (paces: readonly Pace[]) => paces.map(({ id }) => id);

describe('the slowest devices', () => {
  it('are those whose polls take longest, those that skip starts first', () => {
    const paces = [pace('a', 5), pace('b', 900), pace('new', NaN), pace('c', 70), pace('d', 40, { skips: 2 })];
    expect(ids(slowestOf(paces, 3).paces)).toEqual(['d', 'b', 'c']);
  });

  it('are not only the dead: three of them stand for all', () => {
    const dead = Array.from({ length: 5_000 }, (_, i) => pace(`dead${String(i)}`, 1_000 + i, silent));
    const living = Array.from({ length: 5_000 }, (_, i) => pace(`live${String(i)}`, i / 100));
    const found = slowestOf([...dead, ...living], 10);
    expect(ids(found.paces)).toEqual([
      ...['dead4999', 'dead4998', 'dead4997'],
      ...Array.from({ length: 7 }, (_, i) => `live${String(4_999 - i)}`),
    ]);
    expect(found.silent).toBe(5_000);
    expect(slowestOf(dead, 10).paces).toHaveLength(10);
    expect(ids(slowestOf([...dead.slice(0, 6), ...living.slice(0, 5)], 10).paces)).toHaveLength(10);
  });

  const manner = { roundTripMs: 70, timeoutMs: 1_000, requests: 12, resent: 0, bulk: false };
  it.each<[string, Partial<Pace>, Partial<Known>]>([
    ['does not answer; probed once an interval', silent, {}],
    ['does not answer; probed once a minute', { ...silent, intervalMs: 86_400_000 }, {}],
    ['did not answer the last time', { silent: true, failures: 1 }, {}],
    ['answers in 840 ms', {}, {}],
    ['answers in 840 ms, 1 request', {}, { manner: { ...manner, requests: 1 } }],
    ['answers in 840 ms, 12 requests of about 70 ms', {}, { manner }],
    ['answers in 840 ms, 12 requests of about 70 ms, 3 of them sent again', {}, { manner: { ...manner, resent: 3 } }],
    ['large: 4\u2009800 values, answers in 3.10 s', { tookMs: 3_100 }, { values: 4_800 }],
    ['skipped 4 starts: polls take longer than the interval; answers in 840 ms', { skips: 4, intervalMs: 500 }, {}],
    [
      'answers ping, but nothing else: No answer within 1 s',
      { failures: 5 },
      { reason: 'Answers ping, but nothing else: No answer within 1 s.' },
    ],
  ])('%s', (text, of, known) => {
    expect(whySlow(pace('a', 840, of), { values: 40, manner: null, reason: '', ...known })).toBe(text);
  });
});
