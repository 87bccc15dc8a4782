/** `saguaro habit`: what is usual in a series of one's own, and what is not. */
import { isZone } from '../core/habit-clock.ts';
import { habitReport, type HabitReport, type HabitRow } from '../core/habit-report.ts';
import { episodeWords } from '../core/habit-words.ts';
import { formatNumber } from '../core/units.ts';
import { UsageError, type Args, type Command } from './command.ts';
import { readSeriesCsv } from './series-csv.ts';

/** Rows that are put into one piece of text: a decade of five minutes is a million. */
const PIECE_ROWS = 5_000;

export const habitCommand: Command = {
  words: ['habit'],
  summary: 'Say from a file what a series usually does, and when it did not',
  operands: [],
  about: [
    'The file has the columns time (ISO 8601, without a zone UTC; or Unix seconds) and value (empty = unknown), in order of\n' +
      'time. It stays where it is: nothing is stored, no server is asked.',
    'Each row gets what 99 % of values at its hour of its weekday would keep to, and a score from 0 (usual) to 1 (abnormal):\n' +
      '1 / (1 + how many as strange chance brings among 2016 rows), computed only from the rows before it. One alert an episode:\n' +
      'what goes on as it did is no news and scores low again, what worsens scores high again. A habit needs three weeks.',
    'With --json: {"zone", "learning", "notes", "rows": [{"t", "value", "score", "lower", "middle", "upper", "abnormal", "learning"}],\n' +
      '"episodes": [{"from", "to", "over", "learning", "direction", "worst", "worstAt", "usual", "score", "alerts", "text"}]}, times in\n' +
      'Unix seconds, null what is unknown.',
  ],
  options: [
    { name: 'csv', value: 'FILE', help: 'the series; - for standard input' },
    { name: 'zone', value: 'ZONE', help: 'whose hours and weekdays these are, such as Europe/Paris; UTC by default' },
  ],
  examples: ['saguaro habit --csv uplink.csv --zone Europe/Paris', 'saguaro habit --csv uplink.csv --json'],
  async run(context, args) {
    const file = args.text('csv');
    if (file === undefined) throw new UsageError('saguaro habit needs --csv FILE; see saguaro habit --help.');
    const zone = zoneOf(args);
    const { timesMs, values, remarks } = await readSeriesCsv(context, file);
    const found = habitReport({ timesMs, values }, zone, Date.now());
    const report = { ...found, notes: [...remarks, ...found.notes] };
    const { print } = context.terminal;
    if (context.json) print(JSON.stringify(jsonOf(report, zone)));
    else printText(report, zone, print);
    return 0;
  },
};

/** The zone that was asked for. @throws UsageError */
export function zoneOf(args: Args): string {
  const zone = args.text('zone') ?? 'UTC';
  if (!isZone(zone)) throw new UsageError(`--zone ${zone} is not a time zone; write one such as Europe/Paris.`);
  return zone;
}

const seconds = (ms: number) => Math.round(ms) / 1000;
/** Enough digits for whoever goes on computing, without those that only fill the line. */
const rounded = (v: number) => Number(v.toPrecision(8));

function jsonOf({ rows, episodes, learning, notes }: HabitReport, zone: string): unknown {
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
      text: episodeWords(episode, over, zone, '1'),
    })),
  };
}

function printText({ rows, episodes, notes }: HabitReport, zone: string, print: (text: string) => void): void {
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
  for (const { episode, over } of real) print(episodeWords(episode, over, zone, '1'));
  const early = episodes.length - real.length;
  if (early > 0)
    print(`While it was learning, ${early === 1 ? 'one more episode' : `${early} more episodes`} (--json lists them).`);
}

function rowText({ tMs, value, band, score, abnormal }: HabitRow): string {
  const time = Math.abs(tMs) < 8.64e15 ? new Date(tMs).toISOString().slice(0, 19) + 'Z' : 'outside any calendar';
  const usual = band === null ? '–' : `${formatNumber(band.lower)} – ${formatNumber(band.upper)}`;
  return line(time, value === null ? 'unknown' : formatNumber(value), usual, score.toFixed(3), abnormal ? '  unusual' : '');
}

function line(time: string, value: string, usual: string, score: string, mark: string): string {
  return `${time.padEnd(20)}  ${value.padStart(10)}  ${usual.padStart(22)}  ${score.padStart(6)}${mark}`;
}
