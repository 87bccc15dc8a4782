/** `saguaro query` and `saguaro import`: history out and in. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { ImportResult, SeriesData } from '../core/api.ts';
import type { Unit } from '../core/model.ts';
import { formatDuration, formatWith } from '../core/units.ts';
import { Refusal, UsageError, type Command } from './command.ts';
import { oneOf, wholeNumber } from './snmp-options.ts';
import { table } from './terminal.ts';

export const query: Command = {
  words: ['query'],
  summary: 'Print the stored data of one series',
  operands: [],
  about: [
    'Without --tier and --points the tier fits the range. A bin begins at its time; a raw reading is at the moment it was taken.\n' +
      'Times: now, -24h, 2026-03, 2026-03-05T14:00, or Unix seconds.',
    'With --json: {"series", "unit", "tier", "step", "bins": [{"t", "mean", "min", "max", "known"}]}, t and step in seconds,\n' +
      'known the fraction of the bin that is known, null what is unknown (docs/query.md).',
  ],
  options: [
    { name: 'series', value: 'DEVICE/INSTANCE/METRIC', help: 'by names or ids, such as web1/eth0/interface.in_bps' },
    { name: 'from', value: 'TIME', help: 'beginning; a day ago by default' },
    { name: 'to', value: 'TIME', help: 'end; now by default' },
    { name: 'tier', value: 'raw|5m|1h|1d', help: 'exactly the bins of this tier' },
    { name: 'points', value: 'COUNT', help: 'at most so many bins' },
  ],
  examples: [
    'saguaro query --series web1/eth0/interface.in_bps --from -24h',
    'saguaro query --series web1/load/load.one --from 2026-03 --tier 1h --json',
  ],
  async run(context, args) {
    const series = args.text('series');
    if (series === undefined)
      throw new UsageError('saguaro query needs --series DEVICE/INSTANCE/METRIC; see saguaro query --help.');
    const tier = oneOf(args, 'tier', ['raw', '5m', '1h', '1d'] as const);
    const points = wholeNumber(args, 'points', 1, 10_000);
    if (tier !== undefined && points !== undefined) throw new UsageError('Give either --tier or --points.');
    const search = new URLSearchParams({ series, from: args.text('from') ?? '-1d', to: args.text('to') ?? 'now' });
    if (tier !== undefined) search.set('tier', tier);
    if (points !== undefined) search.set('points', String(points));
    const api = await context.api();
    const answer = await api.ask<{ items: SeriesData[] }>({ method: 'GET', path: `/series/data?${search}` });
    const data = answer.items[0];
    if (!data) throw new Refusal(`There is no data of ${series}.`);
    const { unit, step, bins } = data;
    if (context.json) context.terminal.print(JSON.stringify({ series: data.series, unit, tier: data.tier, step, bins }));
    else {
      context.terminal.print(
        `${series} in ${unit}, ${data.tier === 'raw' ? 'readings' : `bins of ${formatDuration(step * 1000)}`}, ${counted(bins.length, 'row')}`,
      );
      const show = (value: number | null) => formatWith(value, unit as Unit);
      const rows = bins.map((bin) => [
        new Date(bin.t * 1000).toISOString().replace('.000Z', 'Z'),
        show(bin.mean),
        show(bin.min),
        show(bin.max),
        `${Math.round(bin.known * 100)} %`,
      ]);
      context.terminal.print(table(['TIME (UTC)', 'MEAN', 'MIN', 'MAX', 'KNOWN'], rows));
    }
    return 0;
  },
};

export const importCsv: Command = {
  words: ['import'],
  summary: 'Read a history from a CSV file',
  operands: ['FILE'],
  about: [
    'A heading and six columns: device,instance,metric,unit,time,value (docs/import.md). Time is ISO 8601 or Unix seconds;\n' +
      'an empty value is a gap. Devices that do not exist are made; bins are computed anew. A wrong line refuses the\n' +
      'whole file and is named. FILE may be - for standard input.',
  ],
  options: [],
  examples: ['saguaro import history.csv', 'zcat history.csv.gz | saguaro import -'],
  async run(context, args) {
    const file = args.positionals[0] ?? '';
    const body = file === '-' ? context.terminal.stdin : await opened(file);
    const api = await context.api();
    const result = await api.ask<ImportResult>({ method: 'POST', path: '/imports', stream: { type: 'text/csv', body } });
    if (context.json) context.terminal.print(JSON.stringify(result));
    else {
      const made = result.devicesCreated.length > 0 ? `; new devices: ${result.devicesCreated.join(', ')}` : '';
      context.terminal.print(
        `Imported ${counted(result.samples, 'sample')} of ${result.series} series from ${counted(result.rows, 'row')}, ${counted(result.bins, 'bin')} computed${made}.`,
      );
    }
    return 0;
  },
};

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

async function opened(file: string): Promise<Readable> {
  try {
    if (!(await stat(file)).isFile()) throw new Refusal(`${file} is not a file.`);
  } catch (cause) {
    if (cause instanceof Refusal) throw cause;
    const code = (cause as NodeJS.ErrnoException).code;
    throw new Refusal(code === 'ENOENT' ? `There is no file ${file}.` : `${file} cannot be read (${code ?? String(cause)}).`, {
      cause,
    });
  }
  return createReadStream(file);
}
