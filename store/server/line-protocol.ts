/**
 * Rows as lines of InfluxDB's line protocol, the same for every server that reads it. A family is a measurement,
 * the ids of device and instance are its tags, metrics are its fields; names stay in the catalog, so that a
 * rename touches no series.
 *
 * Raw: `interface,device=d,instance=i in_bps=1.5 1700000000000`. What is no number is told by a field beside it,
 * `in_bps_gap`: 1 unknown, 2 nobody said anything, 3 taken away; 0 takes an earlier such word back. A gap counts, whatever
 * the field itself says. Bins, at their start: `in_bps_mean`, `in_bps_min`, `in_bps_max` and `in_bps_known`; known 0 is no bin.
 */
import { splitSeriesKey, type Tier } from '../../core/model.ts';
import type { Batch, BinRow, RawRow, SeriesList } from '../../core/ports.ts';
import type { Parcel } from './port.ts';

export const GAP = { none: 0, unknown: 1, hole: 2, gone: 3 } as const;
export const GAP_SUFFIX = '_gap';
export const BIN_SUFFIXES = { mean: '_mean', min: '_min', max: '_max', known: '_known' } as const;

/** Fields of metrics that would be taken for a gap of another one, or for what a server keeps for itself. */
const TAKEN = /^(?:time|device|instance|.*_gap)_*$/s;

/** What a metric's field is called on a server: one that `TAKEN` holds gets an underscore more, so that no two are one. */
export function serverField(field: string): string {
  return TAKEN.test(field) ? `${field}_` : field;
}

/** Of a field on a server, without what is added to it, the field of its metric. */
export function fieldOf(serverName: string): string {
  const field = serverName.slice(0, -1);
  return serverName.endsWith('_') && TAKEN.test(field) ? field : serverName;
}

/** Lines of one parcel; servers take some thousands at once best. */
const LINES_AT_ONCE = 5_000;

/** The series of a row that share a line. */
interface Group {
  /** Measurement and tags. */
  readonly head: string;
  readonly fields: readonly string[];
  readonly positions: readonly number[];
}

export interface LineEncoder {
  encode(batch: Batch): Parcel[];
  /** Why a batch cannot be taken: a series that is not of its row's device, or that no line can say. Null when all can. */
  refusal(batch: Batch): string | null;
}

/** @param rewrites whether a later word on a moment replaces the earlier one there; if not, nothing is ever taken back */
export function createLineEncoder(rewrites: boolean): LineEncoder {
  const groupsOf = new WeakMap<SeriesList, readonly Group[]>();
  /** Up to when each list was written by this process; what is not later may replace something. */
  const writtenMs = new WeakMap<SeriesList, number>();

  const groups = (series: SeriesList): readonly Group[] => {
    let found = groupsOf.get(series);
    if (!found) groupsOf.set(series, (found = group(series)));
    return found;
  };
  const rawLines = (row: RawRow, lines: string[]) => {
    const lastMs = writtenMs.get(row.series);
    const fresh = !rewrites || (lastMs !== undefined && row.tMs > lastMs);
    writtenMs.set(row.series, Math.max(row.tMs, lastMs ?? -Infinity));
    for (const { head, fields, positions } of groups(row.series)) {
      let text = '';
      for (let i = 0; i < fields.length; i++) {
        const value = row.values[positions[i] ?? 0] ?? NaN;
        const field = fields[i] ?? '';
        if (text !== '') text += ',';
        if (Number.isFinite(value)) text += fresh ? `${field}=${number(value)}` : `${field}=${number(value)},${field}_gap=0`;
        else text += `${field}_gap=${Number.isNaN(value) ? GAP.unknown : value < 0 ? GAP.hole : GAP.gone}`;
      }
      lines.push(`${head} ${text} ${row.tMs}`);
    }
  };
  const binLines = (row: BinRow, lines: string[]) => {
    for (const { head, fields, positions } of groups(row.series)) {
      let text = '';
      for (let i = 0; i < fields.length; i++) {
        const at = positions[i] ?? 0;
        const known = row.known[at] ?? NaN;
        if (Number.isNaN(known)) continue;
        const field = fields[i] ?? '';
        if (text !== '') text += ',';
        if (known === 0) text += `${field}_known=0`;
        else {
          const [mean, min, max] = [row.mean[at] ?? NaN, row.min[at] ?? NaN, row.max[at] ?? NaN];
          text += `${field}_mean=${number(mean)},${field}_min=${number(min)},${field}_max=${number(max)},${field}_known=${number(known)}`;
        }
      }
      if (text !== '') lines.push(`${head} ${text} ${row.tMs}`);
    }
  };

  return {
    encode({ raw, bins }) {
      const byTier = new Map<Tier, string[]>();
      const linesOf = (tier: Tier): string[] => {
        let lines = byTier.get(tier);
        if (!lines) byTier.set(tier, (lines = []));
        return lines;
      };
      for (const row of raw) rawLines(row, linesOf('raw'));
      for (const row of bins) binLines(row, linesOf(row.tier));
      return [...byTier].flatMap(([tier, lines]) => parcels(tier, lines));
    },
    refusal({ raw, bins }) {
      for (const row of [...raw, ...bins]) {
        // A list that was given out before was looked at then.
        if (groupsOf.has(row.series)) continue;
        for (const key of row.series) {
          const { device, instance, metric } = splitSeriesKey(key);
          if (device !== row.device) return `The series ${key} is not of device ${row.device}.`;
          if ([device, instance, metric].some(isUnsayable))
            return `The series ${JSON.stringify(key)} cannot be written to a server: a part of it is empty, holds a new line, or a backslash stands at its end or before a comma, a space, = or another one.`;
        }
      }
      return null;
    },
  };
}

/** Lines in parcels of at most LINES_AT_ONCE. */
export function parcels(tier: Tier, lines: readonly string[]): Parcel[] {
  const out: Parcel[] = [];
  for (let from = 0; from < lines.length; from += LINES_AT_ONCE) {
    const part = lines.slice(from, from + LINES_AT_ONCE);
    out.push({ tier, text: part.join('\n'), lines: part.length });
  }
  return out;
}

function group(series: SeriesList): Group[] {
  const found = new Map<string, { fields: string[]; positions: number[] }>();
  let position = 0;
  for (const key of series) {
    const { device, instance, metric } = splitSeriesKey(key);
    const dot = metric.indexOf('.');
    const head = `${escapeMeasurement(metric.slice(0, dot))},device=${escapeTag(device)},instance=${escapeTag(instance)}`;
    let entry = found.get(head);
    if (!entry) found.set(head, (entry = { fields: [], positions: [] }));
    entry.fields.push(escapeTag(serverField(metric.slice(dot + 1))));
    entry.positions.push(position++);
  }
  return Array.from(found, ([head, { fields, positions }]) => ({ head, fields, positions }));
}

/** Shortest text that reads back as the same number; JavaScript forgets the sign of zero. */
function number(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** Line protocol has no way to say these: a backslash cannot be escaped in it, a new line ends the line. */
function isUnsayable(part: string): boolean {
  return part === '' || /\n|\\(?:$|[\\,= ])/.test(part);
}

const escapeMeasurement = (text: string) => text.replace(/[, ]/g, '\\$&');
const escapeTag = (text: string) => text.replace(/[,= ]/g, '\\$&');
