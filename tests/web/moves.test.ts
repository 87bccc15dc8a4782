import { describe, expect, it } from 'vitest';
import type { GraphData } from '../../core/graph.ts';
import { earlier, later, wider, zoomed } from '../../web/graph/moves.ts';
import { refreshMs } from '../../web/graph/pace.ts';

const H = 3_600_000;
const D = 24 * H;
const NOW = Date.UTC(2026, 10, 17, 14, 20);
const shown = (fromMs: number, toMs: number) => ({ fromMs, toMs, stepMs: 60_000, zone: 'UTC' }) as GraphData;

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
