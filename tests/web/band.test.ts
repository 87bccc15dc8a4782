/** The shared axis of dates on the capacity page and the overview. */
import { describe, expect, test } from 'vitest';
import { axisOf, labelled } from '../../web/capacity/band.tsx';

const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 10, 26, 13, 18);

describe('the axis of dates', () => {
  const row = (days: number) => ({ dates: { lowMs: NOW_MS, medianMs: NOW_MS + days * DAY_MS, highMs: NOW_MS + days * DAY_MS } });

  test('begins in the middle of a millisecond, where the clock of the server is known by half the time of an answer', () => {
    const [whole, broken] = [axisOf([row(30)], NOW_MS, 'UTC'), axisOf([row(30)], NOW_MS + 0.5, 'UTC')];
    expect(broken.ticks.map(({ label }) => label)).toEqual(whole.ticks.map(({ label }) => label));
    expect(whole.ticks.map(({ label }) => label)).toEqual(['Dec', '2027', 'Feb', 'Mar', 'Apr', 'May']);
  });

  test('reaches as far as most of the dates', () => {
    expect(axisOf([row(30)], NOW_MS, 'UTC').days).toBe(180);
    expect(axisOf([row(30), row(300)], NOW_MS, 'UTC').days).toBe(365);
    expect(axisOf([row(3_000)], NOW_MS, 'UTC').days).toBe(730);
    expect(axisOf([], NOW_MS, 'UTC').days).toBe(180);
  });

  test('labels years before months, and none that would lie on another', () => {
    const { ticks } = axisOf([row(700)], NOW_MS, 'UTC');
    const texts = (px: number) => labelled(ticks, px).map(({ label }) => label);
    expect(texts(270)).toEqual(['Apr', 'Jul', 'Oct', '2028', 'Apr', 'Jul', 'Oct']);
    expect(texts(130)).toEqual(['Jul', '2028', 'Jul']);
    const at = labelled(ticks, 270).map(({ share }) => share * 270);
    for (const [i, x] of at.entries()) expect(x - (at[i - 1] ?? 0)).toBeGreaterThanOrEqual(32);
  });
});
