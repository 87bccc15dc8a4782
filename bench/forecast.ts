/**
 * Forecasts on seeds that nothing was developed on, and on public series, which were looked at: disks that fill and disks that
 * do not, rates beside least squares, the seasonal naive and augurs, chances beside their base rate, and what a fit costs.
 */
import type { BenchOptions } from './bench.ts';
import { join } from 'node:path';
import { loadAugurs } from './forecast/augurs.ts';
import { benchCourses } from './forecast/courses.ts';
import { benchHabit, isNab } from './forecast/habit.ts';
import { benchCrossings, benchSet, geometric, type SetResult } from './forecast/rates.ts';
import { benchRound } from './forecast/round.ts';
import { FIXTURE, readSets } from './forecast/sets.ts';
import { FURTHER_SHAPES, SHAPES } from './forecast/shapes.ts';
import { benchStocks, figuresOf, type StockResult } from './forecast/stocks.ts';
import { trafficSets } from './forecast/traffic.ts';
import { judge, type Report } from './report.ts';

/** Development used seeds below 1,000. */
const SEED = 20_261;
/** A set of fewer values says little of how often a band holds. */
const ENOUGH_SERIES = 3;

export async function benchForecast({ quick, data, results }: BenchOptions): Promise<Report> {
  const repetitions = quick ? 10 : 40;
  const seeds = quick ? [SEED] : [SEED, SEED + 1, SEED + 2];
  const stocks = benchStocks(SHAPES, seeds, repetitions);
  const further = benchStocks(FURTHER_SHAPES, seeds, repetitions);
  tell(stocks);
  tell(further);
  const courses = benchCourses(SEED, quick ? 20 : 60);
  console.log(
    'course, series, loss beside least squares and beside a drift; % within 80 and 95 % bands near, in between and far ahead',
  );
  for (const one of courses)
    console.log(
      `${one.name}: ${one.series}; ${one.besideLine.toFixed(3)} ${one.besideDrift.toFixed(3)}; ${one.held80.join(' ')}, ${one.held95.join(' ')}`,
    );
  const augurs = await loadAugurs();
  const origins = quick ? 3 : 6;
  const traffic = trafficSets(SEED, quick ? 6 : 20);
  const simulated = traffic.map((set) => benchSet(set, origins, augurs, {}));
  const real = readSets(data ?? FIXTURE).map((set) => benchSet(set, origins, augurs, {}));
  const sets = [...simulated, ...real];
  console.log(
    'set, series, loss beside least squares: ours, seasonal naive, augurs; % within 80 and 95 % bands: ours, least squares; ms',
  );
  for (const set of sets) console.log(lineOf(set));
  const backbone = traffic.find(({ perDay }) => perDay === 1)?.series ?? [];
  const crossings = benchCrossings(backbone, quick ? 6 : 12);
  const judged = sets.filter(({ series }) => series >= ENOUGH_SERIES);
  const furthest = (of: (set: SetResult) => number) => round(Math.max(...judged.map(of)));
  const figures = figuresOf(stocks.ours);
  const nab = data === null ? undefined : [data, join(data, 'nab')].find(isNab);
  const habits = benchHabit({ nab: nab ?? null, results, seeds: Array.from({ length: quick ? 6 : 20 }, (_, n) => SEED + n) });
  const night = await benchRound(SEED, quick ? 300 : 2_000);
  console.log(
    `a round over 2,000 series: ${night.cpuS.toFixed(1)} s of CPU, ${night.wallS.toFixed(1)} s (${night.made} made); timers meanwhile late by ${night.lateP99Ms.toFixed(1)} ms at the 99th, ${night.lateWorstMs.toFixed(0)} ms at most`,
  );
  const held = [...stocks.byShape.values()].flatMap((tally) => figuresOf(tally).rangeHeld ?? []);
  const withAugurs = sets.filter((set) => set.augurs !== null);
  return {
    bench: 'forecast',
    goals: judge('forecast', {
      'pinball beside least squares, simulated': round(geometric(simulated.map(({ ours }) => ours))),
      'pinball beside least squares, public': round(geometric(real.map(({ ours }) => ours))),
      'pinball beside augurs alone':
        withAugurs.length === 0 ? null : round(geometric(withAugurs.map((set) => set.ours / (set.augurs ?? NaN)))),
      '80 % band, furthest set': furthest(({ within80 }) => Math.abs(within80 - 80)),
      '95 % band, furthest set': furthest(({ within95 }) => Math.abs(within95 - 95)),
      'days until full, median error': figures.medianError,
      'days until full within 20 %': figures.within20,
      'false alarms within 180 days': figures.falseAlarms,
      '80 % range of days until full, worst shape': Math.min(...held),
      'disks beside the last value and its drift': round(geometric(courses.map(({ besideDrift }) => besideDrift))),
      'chances beside their base rate': round(crossings.brier / crossings.baseBrier),
      'false soon': round(crossings.falseSoon),
      'refit of a disk': round(stocks.fitMs),
      'refit of an uplink': round(Math.max(...sets.map(({ ms }) => ms))),
      '2,000 series fitted': round(night.cpuS),
      'timers late while they are fitted': round(night.lateP99Ms),
      'NAB standard score': habits.nab?.standard ?? null,
      '99 % band of habits, least': habits.coverageLeast,
      '99 % band of habits, most': habits.coverageMost,
      'false episodes': habits.falseAWeek,
      'peaks 4σ out that are found': habits.recall.out.all,
      'peaks raised by 4σ that are found': habits.recall.raised.all,
    }),
    peers: {
      'least squares, days until full': Object.fromEntries(
        Object.entries(stocks.leastSquares).map(([days, tally]) => [days, figuresOf(tally)]),
      ),
      'further shapes, ours': {
        ...figuresOf(further.ours),
        worstRange: round(Math.min(...[...further.byShape.values()].flatMap((t) => figuresOf(t).rangeHeld ?? []))),
      },
      'disks beside least squares': round(geometric(courses.map(({ besideLine }) => besideLine))),
      'seasonal naive': round(geometric(sets.map(({ naive }) => naive))),
      augurs: augurs
        ? round(geometric(withAugurs.map((set) => set.augurs ?? NaN)))
        : 'missing: @bsull/augurs cannot be had from the package registry',
      'a disk with its backtest, ms': round(stocks.wholeMs),
      crossings: { ...crossings, brier: round(crossings.brier), baseBrier: round(crossings.baseBrier) },
      NAB: habits.nab ?? 'missing: it needs --data with the data folder of numenta/NAB, its labels folder inside',
      'habits, by shape': { ...habits.byShape, worstFalseAWeek: habits.falseAWeekMost, usASample: habits.usASample },
      'peaks by length, and what is found by one who knows level and noise': habits.recall,
    },
  };
}

const round = (v: number) => Math.round(v * 1000) / 1000;

function tell({ byShape }: StockResult): void {
  for (const [shape, tally] of byShape) {
    const { medianError, within20, rangeHeld, falseAlarms } = figuresOf(tally);
    console.log(
      falseAlarms === null
        ? `${shape}: median error ${medianError} days, ${within20} % within 20 %, 80 % range held ${rangeHeld} %`
        : `${shape}: ${falseAlarms} % false alarms`,
    );
  }
}

function lineOf({ name, series, ours, naive, augurs, within80, within95, lines80, lines95, ms }: SetResult): string {
  const losses = [ours, naive, augurs].map((v) => (v === null ? '–' : v.toFixed(3))).join(' ');
  return `${name}: ${series}; ${losses}; ${within80} ${within95}, ${lines80} ${lines95}; ${ms.toFixed(1)}`;
}
