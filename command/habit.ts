/** `saguaro habit`: what is usual in a series of one's own or in one that is polled, and what is not. */
import { isZone } from '../core/habit-clock.ts';
import { habitReport, type HabitReport, type HabitRow } from '../core/habit-report.ts';
import { episodeWords } from '../core/habit-words.ts';
import type { Unit } from '../core/model.ts';
import { formatNumber, formatWith } from '../core/units.ts';
import { UsageError, type Args, type Command, type Context } from './command.ts';
import { polledHabit } from './habit-polled.ts';
import { readSeriesCsv } from './series-csv.ts';

/** Rows that are put into one piece of text: a decade of five minutes is a million. */
const PIECE_ROWS = 5_000;

export const habitCommand: Command = {
  words: ['habit'],
  summary: 'Say what a series that is polled, or of a file, usually does, and when it did not',
  operands: [],
  about: [
    'With --series: a series that is polled, by its means of five minutes (of an hour, where it is polled more rarely). The eight\n' +
      'weeks before --from are learnt and not shown. Times: now, -24h, 2026-03, 2026-03-05T14:00, or Unix seconds.',
    'With --csv: the file has the columns time (ISO 8601, without a zone UTC; or Unix seconds) and value (empty = unknown), in order of\n' +
      'time. It stays where it is: nothing is stored, no server is asked.',
    'Each row gets what 99 % of values at its hour of its weekday would keep to, and a score from 0 (usual) to 1 (abnormal):\n' +
      '1 / (1 + how many as strange chance brings among 2016 rows), computed only from the rows before it. One alert an episode:\n' +
      'what goes on as it did is no news and scores low again, what worsens scores high again. A habit needs three weeks.',
    'With --json: {"zone", "learning", "notes", "rows": [{"t", "value", "score", "lower", "middle", "upper", "abnormal", "learning"}],\n' +
      '"episodes": [{"from", "to", "over", "learning", "direction", "worst", "worstAt", "usual", "score", "alerts", "text"}]}, times in\n' +
      'Unix seconds, null what is unknown.',
  ],
  options: [
    { name: 'series', value: 'DEVICE/INSTANCE/METRIC', help: 'what is polled, by names or ids, such as web1/load/load.five' },
    { name: 'from', value: 'TIME', help: 'beginning; 30 days ago by default' },
    { name: 'to', value: 'TIME', help: 'end; now by default' },
    { name: 'csv', value: 'FILE', help: 'a series of your own; - for standard input' },
    {
      name: 'zone',
      value: 'ZONE',
      help: "whose hours and weekdays these are, such as Europe/Paris; the server's by default, of a file UTC",
    },
  ],
  examples: [
    'saguaro habit --series web1/load/load.five --from -7d',
    'saguaro habit --csv uplink.csv --zone Europe/Paris',
    'saguaro habit --csv uplink.csv --json',
  ],
  async run(context, args) {
    const [series, file] = [args.text('series'), args.text('csv')];
    if (series !== undefined && file !== undefined) throw new UsageError('Give either --series or --csv.');
    const told =
      series !== undefined
        ? await polledHabit(context, { series, zone: zoneOf(args), from: args.text('from'), to: args.text('to') })
        : await ofFile(context, args, file);
    const { print } = context.terminal;
    if (context.json) print(JSON.stringify(jsonOf(told)));
    else printText(told, print);
    return 0;
  },
};

/** A report, and how to tell it. */
export interface ToldHabit {
  readonly report: HabitReport;
  readonly zone: string;
  readonly unit: Unit;
  /** What it is of; null = who asked knows. */
  readonly title: string | null;
}

