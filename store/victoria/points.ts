/** Stored points of the server, in order and each moment once, put together to records and bins. */
import type { BinColumn, BinColumns, RawColumns } from '../../core/ports.ts';
import { GAP } from '../server/line-protocol.ts';
import type { Labels } from './naming.ts';

/** Points of one name, ascending times; of a moment that came twice only one. */
export interface Points {
  readonly tMs: readonly number[];
  readonly value: readonly number[];
}
export const NO_POINTS: Points = { tMs: [], value: [] };

/** A line of /api/v1/export. */
export interface Exported extends Points {
  readonly labels: Labels;
}

/** @throws SyntaxError for what is no such line */
export function parseExported(line: string): Exported {
  const read = JSON.parse(line) as { metric?: Labels; values?: unknown[]; timestamps?: unknown[] };
  const { metric, values, timestamps } = read;
  if (!metric || !Array.isArray(values) || !Array.isArray(timestamps) || values.length !== timestamps.length)
    throw new SyntaxError('not a line of an export');
  return { labels: metric, tMs: timestamps as number[], value: values as number[] };
}

/**
 * Nearly always the points come as they should; a delivery that came twice is there twice. Where two
 * numbers have one moment, the later one told counts: the same line again is the only reason there should be.
 */
export function tidy({ tMs, value }: Points): Points {
  let fine = true;
  for (let i = 1; i < tMs.length && fine; i++) fine = (tMs[i] ?? 0) > (tMs[i - 1] ?? 0);
  if (fine) return { tMs, value };
  const last = new Map<number, number>();
  tMs.forEach((t, i) => last.set(t, value[i] ?? NaN));
  const sorted = [...last].sort(([a], [b]) => a - b);
  return { tMs: sorted.map(([t]) => t), value: sorted.map(([, v]) => v) };
}

/** What a word about a gap means as a value; null when the record was taken away. */
export function valueOfGap(gap: number): number | null {
  if (gap === GAP.gone) return null;
  return gap === GAP.hole ? -Infinity : NaN;
}

/** Records after fromMs up to toMs, and the time of the last one before them that is among the points. */
export function rawColumns(values: Points, gaps: Points, fromMs: number, toMs: number): RawColumns {
  const length = values.tMs.length + gaps.tMs.length;
  const tMs = new Float64Array(length);
  const value = new Float64Array(length);
  let previousMs: number | null = null;
  let [i, k, n] = [0, 0, 0];
  while (i < values.tMs.length || k < gaps.tMs.length) {
    const [a, b] = [values.tMs[i] ?? Infinity, gaps.tMs[k] ?? Infinity];
    const t = Math.min(a, b);
    const gap = b === t ? (gaps.value[k++] ?? GAP.none) : GAP.none;
    const number = a === t ? (values.value[i++] ?? null) : null;
    const told = gap === GAP.none ? number : valueOfGap(gap);
    if (told === null || t > toMs) continue;
    if (t <= fromMs) {
      previousMs = t;
      continue;
    }
    tMs[n] = t;
    value[n++] = told;
  }
  return { tMs: tMs.slice(0, n), value: value.slice(0, n), previousMs };
}

/** Bins that have something known, and of it all that was asked for. */
export function binColumns(points: ReadonlyMap<BinColumn, Points>, columns: readonly BinColumn[]): BinColumns {
  const known = points.get('known') ?? NO_POINTS;
  const length = known.tMs.length;
  const tMs = new Float64Array(length);
  const found = new Map(columns.map((column) => [column, new Float64Array(length)]));
  const at = new Map(columns.map((column) => [column, 0]));
  let n = 0;
  for (let i = 0; i < length; i++) {
    const t = known.tMs[i] ?? 0;
    if (!((known.value[i] ?? 0) > 0)) continue;
    let whole = true;
    for (const column of columns) {
      const { tMs: times, value } = points.get(column) ?? NO_POINTS;
      let k = at.get(column) ?? 0;
      while ((times[k] ?? Infinity) < t) k++;
      at.set(column, k);
      // A line arrives whole; where a part of it is missing nothing can be said of the bin.
      if (times[k] !== t) whole = false;
      else (found.get(column) as Float64Array)[n] = value[k] ?? NaN;
    }
    if (whole) tMs[n++] = t;
  }
  const column = (name: BinColumn) => found.get(name)?.slice(0, n) ?? new Float64Array(0);
  return { tMs: tMs.slice(0, n), mean: column('mean'), min: column('min'), max: column('max'), known: column('known') };
}
