import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UNITS } from '../../core/model.ts';
import { timeTicks, valueTicks } from '../../core/ticks.ts';
import { parseRange, parseRangeText, parseTime } from '../../core/time-range.ts';

const NOW = Date.UTC(2026, 10, 17, 14, 20);
const D = 86_400_000;
const ZONE = 'Europe/Paris';

describe('valueTicks', () => {
  it.each([
    ['small mirrored traffic', 6.1e9, 3e9, 'bps', 4, '5 | 2.5 | 0 | 2.5 | 5 | 7.5 Gb/s'],
    ['large mirrored traffic', 6.1e9, 3e9, 'bps', 7, '4 | 2 | 0 | 2 | 4 | 6 | 8 Gb/s'],
    ['load', 16, 0, '1', 4, '0 | 5 | 10 | 15 | 20'],
    ['a share', 1, 0, 'ratio', 4, '0 | 25 | 50 | 75 | 100 %'],
    ['storage in powers of two', 33e9, 0, 'bytes', 4, '0 | 8 | 16 | 24 | 32 GiB'],
    ['nothing at all', 0, 0, 'bps', 4, '0 | 0.25 | 0.5 | 0.75 | 1 kb/s'],
    ['a very uneven mirror', 1e9, 1e3, 'bps', 4, '0.5 | 0 | 0.5 | 1 Gb/s'],
  ] as const)('%s', (_name, top, bottom, unit, steps, want) => {
    const { ticks } = valueTicks(top, bottom, unit, steps);
    expect(ticks.map((t) => t.label).join(' | ')).toBe(want);
  });

  it('always covers the data with 2 to 9 ascending ticks', () => {
    const size = fc.double({ min: 0, max: 1e15, noNaN: true });
    fc.assert(
      fc.property(size, fc.oneof(fc.constant(0), size), fc.constantFrom(...UNITS), (top, bottom, unit) => {
        const { min, max, ticks } = valueTicks(top, bottom, unit);
        expect(max).toBeGreaterThanOrEqual(top * (1 - 1e-9));
        expect(-min).toBeGreaterThanOrEqual(bottom * (1 - 1e-9));
        expect(ticks.length).toBeGreaterThanOrEqual(2);
        expect(ticks.length).toBeLessThanOrEqual(10);
        for (let i = 1; i < ticks.length; i++) expect(ticks[i]?.value).toBeGreaterThan(ticks[i - 1]?.value ?? 0);
      }),
    );
  });
});

describe('timeTicks', () => {
  it.each([
    ['a day', 1, 900, '16:00 | 18:00 | 20:00 | 22:00 | *Tue 17 | 02:00 | 04:00 | 06:00 | 08:00 | 10:00 | 12:00 | 14:00'],
    ['a week', 7, 900, 'Wed 11 | Thu 12 | Fri 13 | Sat 14 | Sun 15 | *Mon 16 | Tue 17'],
    ['a year on a phone', 365, 300, '*2026 | Apr | Jul | Oct'],
    ['five years', 1826, 900, '*2022 | Jul | *2023 | Jul | *2024 | Jul | *2025 | Jul | *2026 | Jul'],
  ])('%s', (_name, days, width, want) => {
    const ticks = timeTicks(NOW - days * D, NOW, width, ZONE);
    expect(ticks.map((t) => (t.major ? '*' : '') + t.label).join(' | ')).toBe(want);
  });

  it('keeps round wall-clock hours over the nights when the clocks change', () => {
    const spring = timeTicks(Date.UTC(2026, 2, 28, 12), Date.UTC(2026, 2, 30, 12), 900, ZONE).map((t) => t.label);
    expect(spring).toContain('Sun 29');
    expect(
      spring
        .filter((l) => l.includes(':'))
        .every((l) => ['03', '04', '06', '08', '09', '12', '15', '16', '18', '20', '21'].includes(l.slice(0, 2))),
    ).toBe(true);
    const autumn = timeTicks(Date.UTC(2026, 9, 24, 22), Date.UTC(2026, 9, 25, 6), 900, ZONE);
    for (let i = 1; i < autumn.length; i++) expect(autumn[i]?.tMs).toBeGreaterThan(autumn[i - 1]?.tMs ?? 0);
  });

  it('leaves room for labels at any span and width', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10_000, max: 100 * 365 * D }), fc.integer({ min: 150, max: 3000 }), (span, width) => {
        const ticks = timeTicks(NOW - span, NOW, width, ZONE);
        expect(ticks.length).toBeLessThanOrEqual(width / 50 + 2);
        for (let i = 1; i < ticks.length; i++) expect(ticks[i]?.tMs).toBeGreaterThan(ticks[i - 1]?.tMs ?? 0);
      }),
    );
  });
});

describe('time ranges', () => {
  const iso = (ms: number) => new Date(ms).toISOString();
  it.each([
    ['last 3d', '2026-11-14T14:20:00.000Z', '2026-11-17T14:20:00.000Z'],
    ['2026-03', '2026-02-28T23:00:00.000Z', '2026-03-31T22:00:00.000Z'],
    ['2026-03-29', '2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z'],
    ['2025', '2024-12-31T23:00:00.000Z', '2025-12-31T23:00:00.000Z'],
    ['now-7d to now', '2026-11-10T14:20:00.000Z', '2026-11-17T14:20:00.000Z'],
    ['yesterday', '2026-11-15T23:00:00.000Z', '2026-11-16T23:00:00.000Z'],
    ['last month', '2026-09-30T22:00:00.000Z', '2026-10-31T23:00:00.000Z'],
    ['now-1M to now', '2026-10-17T13:20:00.000Z', '2026-11-17T14:20:00.000Z'],
    ['-90m', '2026-11-17T12:50:00.000Z', '2026-11-17T14:20:00.000Z'],
    ['1700000000', '2023-11-14T22:13:20.000Z', '2026-11-17T14:20:00.000Z'],
    ['2026-03-01 to 2026-03-09', '2026-02-28T23:00:00.000Z', '2026-03-09T23:00:00.000Z'],
  ])('%s', (text, from, to) => {
    const range = parseRangeText(text, NOW, ZONE);
    expect('error' in range ? range.error : [iso(range.fromMs), iso(range.toMs)]).toEqual([from, to]);
  });

  it.each([
    ['now', 'now-1d', /ends before it begins/],
    ['-500y', 'now', /longer than 200 years/],
    ['2026-02-30', undefined, /not a time range/],
    ['soon', 'now', /"soon" is not a time/],
    ['now', 'now', /empty/],
    ['-1d', '99999999999999999', /not a time/],
    ['<script>', undefined, /not a time range/],
  ])('refuses %s to %s in a sentence', (from, to, want) => {
    const range = parseRange(from, to, NOW, ZONE);
    expect('error' in range ? range.error : 'accepted').toMatch(want);
  });

  it('never throws, whatever is typed', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.stringMatching(/^(last |now[-+]|-)?\d{0,8} ?(s|m|h|d|w|mo|M|y|-\d\d)?( to now)?$/)),
        (text) => {
          const range = parseRangeText(text, NOW, ZONE);
          if (!('error' in range)) expect(range.toMs).toBeGreaterThan(range.fromMs);
          const time = parseTime(text, NOW, ZONE);
          expect(time === null || Number.isFinite(time)).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
