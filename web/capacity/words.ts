/** How the capacity page speaks of chances, dates and orders. */
import type { CapacityRow } from '../../core/capacity.ts';
import { dayText } from '../../core/graph-future.ts';
import { formatCapacity, formatWith, scaleFor, formatScaled } from '../../core/units.ts';

const DAY_MS = 86_400_000;

/** Class of a cell: pale from 5 %, full from 80 %. */
export function heatOf(chance: number | null): string {
  const level = [0.05, 0.25, 0.5, 0.8].filter((from) => chance !== null && chance >= from).length;
  return `h${level}`;
}

export const chanceIn = ({ chances }: Pick<CapacityRow, 'chances'>, days: number): number | null =>
  chances.find((one) => one.days === days)?.chance ?? null;

/** Share of what came that lay in the 80 % band: of what was said, else of forecasts made of the same history since. */
export const heldShare = ({ said, record }: Pick<CapacityRow, 'said' | 'record'>): number | null =>
  said?.held80 ?? record?.held80 ?? null;

/** "19 Dec to 6 Feb 2027"; "from 19 Dec on" where the late end is open. */
export function rangeText({ lowMs, highMs }: NonNullable<CapacityRow['dates']>, nowMs: number, zone: string): string {
  if (highMs === null) return `${dayText(lowMs, nowMs, zone)} or later`;
  return `${dayText(lowMs, nowMs, zone)} to ${dayText(highMs, null, zone)}`;
}

/** "in 4 d", "2 d late", "today"; far ahead nothing, because a date says enough. */
export function dueText(orderByMs: number, nowMs: number): { readonly text: string; readonly due: boolean } {
  const days = Math.ceil((orderByMs - nowMs) / DAY_MS);
  if (days > DUE_DAYS) return { text: '', due: false };
  return { text: days > 0 ? `in ${days} d` : days === 0 ? 'today' : `${-days} d late`, due: true };
}
/** An order is due when it must be placed within so many days. */
export const DUE_DAYS = 30;

/** "2.5" of "38.4 TiB" under one unit: both parts of a headroom. */
export function headroomText({ headroom, limit, unit }: CapacityRow): { readonly free: string; readonly of: string } {
  if (headroom === null || limit === null) return { free: '–', of: '' };
  if (headroom < 0) return { free: `${formatWith(-headroom, unit)} over`, of: '' };
  const scale = scaleFor(limit, unit);
  const own = formatWith(headroom, unit);
  const size = formatScaled(limit, scale);
  return own.endsWith(` ${scale.unit}`)
    ? { free: own, of: `of ${trimmed(size)}` }
    : { free: own, of: `of ${formatCapacity(limit, unit)}` };
}
const trimmed = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);

/** "+1.6 TiB"; '–' where there is no growth to speak of. */
export function growthText({ growthPerMonth, unit }: CapacityRow): string {
  if (growthPerMonth === null) return '–';
  const { middle } = growthPerMonth;
  return `${middle > 0 ? '+' : ''}${formatWith(middle, unit)}`;
}

/** "2 of 1 286 will more likely than not reach their limit within 90 days." */
export function answerText(rows: readonly CapacityRow[], whole: (n: number) => string): string {
  if (rows.length === 0) return 'Nothing that can fill is known yet.';
  const soon = rows.filter((row) => (chanceIn(row, 90) ?? 0) > 0.5 || (row.headroom !== null && row.headroom <= 0)).length;
  const [verb, their] = soon === 1 ? ['has', 'its'] : ['have', 'their'];
  if (soon === 0) return `None of ${whole(rows.length)} is likely to reach its limit within 90 days.`;
  const reached = rows.filter((row) => row.headroom !== null && row.headroom <= 0).length;
  if (reached === soon) return `${whole(soon)} of ${whole(rows.length)} ${verb} reached ${their} limit.`;
  return `${whole(soon)} of ${whole(rows.length)} will more likely than not reach ${their} limit within 90 days.`;
}
