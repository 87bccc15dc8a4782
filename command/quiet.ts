/** `saguaro quiet`: when in the week a job disturbs least, from series of one's own or from what is polled. */
import { parseDuration } from '../config/duration.ts';
import { LONGEST_HOURS, quietWindows, type QuietReport } from '../core/quiet.ts';
import { cronTime, icsText } from '../core/quiet-calendar.ts';
import type { QuietView } from '../core/quiet-view.ts';
import { formatNumber } from '../core/units.ts';
import { UsageError, type Args, type Command, type Context } from './command.ts';
import { zoneOf } from './habit.ts';
import { readSeriesCsv } from './series-csv.ts';
import { wholeNumber } from './snmp-options.ts';
import { table } from './terminal.ts';

const HOUR_MS = 3_600_000;
const COUNT = 5;

export const quietCommand: Command = {
  words: ['quiet'],
  summary: 'Say in which hours of the week a job disturbs least, by series that are polled or by files',
  operands: ['[FILE…]'],
  about: [
    'What is low in a series is quiet. Of its last eight weeks the second busiest counts. Several series are added up, each as a\n' +
      'share of its own busiest hour. A window held in a week in which no series was further above its usual load than a tenth of that.',
    'With --series: what is polled, from its hours in the history. With --csv: each file is a series, with the columns time (ISO\n' +
      '8601, without a zone UTC; or Unix seconds) and value (empty = unknown); nothing is stored, no server is asked.',
    'With --json: {"zone", "length", "windows": [{"start", "words", "load", "held", "ofWeeks", "cron", "series": [{"name", "usual",\n' +
      '"upper"}]}], "notes"}: start the hour of the week (0 = Monday 00:00), length in hours, load 0–1 of the busiest hour.\n' +
      'With --ics the best window as a calendar file, a weekly event.',
  ],
  options: [
    { name: 'series', value: 'DEVICE/INSTANCE/METRIC', help: 'what is polled, by names or ids', many: true },
    { name: 'csv', value: 'FILE', help: 'a series of your own; - for standard input', many: true },
    { name: 'length', value: 'DURATION', help: `how long the job takes, up to ${LONGEST_HOURS}h; rounded up to hours` },
    {
      name: 'zone',
      value: 'ZONE',
      help: "whose hours and weekdays these are, such as Europe/Paris; the server's by default, of files UTC",
    },
    { name: 'night', value: null, help: 'at night if possible, 22:00 to 06:00' },
    { name: 'count', value: 'COUNT', help: `at most so many windows; ${COUNT} by default` },
    { name: 'ics', value: null, help: 'print the best window as a calendar file' },
  ],
  examples: [
    'saguaro quiet --series web1/load/load.five --series edge1/xe0/interface.out_bps --length 3h --night',
    'saguaro quiet --csv web1.csv uplink.csv --length 3h --night --zone Europe/Paris',
    'saguaro quiet --csv uplink.csv --length 3h --ics > archiving.ics',
  ],
  async run(context, args) {
    const series = args.texts('series');
    // A shell makes of `--csv *.csv` one value and further operands.
    const files = [...args.texts('csv'), ...args.positionals];
    if (series.length > 0 && files.length > 0)
      throw new UsageError(
        `Give either --series or files: ${JSON.stringify(files[0])} is taken for a file, and each series needs its own --series.`,
      );
    if (series.length + files.length === 0)
      throw new UsageError('saguaro quiet needs --csv FILE or --series DEVICE/INSTANCE/METRIC; see saguaro quiet --help.');
    const asked: Asked = {
      lengthHours: lengthOf(args),
      zone: zoneOf(args),
      night: args.flag('night'),
      count: wholeNumber(args, 'count', 1, 168) ?? COUNT,
    };
    const { zone, names, ...report } =
      series.length > 0 ? await ofPolled(context, series, asked) : await ofFiles(context, files, asked);
    const { print, say } = context.terminal;
    const best = report.windows[0];
    if (args.flag('ics')) {
      for (const note of report.notes) say(note);
      if (!best) return 1;
      print(icsText(best, zone, Date.now(), `Quiet window: ${names.join(', ')}`).trimEnd());
    } else if (context.json) print(JSON.stringify(jsonOf(report, zone, asked.lengthHours)));
    else print(textOf(report, zone));
    return 0;
  },
};

