/** When each row fills, on one shared axis: a bar for 8 in 10, a tick for the most likely day, a diamond for the order. */
import type { CapacityRow } from '../../core/capacity.ts';
import { momentParts, monthOf } from '../../core/moments.ts';

const DAY_MS = 86_400_000;
/** Axes reach so far; the first that holds most of what has a date. */
const SPANS_DAYS = [180, 365, 730] as const;
const HELD_SHARE = 0.8;
/** Of the drawing unless told, which is stretched to its column. */
const USUAL_PX = 270;
const HEIGHT = 20;
const EDGE_PX = 5;

export interface BandAxis {
  readonly fromMs: number;
  readonly days: number;
  readonly ticks: readonly { readonly share: number; readonly label: string; readonly year: boolean }[];
}

/** The axis for rows: from today to where most of their dates lie. */
export function axisOf(rows: readonly Pick<CapacityRow, 'dates'>[], nowMs: number, zone: string): BandAxis {
  const ends = rows.flatMap(({ dates }) => (dates ? [(dates.highMs ?? dates.medianMs) - nowMs] : []));
  const days = SPANS_DAYS.find((span) => ends.filter((ms) => ms <= span * DAY_MS).length >= HELD_SHARE * ends.length) ?? 730;
  const ticks: { share: number; label: string; year: boolean }[] = [];
  const start = Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO(zone).startOfDay().with({ day: 1 });
  const every = days > 200 ? 3 : 1;
  for (let i = 1; i <= 24; i++) {
    const at = start.add({ months: i });
    if ((at.month - 1) % every !== 0) continue;
    const share = (at.epochMilliseconds - nowMs) / (days * DAY_MS);
    if (share > 1) break;
    const p = momentParts(at.epochMilliseconds, zone);
    ticks.push({ share, label: at.month === 1 ? (p['year'] ?? '') : monthOf(p), year: at.month === 1 });
  }
  return { fromMs: nowMs, days, ticks };
}

/** Room that a label takes, and the word "now" before them. */
const LABEL_PX = 40;

/** @param px about how wide its column is */
export function Axis({ axis, px = USUAL_PX }: { axis: BandAxis; px?: number }) {
  let last = 0;
  const shown = axis.ticks.filter(({ share }) => {
    const x = share * px;
    if (x < last + LABEL_PX || x > px - 20) return false;
    last = x;
    return true;
  });
  return (
    <span class="axis">
      <span>now</span>
      {shown.map(({ share, label, year }) => (
        <span key={share} class={year ? 'year' : ''} style={{ left: `${share * 100}%` }}>
          {label}
        </span>
      ))}
    </span>
  );
}

interface BandProps {
  readonly row: Pick<CapacityRow, 'dates' | 'orderByMs'>;
  readonly axis: BandAxis;
  readonly px?: number;
}

export function Band({ row, axis, px = USUAL_PX }: BandProps) {
  const x = (tMs: number) => (px * (tMs - axis.fromMs)) / (axis.days * DAY_MS);
  const { dates, orderByMs } = row;
  const [low, middle, high] = dates ? [x(dates.lowMs), x(dates.medianMs), x(dates.highMs ?? Infinity)] : [NaN, NaN, NaN];
  const beyond = high > px;
  const order = orderByMs === null ? NaN : Math.max(EDGE_PX, x(orderByMs));
  const from = Math.max(0, low);
  return (
    <svg class="band" viewBox={`0 0 ${px} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <path class="g" d={`M0 10.5H${px}`} />
      {axis.ticks.map(({ share, year }) => (
        <path key={share} class={year ? 'y' : 'g'} d={`M${(share * px).toFixed(1)} 2V19`} />
      ))}
      {from < px && <rect x={from} y="7" width={Math.max(4, Math.min(high, px - 0.5) - from)} height="7" />}
      {beyond && from < px && <path class="open" d={`M${px - 9} 6.5l5 4l-5 4`} />}
      {middle < px && <path class="m" d={`M${Math.max(1, middle).toFixed(1)} 3V18`} />}
      {order < px && <path class="o" d={`M${order.toFixed(1)} 6.5l4 4l-4 4l-4-4z`} />}
    </svg>
  );
}
