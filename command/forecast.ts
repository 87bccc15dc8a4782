/** `saguaro forecast`: how a series of one's own goes on, and when it reaches a limit. */
import { parseDuration } from '../config/duration.ts';
import { calendarOf } from '../core/forecast/calendar.ts';
import { forecast } from '../core/forecast/forecast.ts';
import { DAY_MS, HOUR_MS, LEVELS, MEDIAN, type Calendar, type Forecast } from '../core/forecast/model.ts';
import { amountText, dateText, daysText } from '../core/forecast/words.ts';
import { UsageError, type Args, type Command } from './command.ts';
import { listForecasts } from './forecast-list.ts';
import { readSeriesCsv } from './series-csv.ts';
import { oneOf } from './snmp-options.ts';
import { table } from './terminal.ts';

const HORIZON_MS = 90 * DAY_MS;
/** A horizon longer than this is a slip of the hand. */
const LONGEST_MS = 10 * 366 * DAY_MS;
/** Steps a person is shown, spread over the horizon; a program gets all. */
const SHOWN = 10;

export const forecastCommand: Command = {
  words: ['forecast'],
  summary: 'Say what fills first; or, from a file, how a series goes on and when it reaches a limit',
  operands: [],
  about: [
    'Without --csv: everything that is polled and can fill, the soonest first, with chances, dates and the day to order by, or why there\n' +
      'is no date (docs/capacity.md); --what, --site, --tag and --due choose. With --json: {"items", "madeMs", "waiting"}, the rows of\n' +
      '/api/v1/capacity.',
    'With --csv: the file has the columns time (ISO 8601, without a zone UTC; or Unix seconds) and value (empty = unknown). It stays where it\n' +
      'is: nothing is stored, no server is asked.',
    'A stock fills: disk, memory. It is forecast by the day, from its growth without wild days, steps, clean-ups, rotation and the\n' +
      'habit of the week. A rate comes and goes: traffic, load. It is forecast by the hour (rows that come faster are averaged) up\n' +
      'to 31 days ahead, else by the largest value of each day; of its limit there are chances, never a date. Where the data support\n' +
      'no date, or no forecast, a sentence says why. Bands come from how far the series strayed and from forecasts of this very history,\n' +
      'each of what was known then.',
    'With --json: {"kind", "step", "of", "from", "levels", "steps": [{"t", "median", "quantiles"}], "growth": {"perDay", "low", "high"},\n' +
      '"limit": {"limit", "headroom", "chances": [{"days", "chance"}], "days": {"low", "median", "high"}, "dates"}, "decisions": [{"what",\n' +
      '"t", "amount", "text"}], "reasons": [{"code", "text"}], "backtest": {"origins", "steps", "coverage80", "coverage95", "error",\n' +
      '"againstLeastSquares"}}. t is the end of a step in Unix seconds, step in seconds; days count from the end of the history.',
  ],
  options: [
    { name: 'what', value: 'disk|memory|link', help: 'only these' },
    { name: 'site', value: 'SITE', help: 'only what is there' },
    { name: 'tag', value: 'TAG', help: 'only devices with this tag' },
    { name: 'due', value: null, help: 'only what must be ordered within 30 days' },
    { name: 'csv', value: 'FILE', help: 'a series of your own; - for standard input' },
    { name: 'kind', value: 'stock|rate', help: 'what it is' },
    { name: 'limit', value: 'NUMBER', help: 'what it must not reach, in the unit of the values' },
    { name: 'horizon', value: 'DURATION', help: 'how far ahead; 90d by default' },
    { name: 'zone', value: 'ZONE', help: 'whose days and weeks these are, such as Europe/Paris; UTC by default' },
    { name: 'step', value: '1h|1d', help: 'steps of this length, for a rate' },
    { name: 'of', value: 'mean|max', help: 'what of a step counts' },
    { name: 'now', value: 'TIME', help: 'the moment to judge from whether the history has ended; now by default' },
  ],
  examples: [
    'saguaro forecast',
    "saguaro forecast --what disk --json | jq -r '.items[0].name'",
    'saguaro forecast --csv disk.csv --kind stock --limit 500e9',
    'saguaro forecast --csv uplink.csv --kind rate --limit 1e9 --horizon 30d --zone Europe/Paris --json',
  ],
  async run(context, args) {
    const file = args.text('csv');
    const kind = oneOf(args, 'kind', ['stock', 'rate'] as const);
    if (file === undefined) {
      const own = OF_FILE.find((name) => args.text(name) !== undefined);
      if (own !== undefined)
        throw new UsageError(`--${own} is about a file: give it with --csv FILE; see saguaro forecast --help.`);
      return listForecasts(context, filterOf(args));
    }
    if (kind === undefined)
      throw new UsageError('saguaro forecast --csv FILE needs --kind stock|rate; see saguaro forecast --help.');
    const horizonMs = horizonOf(args);
    const limit = limitOf(args);
    const calendar = calendarIn(args.text('zone') ?? 'UTC');
    const step = oneOf(args, 'step', ['1h', '1d'] as const);
    if (step === '1h' && kind === 'stock') throw new UsageError('A stock is forecast by the day; --step 1h is for rates.');
    const of = oneOf(args, 'of', ['mean', 'max'] as const) ?? null;
    const nowMs = nowOf(args);
    const { timesMs, values, remarks } = await readSeriesCsv(context, file);
    const stepMs = step === undefined ? null : step === '1h' ? HOUR_MS : DAY_MS;
    const found = forecast({ kind, history: { timesMs, values }, calendar, limit, horizonMs, nowMs, stepMs, of });
    const said = remarks.map((text) => ({ what: 'rows' as const, atMs: null, amount: null, text }));
    const all = { ...found, decisions: [...said, ...found.decisions] };
    context.terminal.print(context.json ? JSON.stringify(jsonOf(all)) : textOf(all));
    return 0;
  },
};

