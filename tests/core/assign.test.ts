import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assign, collectorOf, type Seat } from '../../core/assign.ts';

const FLEET = Array.from({ length: 10_000 }, (_, i) => `d${(i * 2_654_435_761).toString(36)}`);
const seats = (n: number): Seat[] => Array.from({ length: n }, (_, i) => ({ id: `collector-${String(i + 1)}` }));

const devices = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 200 });
const collectors = fc.uniqueArray(
  fc.record({ id: fc.string({ maxLength: 12 }), weight: fc.double({ min: 0.1, max: 10, noNaN: true }) }),
  { minLength: 1, maxLength: 8, selector: ({ id }) => id },
);
const ownersOf = (list: readonly string[], of: readonly Seat[]) =>
  new Map(list.map((device) => [device, collectorOf(device, of)]));

describe('the share of a collector', () => {
  it('gives every device exactly one collector, and every collector an entry', () => {
    fc.assert(
      fc.property(devices, collectors, (list, of) => {
        const shares = assign(list, of);
        expect([...shares.keys()]).toEqual(of.map(({ id }) => id));
        expect([...shares.values()].flat().sort()).toEqual([...list].sort());
        for (const [id, share] of shares) for (const device of share) expect(collectorOf(device, of)).toBe(id);
      }),
    );
  });

  it('does not depend on the order of devices or collectors', () => {
    const shuffled = devices.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })));
    const turned = collectors.chain((of) => fc.tuple(fc.constant(of), fc.shuffledSubarray(of, { minLength: of.length })));
    fc.assert(
      fc.property(shuffled, turned, ([list, otherList], [of, otherOf]) => {
        const [a, b] = [assign(list, of), assign(otherList, otherOf)];
        for (const { id } of of) expect([...(b.get(id) ?? [])].sort()).toEqual([...(a.get(id) ?? [])].sort());
      }),
    );
  });

  it('moves only to a collector that comes, and only from one that goes', () => {
    fc.assert(
      fc.property(devices, collectors, fc.nat(), (list, of, at) => {
        fc.pre(of.length > 1);
        const one = of[at % of.length]!;
        const [all, without] = [
          ownersOf(list, of),
          ownersOf(
            list,
            of.filter((seat) => seat !== one),
          ),
        ];
        for (const device of list) {
          if (all.get(device) === one.id) expect(without.get(device)).not.toBe(one.id);
          else expect(without.get(device)).toBe(all.get(device));
        }
      }),
    );
  });

  it('is a fair part: 10,000 devices within a few per cent, and about one in N moves', () => {
    for (const n of [2, 3, 5, 8]) {
      // What drawing at random would give, too, in all but a few of ten thousand draws.
      const slack = 3.5 * Math.sqrt((n - 1) / FLEET.length);
      const fair = FLEET.length / n;
      const shares = [...assign(FLEET, seats(n)).values()].map((share) => share.length);
      for (const share of shares) expect(Math.abs(share / fair - 1)).toBeLessThan(slack);
      const [before, after] = [ownersOf(FLEET, seats(n)), ownersOf(FLEET, seats(n + 1))];
      const moved = FLEET.filter((device) => before.get(device) !== after.get(device)).length;
      expect(Math.abs((moved * (n + 1)) / FLEET.length - 1)).toBeLessThan(3.5 * Math.sqrt(n / FLEET.length));
    }
  });

  it('follows the weights', () => {
    const shares = assign(FLEET, [{ id: 'small' }, { id: 'large', weight: 3 }]);
    expect(Math.abs((shares.get('large')?.length ?? 0) / 7_500 - 1)).toBeLessThan(0.03);
  });

  it('stays where it was from version to version', () => {
    expect(FLEET.slice(0, 12).map((device) => collectorOf(device, seats(3)).at(-1))).toEqual([...'131313113223']);
  });

  it('refuses lists that nobody can follow', () => {
    expect(() => assign(['a'], [])).toThrow(RangeError);
    expect(() => assign([], [{ id: 'a' }, { id: 'a' }])).toThrow(/twice/);
    for (const weight of [0, -1, NaN, Infinity]) expect(() => assign([], [{ id: 'a', weight }])).toThrow(/weight/);
  });
});
