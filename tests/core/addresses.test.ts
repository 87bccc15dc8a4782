import fc from 'fast-check';
import { isIP } from 'node:net';
import { describe, expect, test } from 'vitest';
import {
  addressesOf,
  formatAddress,
  formatRange,
  isWithin,
  parseAddress,
  parseNetwork,
  parseRange,
  SEARCH_MAX,
  sizeOf,
  type AddressRange,
} from '../../core/addresses.ts';

const network = (text: string): AddressRange => {
  const found = parseNetwork(text);
  if (!found) throw new Error(`${text} is no network`);
  return found;
};
const range = (text: string): AddressRange => {
  const read = parseRange(text);
  if (!read.ok) throw new Error(read.text);
  return read.range;
};
const refusal = (text: string): string => {
  const read = parseRange(text);
  return read.ok ? 'accepted' : read.text;
};

describe('addresses', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::', '::'],
    ['::1', '::1'],
    ['fe80::', 'fe80::'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:2:3:4:5:6:0:8', '1:2:3:4:5:6:0:8'],
    ['::ffff:192.0.2.1', '::ffff:c000:201'],
  ])('%s is %s', (text, shown) => expect(formatAddress(parseAddress(text)!)).toBe(shown));

  test.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '256.0.0.1',
    '010.0.0.1',
    '1.2.3.4 ',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    'fe80::1%eth0',
    '12345::',
    'x',
  ])('%j is none', (text) => expect(parseAddress(text)).toBeNull());

  test('whatever is read is what the system reads, and comes back the same', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const address = parseAddress(text);
        expect(address?.family).toBe(isIP(text));
        const again = parseAddress(formatAddress(address!));
        expect(again).toEqual(address);
      }),
    );
  });
});

describe('ranges', () => {
  test.each([
    ['192.0.2.0/24', '192.0.2.1-192.0.2.254', 254],
    ['192.0.2.77/24', '192.0.2.1-192.0.2.254', 254],
    ['192.0.2.8/30', '192.0.2.9-192.0.2.10', 2],
    ['192.0.2.8/31', '192.0.2.8-192.0.2.9', 2],
    ['192.0.2.8/32', '192.0.2.8', 1],
    ['192.0.2.8', '192.0.2.8', 1],
    [' 192.0.2.10 - 192.0.2.20 ', '192.0.2.10-192.0.2.20', 11],
    ['192.0.2.10-20', '192.0.2.10-192.0.2.20', 11],
    ['10.0.0.0/20', '10.0.0.1-10.0.15.254', 4094],
    ['10.0.0.0-10.0.15.255', '10.0.0.0-10.0.15.255', SEARCH_MAX],
    ['2001:db8::/120', '2001:db8::-2001:db8::ff', 256],
  ])('%s is %s, %i addresses', (text, shown, size) => {
    expect(formatRange(range(text))).toBe(shown);
    expect(Number(sizeOf(range(text)))).toBe(size);
    const all = [...addressesOf(range(text))];
    expect([all.length, new Set(all).size]).toEqual([size, size]);
  });

  test.each([
    ['', 'The range is missing: give one such as 192.0.2.0/24'],
    ['switch1', '"switch1" is not a range of addresses'],
    ['192.0.2.0/33', 'is not a range of addresses'],
    ['192.0.2.9-192.0.2.3', 'ends before it begins: give the smaller address first.'],
    ['192.0.2.9-2001:db8::1', 'begins with IPv4 and ends with IPv6'],
    ['192.0.2.1-2-3', 'is not a range of addresses'],
    ['10.0.0.0/8', '"10.0.0.0/8" holds 16777214 addresses: at most 4096 are searched at a time, so give a smaller range.'],
    ['10.0.0.0-10.0.16.0', 'holds 4097 addresses'],
    ['2001:db8::/64', 'holds far too many addresses'],
  ])('%j is refused', (text, sentence) => expect(refusal(text)).toContain(sentence));

  test('no text is too strange to be answered', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.stringMatching(/^[0-9a-f.:/-]{0,60}$/)), (text) => {
        const read = parseRange(text);
        if (!read.ok) expect(read.text).toMatch(/[.]$/);
        else expect(sizeOf(read.range) >= 1n && sizeOf(read.range) <= BigInt(SEARCH_MAX)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe('within networks', () => {
  const allowed = ['10.0.0.0/24', '10.0.1.0/24', '192.0.2.0/28', '2001:db8::/64'].map(network);
  test.each([
    ['10.0.0.5-10.0.1.5', true],
    ['10.0.0.0/23', true],
    ['10.0.1.250-10.0.2.1', false],
    ['9.255.255.255-10.0.0.3', false],
    ['192.0.2.0-192.0.2.15', true],
    ['192.0.2.16', false],
    ['2001:db8::/120', true],
    ['::ffff:10.0.0.1', false],
  ])('%s: %s', (text, inside) => expect(isWithin(range(text), allowed)).toBe(inside));
  test('nothing is within none', () => expect(isWithin(range('10.0.0.1'), [])).toBe(false));
});
