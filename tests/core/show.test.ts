import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cap, csvCell, nearest, textFromOctets, visible } from '../../core/text.ts';
import { formatCapacity, formatDuration, formatNumber, formatWith } from '../../core/units.ts';

describe('units', () => {
  it.each([
    [6_020_000_000, 'bps', '6.02 Gb/s'],
    [999_960, 'bps', '1.00 Mb/s'],
    [0, 'bps', '0 b/s'],
    [1024 ** 3 * 25.2, 'bytes', '25.2 GiB'],
    [0.683, 'ratio', '68.3 %'],
    [1, 'ratio', '100 %'],
    [0.02, 'per_s', '0.0200 /s'],
    [12.34, 'ms', '12.3 ms'],
    [18_316_800, 's', '212 d'],
    [1286, '1', '1\u2009286'],
    [null, 'bps', '–'],
    [NaN, 'bytes', '–'],
  ] as const)('%s %s reads %s', (value, unit, want) => {
    expect(formatWith(value, unit)).toBe(want);
  });
  it.each([
    [40_000, '40 s'],
    [720_000, '12 min'],
    [22_500_000, '6 h 15 min'],
    [100 * 3_600_000, '4 d 4 h'],
    [212 * 86_400_000, '212 d'],
  ])('%d ms is %s', (ms, want) => {
    expect(formatDuration(ms)).toBe(want);
  });
  it('shows three figures below 1000', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 999, noNaN: true }), (v) => {
        expect(formatNumber(v).replace(/\D|^0\.0*/g, '').length).toBeLessThanOrEqual(3);
      }),
    );
  });
});

describe('capacities', () => {
  it.each([
    [10e9, 'bps', '10 Gb/s'],
    [2.5e9, 'bps', '2.5 Gb/s'],
    [100e6, 'bps', '100 Mb/s'],
    [32 * 1024 ** 3, 'bytes', '32 GiB'],
    [23.4 * 1024 ** 3, 'bytes', '23.4 GiB'],
  ] as const)('%d %s is %s', (value, unit, want) => {
    expect(formatCapacity(value, unit)).toBe(want);
  });
});

describe('text from outside', () => {
  it.each([
    ['plain', 'eth0 – uplink ü', 'eth0 – uplink ü'],
    ['bidi override', 'a\u202eb', 'a\\u{202e}b'],
    ['control', 'a\u0007\nb', 'a\\u{7}\\u{a}b'],
    ['zero width', 'a\u200bb', 'a\\u{200b}b'],
    ['lone surrogate', 'a\ud800b', 'a\\u{d800}b'],
    ['markup stays data', '<script>alert(1)</script>', '<script>alert(1)</script>'],
    ['an emoji stays', '🌵', '🌵'],
  ])('%s', (_name, text, want) => {
    expect(visible(text)).toBe(want);
  });
  it('octets that are no UTF-8 become hex, trailing NULs go', () => {
    expect(textFromOctets(Uint8Array.of(0xff, 0xfe, 0x41))).toBe('0xfffe41');
    expect(textFromOctets(Uint8Array.of(0x41, 0x42, 0, 0))).toBe('AB');
  });
  it('caps without splitting a character', () => {
    expect(cap('🌵'.repeat(200), 10)).toBe('🌵🌵🌵🌵…');
    expect(cap('x'.repeat(60_000)).length).toBe(255);
  });
  it.each([
    ['=1+1', "'=1+1"],
    ['@x', "'@x"],
    ['a,b', '"a,b"'],
    ['say "hi"', '"say ""hi"""'],
    [-5, '-5'],
    [NaN, ''],
    [null, ''],
  ])('the cell %j is written %j', (value, want) => {
    expect(csvCell(value)).toBe(want);
  });
  it.each([
    ['intervall', 'interval'],
    ['adress', 'address'],
    ['communtiy', 'community'],
    ['zebra', null],
  ])('%s suggests %s', (word, want) => {
    expect(nearest(word, ['interval', 'address', 'community', 'name', 'tags'])).toBe(want);
  });
});
