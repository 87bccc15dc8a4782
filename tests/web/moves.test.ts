import { describe, expect, it } from 'vitest';
import type { GraphData } from '../../core/graph.ts';
import { earlier, later, reaching, wider, zoomed } from '../../web/graph/moves.ts';
import { commonGap } from '../../web/graph/gaps.ts';
import { refreshMs } from '../../web/graph/pace.ts';

const H = 3_600_000;
const D = 24 * H;
const NOW = Date.UTC(2026, 10, 17, 14, 20);
const shown = (fromMs: number, toMs: number) => ({ fromMs, toMs, stepMs: 60_000, zone: 'UTC' }) as GraphData;

describe('the first range of what nothing polls', () => {
  const data = (newestMs: number | null, oldestMs: number | null, fromMs = NOW - D, toMs = NOW) =>
    ({ ...shown(fromMs, toMs), newestMs, oldestMs }) as GraphData;
  const old = NOW - 100 * D;
  it('is the day before the newest sample of any graph', () => {
    const found = '2026-08-08T14:21 to 2026-08-09T14:21';
    expect(reaching([data(old, old - D)], NOW)).toBe(found);
    expect(reaching([data(old - D, old - D), data(old, old), data(null, null)], NOW)).toBe(found);
    // And stays there once it is shown.
    expect(reaching([data(old, old - D, old - D, old + 60_000)], NOW)).toBe('');
    expect(reaching([data(old, old - D, old - 9 * D, old - D)], NOW)).toBe(found);
  });
  it('is all of history when only its begin is known', () => {
    expect(reaching([data(null, old)], NOW)).toBe('2026-08-09T14:20 to 2026-11-17T14:20');
    expect(reaching([data(null, old, old, NOW)], NOW)).toBe('');
  });
  it('is the usual one where that reaches it, or nothing is known', () => {
    expect(reaching([data(NOW - 60_000, old)], NOW)).toBe('');
    expect(reaching([data(null, null)], NOW)).toBe('');
    expect(reaching([], NOW)).toBe('');
  });
});

describe('a gap in common', () => {
  const with_ = (...gaps: [number, number][]) =>
    ({ gaps: gaps.map(([fromMs, toMs]) => ({ fromMs, toMs, cause: null, text: '' })) }) as unknown as GraphData;
  it('is the newest that all have, its edges aside', () => {
    expect(commonGap([with_([0, 10], [20, 30], [50, 60]), with_([1, 10], [21, 32])])).toMatchObject({ fromMs: 20, toMs: 30 });
  });
  it('is none where one graph knows more', () => {
    expect(commonGap([with_([0, 10]), with_()])).toBeUndefined();
    expect(commonGap([with_([0, 10]), with_([9, 40])])).toBeUndefined();
    expect(commonGap([])).toBeUndefined();
  });
});

describe('moving on', () => {
  it('goes one range back', () => {
    expect(earlier(shown(NOW - D, NOW))).toBe('2026-11-15T14:20 to 2026-11-16T14:20');
  });
  it('goes one range forward, and becomes the range up to now at the end', () => {
    expect(later(shown(NOW - 3 * D, NOW - 2 * D), NOW)).toBe('2026-11-15T14:20 to 2026-11-16T14:20');
    expect(later(shown(NOW - 1.5 * D, NOW - 0.5 * D), NOW)).toBe('24h');
    expect(later(shown(NOW - 730.5 * D, NOW - 365.25 * D), NOW)).toBe('1y');
    expect(later(shown(NOW - 2.4 * H, NOW - H), NOW)).toBe('84m');
  });
  it('widens around the middle, or back from now', () => {
    expect(wider(shown(NOW - D, NOW), NOW)).toBe('2d');
    expect(wider(shown(NOW - 10 * D, NOW - 8 * D), NOW)).toBe('2026-11-06T14:20 to 2026-11-10T14:20');
  });
  it('zooms to what was dragged, but no closer than a minute', () => {
    expect(zoomed(shown(0, NOW), NOW - 2 * D, NOW - D)).toBe('2026-11-15T14:20 to 2026-11-16T14:20');
    expect(zoomed(shown(0, NOW), NOW, NOW + 1_000)).toBe('2026-11-17T14:19:30 to 2026-11-17T14:20:30');
  });
});

describe('asking again', () => {
  it.each([
    ['each poll where slots are short', shown(NOW - H, NOW), 60_000, 60_000],
    ['no more often than every two seconds', { ...shown(NOW - H, NOW), stepMs: 1_000 }, 1_000, 2_000],
    ['often where one watches', { ...shown(NOW - D, NOW), stepMs: 4 * 60_000 }, 1_000, 15_000],
    ['at half a slot where they are long', { ...shown(NOW - 7 * D, NOW), stepMs: 15 * 60_000 }, 60_000, 300_000],
    ['at the pace of a slow device', { ...shown(NOW - D, NOW), stepMs: 4 * 60_000 }, 60_000, 60_000],
    ['every five minutes at least', { ...shown(NOW - 365 * D, NOW), stepMs: D }, 60_000, 300_000],
    ['never for what is over', shown(NOW - D, NOW - H), 60_000, null],
  ] as const)('%s', (_, data, intervalMs, expected) => expect(refreshMs(data, intervalMs, NOW)).toBe(expected));
});
