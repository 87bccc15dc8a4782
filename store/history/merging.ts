/**
 * Fits imported samples into the records of a series. Imported points and those beside them
 * are tiled anew, so that it does not matter in how many pieces, or in what order, a history
 * comes in. Time of which nobody said anything is marked by -Infinity, and may be filled later.
 */
import { INTERVAL_MAX_MS, INTERVAL_MIN_MS } from '../../core/model.ts';
import { tile } from '../../core/tiling.ts';
import { known } from './rows.ts';

/** Unknown time of which nobody said anything. */
export const HOLE = -Infinity;
/** Takes a record away. */
export const GONE = Infinity;
/** Tiling looks at two points before and one after; with one more, what is beside an import is seen whole. */
export const CONTEXT_POINTS = 3;

export interface Records {
  readonly tMs: Float64Array;
  /** NaN is a gap, -Infinity a hole. */
  readonly value: Float64Array;
}

export interface Merge {
  /** All records of the window after the import. */
  readonly after: Records;
  /** What must be written to get there; a value of Infinity takes a record away. */
  readonly changes: Records & { readonly intervalMs: Float64Array };
  /** The stretch of time about which something may have changed. */
  readonly fromMs: number;
  readonly toMs: number;
}

interface Point {
  readonly tMs: number;
  readonly value: number;
  /** Where the hole before it ends, null when it follows the record before at once. */
  readonly holeMs: number | null;
  readonly imported: boolean;
}

/**
 * @param existing records of the window, with at least CONTEXT_POINTS points on either side of the import, or all there are
 * @param rows ascending and distinct; NaN is a gap
 */
export function mergeImport(existing: Records, rows: Records, previousMs: number | null): Merge {
  const { points, affected } = collect(existing, rows);
  const tiled = tile(
    points.map((point) => point.tMs),
    points.map((point) => point.value),
  );
  const holes = holesOf(points, tiled);
  const tMs: number[] = [];
  const value: number[] = [];
  points.forEach((point, i) => {
    const before = i > 0 ? (points[i - 1]?.tMs ?? -Infinity) : (previousMs ?? -Infinity);
    const hole = affected.has(i) ? (holes[i] ?? null) : point.holeMs;
    if (hole !== null && hole > before) {
      tMs.push(hole);
      value.push(HOLE);
    }
    tMs.push(point.tMs);
    value.push(point.value);
  });
  const after = { tMs: Float64Array.from(tMs), value: Float64Array.from(value) };
  const touched = points.flatMap((point, i) => (point.imported || affected.has(i) ? [i] : []));
  const [first, last] = [touched[0] ?? 0, touched.at(-1) ?? 0];
  const firstMs = points[first]?.tMs ?? 0;
  const holeBefore = Math.min(holes[first] ?? firstMs, points[first]?.holeMs ?? firstMs);
  const changes = difference(existing, after);
  const fromMs = first > 0 ? (points[first - 1]?.tMs ?? 0) : (previousMs ?? holeBefore);
  return {
    after,
    changes,
    // Where a hole goes away, what followed it covered time from there on.
    fromMs: Math.min(fromMs, changes.tMs[0] ?? Infinity),
    toMs: points[last]?.tMs ?? 0,
  };
}

/** Existing and imported points in one line, and which of them must be tiled anew. */
function collect(existing: Records, rows: Records): { points: Point[]; affected: Set<number> } {
  const points: Point[] = [];
  const changed: number[] = [];
  const replaced: number[] = [];
  let at = 0;
  const importUpTo = (limitMs: number) => {
    for (; at < rows.tMs.length && (rows.tMs[at] ?? 0) < limitMs; at++) {
      changed.push(points.length);
      points.push({ tMs: rows.tMs[at] ?? 0, value: known(rows.value[at] ?? NaN), holeMs: null, imported: true });
    }
  };
  let holeMs: number | null = null;
  existing.tMs.forEach((tMs, i) => {
    const old = existing.value[i] ?? NaN;
    if (old === HOLE) {
      holeMs = tMs;
      return;
    }
    importUpTo(tMs);
    if (rows.tMs[at] === tMs) {
      const value = known(rows.value[at++] ?? NaN);
      if (Number.isNaN(value) !== Number.isNaN(old)) replaced.push(points.length);
      points.push({ tMs, value, holeMs, imported: true });
    } else {
      points.push({ tMs, value: old, holeMs, imported: false });
    }
    holeMs = null;
  });
  importUpTo(Infinity);
  const affected = new Set(replaced);
  for (const i of changed) for (let j = i - 1; j <= i + 2; j++) if (j >= 0 && j < points.length) affected.add(j);
  return { points, affected };
}

/** Where tiling puts the end of the hole before each point. */
function holesOf(points: readonly Point[], tiled: Records): (number | null)[] {
  let k = 0;
  return points.map((point) => {
    // A gap gets no hole: it covers the time back to the point before.
    const hole = !Number.isNaN(point.value) && Number.isNaN(tiled.value[k]) ? (tiled.tMs[k++] ?? null) : null;
    k++;
    return hole;
  });
}

function difference(existing: Records, after: Records): Merge['changes'] {
  const tMs: number[] = [];
  const value: number[] = [];
  const intervalMs: number[] = [];
  const push = (t: number, v: number, interval: number) => {
    tMs.push(t);
    value.push(v);
    intervalMs.push(Math.min(INTERVAL_MAX_MS, Math.max(INTERVAL_MIN_MS, interval)));
  };
  let at = 0;
  const goneUpTo = (limitMs: number) => {
    for (; at < existing.tMs.length && (existing.tMs[at] ?? 0) < limitMs; at++)
      push(existing.tMs[at] ?? 0, GONE, INTERVAL_MIN_MS);
  };
  after.tMs.forEach((t, i) => {
    goneUpTo(t);
    const same = existing.tMs[at] === t && Object.is(existing.value[at], after.value[i]);
    if (existing.tMs[at] === t) at++;
    // A hole tells nothing of an interval; what follows it does.
    const [from, to] = after.value[i] === HOLE ? [t, after.tMs[i + 1] ?? t] : [after.tMs[i - 1] ?? t, t];
    if (!same) push(t, after.value[i] ?? NaN, to - from);
  });
  goneUpTo(Infinity);
  return { tMs: Float64Array.from(tMs), value: Float64Array.from(value), intervalMs: Float64Array.from(intervalMs) };
}
