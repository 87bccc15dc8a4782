/** Days until full, of simulated disks: ours, and a line by least squares over the last 7, 30 and 120 days. */
import { calendarOf } from '../../core/forecast/calendar.ts';
import { leastSquares } from '../../core/forecast/backtest.ts';
import { forecast } from '../../core/forecast/forecast.ts';
import { crossingOf, stepsUntil } from '../../core/forecast/limit.ts';
import { DAY_MS, MEDIAN } from '../../core/forecast/model.ts';
import { fitStock } from '../../core/forecast/stock.ts';
import { median } from '../report.ts';
import { disks, HISTORY_DAYS, LIMIT, type Disk } from './shapes.ts';

const END_MS = Date.UTC(2026, 8, 1);
const SOON_DAYS = 180;
const LONGEST_DAYS = 400;

export interface Tally {
  readonly errors: number[];
  filling: number;
  within20: number;
  covered: number;
  never: number;
  falseAlarms: number;
  /** Squared errors of the chances within 30, 90 and 180 days, and of their base rate. */
  brier: number;
  asked: number;
  happened: number;
}
const tally = (): Tally => ({
  errors: [],
  filling: 0,
  within20: 0,
  covered: 0,
  never: 0,
  falseAlarms: 0,
  brier: 0,
  asked: 0,
  happened: 0,
});

export interface StockResult {
  readonly ours: Tally;
  readonly byShape: ReadonlyMap<string, Tally>;
  readonly leastSquares: Readonly<Record<string, Tally>>;
  /** CPU of one fit with its distribution, and of a whole forecast with its backtest. */
  readonly fitMs: number;
  readonly wholeMs: number;
}

/** @param shapes the simulated courses; a disk that fills, but not within 400 days, is not counted */
export function benchStocks(shapes: Parameters<typeof disks>[0], seeds: readonly number[], repetitions: number): StockResult {
  const calendar = calendarOf('UTC');
  const [ours, byShape] = [tally(), new Map<string, Tally>()];
  const lines: Record<string, Tally> = { '7 d': tally(), '30 d': tally(), '120 d': tally() };
  let [fitMs, wholeMs, n] = [0, 0, 0];
  for (const seed of seeds) {
    for (const disk of disks(shapes, seed, repetitions)) {
      if (disk.fills && disk.daysToLimit === null) continue;
      n++;
      const timesMs = disk.history.map((_, i) => END_MS - (HISTORY_DAYS - i) * DAY_MS);
      const began = process.cpuUsage();
      const { limit } = forecast({
        kind: 'stock',
        history: { timesMs, values: disk.history },
        calendar,
        limit: LIMIT,
        horizonMs: 90 * DAY_MS,
        nowMs: END_MS,
        stepMs: null,
        of: null,
      });
      wholeMs += cpuMs(began);
      const again = process.cpuUsage();
      const y = Float64Array.from(disk.history, (v) => v ?? NaN);
      const fit = fitStock(y, (i) => i % 7);
      if (fit)
        stepsUntil(
          crossingOf({
            ...fit,
            path: (a, s) => fit.path(a, s),
            sigma: (a) => fit.sigma(a),
            limit: LIMIT,
            steps: 480,
            inflation: 1,
          }),
          0.5,
        );
      fitMs += cpuMs(again);
      let own = byShape.get(disk.shape);
      if (!own) byShape.set(disk.shape, (own = tally()));
      for (const into of [ours, own]) {
        count(into, disk, limit?.days?.median ?? null, limit?.days ?? null);
        for (const { days, chance } of limit?.chances ?? []) {
          const happens = disk.daysToLimit !== null && disk.daysToLimit <= days ? 1 : 0;
          into.brier += (chance - happens) ** 2;
          into.asked++;
          into.happened += happens;
        }
      }
      for (const [name, into] of Object.entries(lines)) count(into, disk, lineDays(y, Number.parseInt(name, 10)), null);
    }
  }
  return { ours, byShape, leastSquares: lines, fitMs: fitMs / n, wholeMs: wholeMs / n };
}

function count(into: Tally, disk: Disk, days: number | null, range: { low: number; high: number | null } | null): void {
  if (!disk.fills) {
    into.never++;
    if (days !== null && days <= SOON_DAYS) into.falseAlarms++;
    return;
  }
  const truth = disk.daysToLimit ?? NaN;
  const error = days === null ? Infinity : Math.abs(days - truth);
  into.filling++;
  into.errors.push(error);
  if (error <= 0.2 * truth) into.within20++;
  if (range && range.low <= truth && truth <= (range.high ?? Infinity)) into.covered++;
}

/** What a line over the last days says; null = never within 400 days. */
function lineDays(y: Float64Array, lastDays: number): number | null {
  const at = leastSquares(y.subarray(y.length - lastDays));
  for (let ahead = 1; ahead <= LONGEST_DAYS; ahead++) if ((at(ahead)[MEDIAN] ?? 0) >= LIMIT) return ahead;
  return null;
}

function cpuMs(began: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1000;
}

/** For people and for programs: shares in percent. */
export function figuresOf(t: Tally) {
  const share = (n: number, of: number) => (of === 0 ? null : Math.round((1000 * n) / of) / 10);
  return {
    medianError: t.errors.length > 0 ? median(t.errors) : null,
    within20: share(t.within20, t.filling),
    rangeHeld: share(t.covered, t.filling),
    falseAlarms: share(t.falseAlarms, t.never),
  };
}
