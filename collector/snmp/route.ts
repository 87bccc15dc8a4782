/**
 * How a plan's columns are asked for and read: a question, and for each column a recipe that
 * refers to objects by their slot (position over all sets of the question).
 */
import { OIDS_PER_REQUEST, type Question } from './transport.ts';
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

/** All but `watch` is kept once for devices that have it in common. */
export interface Route {
  readonly question: Question;
  readonly recipes: readonly Recipe[];
  readonly checks: readonly Check[];
  /** Another value than expected: the plan is stale. */
  readonly watch: readonly { readonly slot: number; readonly expected: string }[];
  /** Another known value than expected: the plan is stale. */
  readonly capacities: readonly { readonly slot: number; readonly expected: string; readonly unknown: readonly number[] }[];
}

/** Lays out bundles of OIDs so that each bundle is asked in one request with sysUpTime before it. */
export interface Layout {
  /** OIDs that are asked together, so that identity and counters come in one answer; `row` says that they are a row of a table. */
  add(oids: readonly string[], row: boolean): void;
  finish(): { readonly question: Question; readonly slotOf: (oid: string) => number };
}

export function createLayout(): Layout {
  const bundles: { readonly oids: readonly string[]; readonly row: boolean }[] = [];
  const seen = new Set<string>([SYS_UP_TIME]);
  return {
    add(oids, row) {
      const fresh = [...new Set(oids.filter((oid) => !seen.has(oid)))];
      for (const oid of fresh) seen.add(oid);
      if (fresh.length > 0) bundles.push({ oids: fresh, row });
    },
    finish() {
      const sets: string[][] = [];
      const rows: [number, number][] = [];
      let before = 0;
      let current: string[] = [SYS_UP_TIME];
      const flush = () => {
        sets.push(current);
        before += current.length;
        current = [SYS_UP_TIME];
      };
      for (const { oids, row } of bundles) {
        let rest = oids;
        if (current.length > 1 && current.length + oids.length > OIDS_PER_REQUEST) flush();
        if (row && current.length + oids.length <= OIDS_PER_REQUEST) rows.push([before + current.length, oids.length]);
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
        question: { sets, rows },
        slotOf(oid) {
          const found = slots.get(oid);
          if (found === undefined) throw new Error(`no slot was laid out for ${oid}`);
          return found;
        },
      };
    },
  };
}
