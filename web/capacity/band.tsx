/** When each row fills, on one shared axis: a bar for 8 in 10, a tick for the most likely day, a diamond for the order. */
import type { CapacityRow } from '../../core/capacity.ts';
import { momentParts, monthOf } from '../../core/moments.ts';

const DAY_MS = 86_400_000;
/** Axes reach so far; the first that holds most of what has a date. */
const SPANS_DAYS = [180, 365, 730] as const;
const HELD_SHARE = 0.8;
/** Width of its column on a window of 1400 px. */
const USUAL_PX = 190;
/** Percent from the left that a diamond keeps. */
const EDGE = 2;

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
  const start = Temporal.Instant.fromEpochMilliseconds(Math.floor(nowMs)).toZonedDateTimeISO(zone).startOfDay().with({ day: 1 });
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
const LABEL_PX = 32;

/** Ticks whose labels have room: years first, because months without their year could be any. */
export function labelled(ticks: BandAxis['ticks'], px: number): BandAxis['ticks'] {
  const taken = [0];
  const has = new Set<BandAxis['ticks'][number]>();
  for (const tick of [...ticks].sort((a, b) => Number(b.year) - Number(a.year))) {
    const x = tick.share * px;
    if (x > px - 20 || taken.some((other) => Math.abs(other - x) < LABEL_PX)) continue;
    taken.push(x);
    has.add(tick);
  }
  return ticks.filter((tick) => has.has(tick));
}

/** @param px about how wide its column is */
export function Axis({ axis, px = USUAL_PX }: { axis: BandAxis; px?: number }) {
  const shown = labelled(axis.ticks, px);
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
}

/** Places in percent of the column's width, so that nothing is stretched. */
export function Band({ row, axis }: BandProps) {
  const share = (tMs: number) => (100 * (tMs - axis.fromMs)) / (axis.days * DAY_MS);
  const at = (x: number) => `${Math.max(0, x).toFixed(2)}%`;
  const { dates, orderByMs } = row;
  const low = dates ? Math.max(0, share(dates.lowMs)) : NaN;
  const middle = dates ? share(dates.medianMs) : NaN;
  const high = dates ? share(dates.highMs ?? Infinity) : NaN;
  const order = orderByMs === null ? NaN : share(orderByMs);
  return (
    <svg class="band" aria-hidden="true">
      <line class="g" x1="0" y1="10.5" x2="100%" y2="10.5" />
      {axis.ticks.map(({ share: x, year }) => (
        <line key={x} class={year ? 'y' : 'g'} x1={at(100 * x)} x2={at(100 * x)} y1="2" y2="19" />
      ))}
      {low < 100 && <rect x={at(low)} y="7" width={at(Math.max(1.5, Math.min(high, 99.8) - low))} height="7" />}
      {low < 100 && high > 100 && (
        <svg x="100%" overflow="visible">
          <path class="open" d="M-9 6.5l5 4l-5 4" />
        </svg>
      )}
      {middle < 100 && <line class="m" x1={at(middle)} x2={at(middle)} y1="3" y2="18" />}
      {order < 100 && (
        <svg x={at(Math.max(EDGE, order))} overflow="visible">
          <path class="o" d="M0 6.5l4 4l-4 4l-4-4z" />
        </svg>
      )}
    </svg>
  );
}