/** @throws UsageError */
async function ofFile(context: Context, args: Args, file: string | undefined): Promise<ToldHabit> {
  if (file === undefined)
    throw new UsageError('saguaro habit needs --csv FILE or --series DEVICE/INSTANCE/METRIC; see saguaro habit --help.');
  const own = ['from', 'to'].find((name) => args.text(name) !== undefined);
  if (own !== undefined) throw new UsageError(`--${own} is about what is polled: give it with --series; a file is judged whole.`);
  const zone = zoneOf(args) ?? 'UTC';
  const { timesMs, values, remarks } = await readSeriesCsv(context, file);
  const found = habitReport({ timesMs, values }, zone, Date.now());
  return { report: { ...found, notes: [...remarks, ...found.notes] }, zone, unit: '1', title: null };
}

/** The zone that was asked for; undefined = none was. @throws UsageError */
export function zoneOf(args: Args): string | undefined {
  const zone = args.text('zone');
  if (zone !== undefined && !isZone(zone))
    throw new UsageError(`--zone ${zone} is not a time zone; write one such as Europe/Paris.`);
  return zone;
}

const seconds = (ms: number) => Math.round(ms) / 1000;
/** Enough digits for whoever goes on computing, without those that only fill the line. */
const rounded = (v: number) => Number(v.toPrecision(8));

function jsonOf({ report: { rows, episodes, learning, notes }, zone, unit }: ToldHabit): unknown {
  return {
    zone,
    learning,
    notes,
    rows: rows.map(({ tMs, value, score, band, abnormal, learning: early }) => ({
      t: seconds(tMs),
      value,
      // Scores are compared with thresholds near 1: no digit is cut.
      score,
      lower: band && rounded(band.lower),
      middle: band && rounded(band.middle),
      upper: band && rounded(band.upper),
      abnormal,
      learning: early,
    })),
    episodes: episodes.map(({ episode, over, whileLearning }) => ({
      from: seconds(episode.fromMs),
      to: seconds(episode.toMs),
      over,
      learning: whileLearning,
      direction: episode.above ? 'above' : 'below',
      worst: episode.worst,
      worstAt: seconds(episode.worstMs),
      usual: episode.usual,
      score: episode.score,
      alerts: episode.alerts,
      text: episodeWords(episode, over, zone, unit),
    })),
  };
}

function printText({ report, zone, unit, title }: ToldHabit, print: (text: string) => void): void {
  const { rows, episodes, notes } = report;
  const rowText = rowsIn(unit);
  if (title !== null) print(title);
  if (rows.length > 0) print(line('TIME (UTC)', 'VALUE', 'USUALLY (99 %)', 'SCORE', ''));
  for (let from = 0; from < rows.length; from += PIECE_ROWS)
    print(
      rows
        .slice(from, from + PIECE_ROWS)
        .map(rowText)
        .join('\n'),
    );
  for (const note of notes) print(note);
  const real = episodes.filter(({ whileLearning }) => !whileLearning);
  if (rows.length > 0 && episodes.length === 0) print('No episode: nothing was far from usual.');
  for (const { episode, over } of real) print(episodeWords(episode, over, zone, unit));
  const early = episodes.length - real.length;
  if (early > 0)
    print(`While it was learning, ${early === 1 ? 'one more episode' : `${early} more episodes`} (--json lists them).`);
}

function rowsIn(unit: Unit): (row: HabitRow) => string {
  const show = (v: number) => (unit === '1' ? formatNumber(v) : formatWith(v, unit));
  return ({ tMs, value, band, score, abnormal }) => {
    const time = Math.abs(tMs) < 8.64e15 ? new Date(tMs).toISOString().slice(0, 19) + 'Z' : 'outside any calendar';
    const usual = band === null ? '–' : `${show(band.lower)} – ${show(band.upper)}`;
    return line(time, value === null ? 'unknown' : show(value), usual, score.toFixed(3), abnormal ? '  unusual' : '');
  };
}

function line(time: string, value: string, usual: string, score: string, mark: string): string {
  return `${time.padEnd(20)}  ${value.padStart(10)}  ${usual.padStart(22)}  ${score.padStart(6)}${mark}`;
}