const OF_FILE = ['kind', 'limit', 'horizon', 'zone', 'step', 'of', 'now'];

function filterOf(args: Args): Record<string, string> {
  const what = oneOf(args, 'what', ['disk', 'memory', 'link'] as const);
  const [site, tag] = [args.text('site'), args.text('tag')];
  return {
    ...(what === undefined ? {} : { what }),
    ...(site === undefined ? {} : { site }),
    ...(tag === undefined ? {} : { tag }),
    ...(args.flag('due') ? { due: 'true' } : {}),
  };
}

function horizonOf(args: Args): number {
  const text = args.text('horizon');
  if (text === undefined) return HORIZON_MS;
  const ms = parseDuration(text);
  if (ms === null || ms < HOUR_MS || ms > LONGEST_MS)
    throw new UsageError(`--horizon ${text} is no duration between 1h and 10y; write 90d, 12w or 48h.`);
  return ms;
}

function limitOf(args: Args): number | null {
  const text = args.text('limit');
  if (text === undefined) return null;
  const limit = Number(text);
  if (Number.isNaN(limit))
    throw new UsageError(`--limit ${text} is not a number; write it in the unit of the values, such as 500e9.`);
  return limit;
}

function nowOf(args: Args): number {
  const text = args.text('now');
  if (text === undefined) return Date.now();
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text);
  if (Number.isNaN(ms)) throw new UsageError(`--now ${text} is no time; write 2026-03-05 or Unix seconds.`);
  return ms;
}

function calendarIn(zone: string): Calendar {
  try {
    return calendarOf(zone);
  } catch {
    throw new UsageError(`--zone ${zone} is not a time zone; write one such as Europe/Paris.`);
  }
}

const seconds = (ms: number) => Math.round(ms / 1000);
const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString().slice(0, 10));
/** Figures of a forecast have no more digits than this. */
const rounded = (v: number) => Number(v.toPrecision(8));

