/** `saguaro quiet`: when in the week a job disturbs least, from series of one's own. */
import { parseDuration } from '../config/duration.ts';
import { LONGEST_HOURS, quietWindows, type QuietReport } from '../core/quiet.ts';
import { cronTime, icsText } from '../core/quiet-calendar.ts';
import { formatNumber } from '../core/units.ts';
import { UsageError, type Args, type Command } from './command.ts';
import { zoneOf } from './habit.ts';
import { readSeriesCsv } from './series-csv.ts';
import { wholeNumber } from './snmp-options.ts';
import { table } from './terminal.ts';

const HOUR_MS = 3_600_000;
const COUNT = 5;

export const quietCommand: Command = {
  words: ['quiet'],
  summary: 'Say from files in which hours of the week a job disturbs least',
  operands: ['[FILE…]'],
  about: [
    'Each file is a series, with the columns time (ISO 8601, without a zone UTC; or Unix seconds) and value (empty = unknown); what\n' +
      'is low in it is quiet. Of its last eight weeks the second busiest counts. Several series are added up, each as a share of\n' +
      'its own busiest hour. A window held in a week in which no series was further above its usual load than a tenth of that.',
    'With --json: {"zone", "length", "windows": [{"start", "words", "load", "held", "ofWeeks", "cron", "series": [{"name", "usual",\n' +
      '"upper"}]}], "notes"}: start the hour of the week (0 = Monday 00:00), length in hours, load 0–1 of the busiest hour.\n' +
      'With --ics the best window as a calendar file, a weekly event.',
  ],
  options: [
    { name: 'csv', value: 'FILE', help: 'a series; - for standard input', many: true },
    { name: 'length', value: 'DURATION', help: `how long the job takes, up to ${LONGEST_HOURS}h; rounded up to hours` },
    { name: 'zone', value: 'ZONE', help: 'whose hours and weekdays these are, such as Europe/Paris; UTC by default' },
    { name: 'night', value: null, help: 'at night if possible, 22:00 to 06:00' },
    { name: 'count', value: 'COUNT', help: `at most so many windows; ${COUNT} by default` },
    { name: 'ics', value: null, help: 'print the best window as a calendar file' },
  ],
  examples: [
    'saguaro quiet --csv web1.csv uplink.csv --length 3h --night --zone Europe/Paris',
    'saguaro quiet --csv uplink.csv --length 3h --ics > archiving.ics',
  ],
  async run(context, args) {
    // A shell makes of `--csv *.csv` one value and further operands.
    const files = [...args.texts('csv'), ...args.positionals];
    if (files.length === 0) throw new UsageError('saguaro quiet needs --csv FILE; see saguaro quiet --help.');
    const lengthHours = lengthOf(args);
    const zone = zoneOf(args);
    const count = wholeNumber(args, 'count', 1, 168) ?? COUNT;
    const series = [];
    const remarks: string[] = [];
    for (const file of files) {
      const read = await readSeriesCsv(context, file);
      remarks.push(...read.remarks.map((text) => `${file}: ${text}`));
      series.push({ name: file, ...read });
    }
    const found = quietWindows(series, { zone, lengthHours, nightIfPossible: args.flag('night'), count });
    const report = { ...found, notes: [...remarks, ...found.notes] };
    const { print, say } = context.terminal;
    const best = report.windows[0];
    if (args.flag('ics')) {
      for (const note of report.notes) say(note);
      if (!best) return 1;
      print(icsText(best, zone, Date.now(), `Quiet window: ${files.join(', ')}`).trimEnd());
    } else if (context.json) print(JSON.stringify(jsonOf(report, zone, lengthHours)));
    else print(textOf(report, zone));
    return 0;
  },
};

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

function jsonOf({ windows, notes }: QuietReport, zone: string, length: number): unknown {
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

function textOf({ windows, notes }: QuietReport, zone: string): string {
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
