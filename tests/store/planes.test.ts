import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeColumn, encodeColumn, openColumn } from '../../store/embedded/codec.ts';
import { fromPlanes, toPlanes } from '../../store/embedded/planes.ts';

const bytesOf = (values: Float64Array) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
const bitsOf = (values: Float64Array) => [...new BigUint64Array(values.slice().buffer)];

describe('bit planes', () => {
  it('give back every bit of every part, whatever the values and their number', () => {
    const any = fc.array(fc.oneof(fc.double(), fc.constantFrom(NaN, -0, 0, Infinity, Number.MIN_VALUE)), {
      minLength: 1,
      maxLength: 70,
    });
    fc.assert(
      fc.property(any, fc.nat(), fc.nat(), (list, a, b) => {
        const values = Float64Array.from(list);
        const planes = toPlanes(bytesOf(values)).slice();
        const from = a % values.length;
        const length = 1 + (b % (values.length - from));
        expect(bitsOf(fromPlanes(planes, from, length))).toEqual(bitsOf(values.subarray(from, from + length)));
      }),
    );
  });

  it('make a column of rounded values as small as what is left of them', () => {
    let seed = 7;
    const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    const values = Float64Array.from({ length: 4_000 }, () => Math.floor((1 + random()) * 2 ** 20));
    const blob = encodeColumn(values);
    expect(blob.length).toBeLessThan((4_000 * 21) / 8);
    expect(decodeColumn(blob)).toEqual(values);
    expect(openColumn(blob).part(1_001, 13)).toEqual(values.slice(1_001, 1_014));
  });
});