/** What --json prints; see the help. */
function jsonOf({ kind, stepMs, of, fromMs, steps, growth, limit, decisions, reasons, backtest }: Forecast): unknown {
  return {
    kind,
    step: seconds(stepMs),
    of,
    from: fromMs === null ? null : seconds(fromMs),
    levels: LEVELS,
    steps: steps.map(({ tMs, quantiles }) => ({
      t: seconds(tMs),
      median: rounded(quantiles[MEDIAN] ?? NaN),
      quantiles: quantiles.map(rounded),
    })),
    growth,
    limit: limit && {
      ...limit,
      dates: limit.dates && { low: iso(limit.dates.lowMs), median: iso(limit.dates.medianMs), high: iso(limit.dates.highMs) },
    },
    decisions: decisions.map(({ what, atMs, amount, text }) => ({ what, t: atMs === null ? null : seconds(atMs), amount, text })),
    reasons,
    backtest,
  };
}

function textOf({ steps, growth, limit, decisions, reasons, backtest, stepMs }: Forecast): string {
  const parts: string[] = [];
  if (limit) parts.push(limitText(limit));
  if (reasons.length > 0) parts.push(reasons.map(({ text }) => text).join('\n'));
  if (growth)
    parts.push(`Growth ${amountText(growth.perDay)} a day (95 %: ${amountText(growth.low)} to ${amountText(growth.high)}).`);
  if (decisions.length > 0) parts.push(decisions.map(({ text }) => `- ${text}`).join('\n'));
  if (steps.length > 0) {
    const every = Math.max(1, Math.ceil(steps.length / SHOWN));
    const rows = steps
      .filter((_, i) => (i + 1) % every === 0 || i === steps.length - 1)
      .map(({ tMs, quantiles: q }) => {
        const at = new Date(tMs).toISOString();
        const band = (low: number, high: number) => `${amountText(q[low] ?? NaN)} – ${amountText(q[high] ?? NaN)}`;
        return [
          stepMs < DAY_MS ? at.slice(0, 16) : dateText(tMs - 1),
          amountText(q[MEDIAN] ?? NaN),
          band(2, 4),
          band(1, 5),
          band(0, 6),
        ];
      });
    parts.push(table([stepMs < DAY_MS ? 'UNTIL (UTC)' : 'DAY', 'MEDIAN', '50 %', '80 %', '95 %'], rows));
  }
  if (backtest) {
    const share = (v: number) => `${Math.round(v * 100)} %`;
    parts.push(
      `Track record of ${backtest.origins} forecasts made of this history: the 80 % band held ${share(backtest.coverage80)}, the 95 % band ` +
        `${share(backtest.coverage95)}; the median was off by ${amountText(backtest.error)}.` +
        (decisions.some(({ what }) => what === 'step' || what === 'clean-up')
          ? ' A step or clean-up that nobody could foresee counts as a miss.'
          : ''),
    );
  }
  return parts.join('\n\n');
}

function limitText({ limit, days, dates, chances }: NonNullable<Forecast['limit']>): string {
  const likely = chances.map(({ days: within, chance }) => `${chanceText(chance)} within ${daysText(within)}`).join(', ');
  const when = dates
    ? `Reaches ${amountText(limit)} about ${dateText(dates.medianMs)} (80 %: ${dateText(dates.lowMs)} to ${dates.highMs === null ? 'perhaps never' : dateText(dates.highMs)}).`
    : days
      ? `Reaches ${amountText(limit)} about ${daysText(days.median)} after the end of the history.`
      : `No date for ${amountText(limit)}.`;
  return likely === '' ? when : `${when} Chance: ${likely}.`;
}

const chanceText = (chance: number): string =>
  chance < 0.01 ? 'below 1 %' : chance > 0.99 ? 'above 99 %' : `${Math.round(chance * 100)} %`;
