/** `saguaro store migrate`: a history moved to another store. */
import { formatNumber } from '../core/units.ts';
import { UsageError, type Command, type Migrated } from './command.ts';

export const storeMigrate: Command = {
  words: ['store', 'migrate'],
  summary: 'Copy the whole history into another store, and compare both',
  operands: [],
  about: [
    'Each end is embedded (the file in the data folder), influxdb or victoriametrics (as the configuration reaches them), or the\n' +
      'path of a history file. Nothing is taken away from where it comes from.',
    'Polling must rest meanwhile: stop the server first. What was copied when it is interrupted is not copied again. At the end\n' +
      'both are read and compared; status 1 when anything is missing or differs. Then set `store:` and start the server.',
    'With --json: {"copied", "comparison": {"series", "values", "different", "missing", "foreign", "expired", "examples"}}.',
  ],
  options: [
    { name: 'from', value: 'STORE', help: 'embedded, influxdb, victoriametrics or a file' },
    { name: 'to', value: 'STORE', help: 'embedded, influxdb, victoriametrics or a file' },
    { name: 'compare-only', value: null, help: 'copy nothing' },
    { name: 'restart', value: null, help: 'copy again what an interrupted run has copied' },
  ],
  examples: [
    'saguaro store migrate --from embedded --to influxdb',
    'saguaro store migrate --from backup/history.db --to victoriametrics',
  ],
  async run(context, args) {
    const [from, to] = [args.text('from'), args.text('to')];
    if (from === undefined || to === undefined) throw new UsageError('store migrate needs --from STORE and --to STORE.');
    let toldAt = 0;
    const result = await context.migrate({
      from,
      to,
      compareOnly: args.flag('compare-only'),
      restart: args.flag('restart'),
      onProgress: (step, { devices, ofDevices, values }) => {
        // A line for each hundredth of the way, however many devices there are.
        const share = Math.floor((100 * devices) / Math.max(1, ofDevices));
        if (share === toldAt && devices !== ofDevices) return;
        toldAt = devices === ofDevices ? 0 : share;
        context.terminal.say(`${whole(devices)} of ${whole(ofDevices)} devices ${step}, ${whole(values)} values.`);
      },
    });
    context.terminal.print(context.json ? JSON.stringify(result) : textOf(result, from, to));
    return sound(result) ? 0 : 1;
  },
};

const sound = ({ comparison }: Migrated) => comparison.missing === 0 && comparison.different === 0;

function textOf(result: Migrated, from: string, to: string): string {
  const { copied, before, comparison } = result;
  const verdict = sound(result)
    ? `${to} holds what ${from} holds.`
    : `${to} does not hold what ${from} holds: ${whole(comparison.missing)} missing, ${whole(comparison.different)} different. Run it again; what stays so, examples name:`;
  return [
    ...(copied ? [`Copied ${whole(copied.values)} values of ${whole(copied.series)} series.`] : []),
    ...(copied && before > 0 ? [`${whole(before)} devices were there from an earlier run.`] : []),
    `Compared ${whole(comparison.values)} values of ${whole(comparison.series)} series: ${verdict}`,
    ...(comparison.expired > 0
      ? [`${whole(comparison.expired)} values are older than their tier is kept, and were left out there.`]
      : []),
    ...(comparison.foreign > 0 ? [`${whole(comparison.foreign)} values are only in ${to}.`] : []),
    ...comparison.examples,
  ].join('\n');
}

/** Whole, with thin-spaced thousands. */
const whole = (n: number) => (n < 1_000 ? String(n) : formatNumber(n));
