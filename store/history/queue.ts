/** Rows that wait to be written, in order, up to a bound. */
import type { RawRow } from '../../core/ports.ts';

export interface Queue {
  /** Resolves when the rows are durable, or when `release` says that nobody should wait. Drops the oldest beyond the bound. */
  push(rows: readonly RawRow[], dropped: (row: RawRow) => void): Promise<void>;
  /** Takes the first rows out, up to about so many values and at least one row if there is one. */
  take(values: number): Taken;
  /** Lets every caller go on; their rows stay. */
  release(): void;
  rows(): number;
}

export interface Taken {
  readonly rows: readonly RawRow[];
  /** They are durable: their callers go on. */
  done(): void;
  /** They could not even be looked at: they are first in line again. */
  putBack(): void;
}

interface Entry {
  readonly row: RawRow;
  /** Set on the last row of a push. */
  readonly resolve: (() => void) | null;
}

export function createQueue(mostValues: number): Queue {
  let entries: (Entry | undefined)[] = [];
  let first = 0;
  let values = 0;
  /** Callers whose rows were taken or are waiting. */
  let callers = new Set<() => void>();
  const shift = (): Entry | undefined => {
    const entry = entries[first];
    if (!entry) return undefined;
    entries[first++] = undefined;
    values -= entry.row.values.length;
    if (first > 1024 && first * 2 > entries.length) {
      entries = entries.slice(first);
      first = 0;
    }
    return entry;
  };
  const settle = (resolve: () => void) => {
    callers.delete(resolve);
    resolve();
  };
  return {
    push(rows, dropped) {
      return new Promise<void>((resolve) => {
        callers.add(resolve);
        rows.forEach((row, i) => {
          entries.push({ row, resolve: i === rows.length - 1 ? resolve : null });
          values += row.values.length;
        });
        while (values > mostValues && entries.length - first > 1) {
          const entry = shift();
          if (!entry) break;
          dropped(entry.row);
          if (entry.resolve) settle(entry.resolve);
        }
      });
    },
    take(most) {
      const taken: Entry[] = [];
      let sum = 0;
      for (let next = entries[first]; next; next = entries[first]) {
        sum += next.row.values.length;
        if (taken.length > 0 && sum > most) break;
        shift();
        taken.push(next);
      }
      return {
        rows: taken.map(({ row }) => row),
        done() {
          for (const { resolve } of taken) if (resolve) settle(resolve);
        },
        putBack() {
          entries = [...taken, ...entries.slice(first)];
          first = 0;
          values += taken.reduce((total, { row }) => total + row.values.length, 0);
        },
      };
    },
    release() {
      const waiting = callers;
      callers = new Set();
      for (const resolve of waiting) resolve();
    },
    rows: () => entries.length - first,
  };
}
