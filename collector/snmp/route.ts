/**
 * How a plan's columns are asked for and read: sets of OIDs, and for each column a recipe
 * that refers to objects by their slot (position over all sets).
 */
import { OIDS_PER_REQUEST } from './transport.ts';
import { SYS_UP_TIME } from './oid.ts';

export interface Recipe {
  readonly terms: readonly { readonly slot: number; readonly sign: 1 | -1 }[];
  /** Of the terms: their sum, or the mean of those that are there. */
  readonly mean: boolean;
  readonly unsigned: boolean;
  readonly enumeration: Readonly<Record<string, number>> | null;
  /** Capacity per second in the column's unit = value × scale. */
  readonly limit: { readonly slot: number; readonly scale: number; readonly unknown: readonly number[] } | null;
  /** Greatest believable value in the column's unit, whatever the capacity. */
  readonly max: number | null;
  readonly discontinuity: number | null;
}

/** An object that must still say what it said at discovery, or its columns belong to something else. */
export interface Check {
  readonly slot: number;
  readonly expected: string;
  readonly columns: readonly number[];
}

export interface Route {
  /** Each begins with sysUpTime. */
  readonly sets: readonly (readonly string[])[];
  readonly recipes: readonly Recipe[];
  readonly checks: readonly Check[];
  /** Another value than expected: the plan is stale. */
  readonly watch: readonly { readonly slot: number; readonly expected: string }[];
  /** Another known value than expected: the plan is stale. */
  readonly capacities: readonly { readonly slot: number; readonly expected: string; readonly unknown: readonly number[] }[];
}

/** Lays out bundles of OIDs so that each bundle is asked in one request with sysUpTime before it. */
export interface Layout {
  /** The OIDs of one row: asked together, so that identity and counters come in one answer. */
  add(oids: readonly string[]): void;
  finish(): { sets: string[][]; readonly slotOf: (oid: string) => number };
}

export function createLayout(): Layout {
  const bundles: string[][] = [];
  const seen = new Set<string>([SYS_UP_TIME]);
  return {
    add(oids) {
      const fresh = oids.filter((oid) => !seen.has(oid));
      for (const oid of fresh) seen.add(oid);
      if (fresh.length > 0) bundles.push([...new Set(fresh)]);
    },
    finish() {
      const sets: string[][] = [];
      let current: string[] = [SYS_UP_TIME];
      const flush = () => {
        sets.push(current);
        current = [SYS_UP_TIME];
      };
      for (const bundle of bundles) {
        let rest = bundle;
        if (current.length > 1 && current.length + bundle.length > OIDS_PER_REQUEST) flush();
        while (current.length + rest.length > OIDS_PER_REQUEST) {
          current.push(...rest.slice(0, OIDS_PER_REQUEST - current.length));
          rest = rest.slice(OIDS_PER_REQUEST - 1);
          flush();
        }
        current.push(...rest);
      }
      if (current.length > 1 || sets.length === 0) flush();
      const slots = new Map<string, number>();
      let slot = 0;
      for (const set of sets) {
        for (const oid of set) {
          if (!slots.has(oid)) slots.set(oid, slot);
          slot++;
        }
      }
      return {
        sets,
        slotOf(oid) {
          const found = slots.get(oid);
          if (found === undefined) throw new Error(`no slot was laid out for ${oid}`);
          return found;
        },
      };
    },
  };
}