interface Asked {
  readonly lengthHours: number;
  /** Undefined: none was given. */
  readonly zone: string | undefined;
  readonly night: boolean;
  readonly count: number;
}
type Report = Pick<QuietReport, 'windows' | 'notes'>;
interface Found extends Report {
  readonly zone: string;
  /** Of all series that were looked at. */
  readonly names: readonly string[];
}

async function ofFiles(context: Context, files: readonly string[], asked: Asked): Promise<Found> {
  const { lengthHours, zone = 'UTC', night, count } = asked;
  const series = [];
  const remarks: string[] = [];
  for (const file of files) {
    const read = await readSeriesCsv(context, file);
    remarks.push(...read.remarks.map((text) => `${file}: ${text}`));
    series.push({ name: file, ...read });
  }
  const found = quietWindows(series, { zone, lengthHours, nightIfPossible: night, count });
  return { zone, names: files, windows: found.windows, notes: [...remarks, ...found.notes] };
}

/** From the server that runs, or made in this process from the data folder. */
async function ofPolled(context: Context, series: readonly string[], asked: Asked): Promise<Found> {
  const { lengthHours, zone, night, count } = asked;
  const query = new URLSearchParams(series.map((one) => ['series', one]));
  query.set('hours', String(lengthHours));
  query.set('count', String(count));
  if (night) query.set('night', 'true');
  if (zone !== undefined) query.set('zone', zone);
  const api = await context.api();
  const view = await api.ask<QuietView>({ method: 'GET', path: `/quiet?${query}` });
  const windows = view.windows.map(({ start, cron: _, ...one }) => ({ ...one, startHourOfWeek: start, lengthHours }));
  return { zone: view.zone, names: view.series.map(({ name }) => name), windows, notes: view.notes };
}

function lengthOf(args: Args): number {
  const text = args.text('length');
  if (text === undefined) throw new UsageError('saguaro quiet needs --length, how long the job takes, such as --length 3h.');
  const ms = parseDuration(text);
  const hours = Math.ceil((ms ?? NaN) / HOUR_MS);
  if (!(hours >= 1 && hours <= LONGEST_HOURS))
    throw new UsageError(`--length ${text} is no duration up to ${LONGEST_HOURS}h; write 90m or 3h.`);
  return hours;
}

const rounded = (v: number) => Number(v.toPrecision(6));

function jsonOf({ windows, notes }: Report, zone: string, length: number): unknown {
  return {
    zone,
    length,
    windows: windows.map((one) => ({
      start: one.startHourOfWeek,
      words: one.words,
      load: rounded(one.load),
      held: one.held,
      ofWeeks: one.ofWeeks,
      cron: cronTime(one),
      series: one.series.map(({ name, usual, upper }) => ({ name, usual: rounded(usual), upper: rounded(upper) })),
    })),
    notes,
  };
}

function textOf({ windows, notes }: Report, zone: string): string {
  const rows = windows.map((one) => [
    one.words,
    `${Math.round(one.load * 100)} %`,
    `${one.held} of ${one.ofWeeks} weeks`,
    one.series.map(({ usual, upper }) => `${formatNumber(usual)} (${formatNumber(upper)})`).join(', '),
    cronTime(one),
  ]);
  const parts = [...notes];
  if (rows.length > 0) {
    parts.unshift(table([`WINDOW (${zone})`, 'LOAD', 'HELD', 'USUAL (UPPER)', 'CRON'], rows));
    parts.push(`For cron: CRON_TZ=${zone} above the line "${windows[0] ? cronTime(windows[0]) : ''} COMMAND".`);
  }
  return parts.join('\n');
}
