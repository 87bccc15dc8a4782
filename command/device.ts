/** `saguaro device …`, `discover` and `poll`: what is done with devices. */
import type { DeviceAdded, DeviceInput, DeviceView, PollResult, PreviewView } from '../core/api.ts';
import { parseAddress, parseRange } from '../core/addresses.ts';
import { DEFAULT_COLUMNS } from '../core/device-list.ts';
import { INTERVAL_MAX_MS, INTERVAL_MIN_MS } from '../core/model.ts';
import { visible } from '../core/text.ts';
import { formatDuration, formatWith } from '../core/units.ts';
import { UsageError, type Args, type Command, type Context } from './command.ts';
import { addList } from './device-list.ts';
import { discoverRange } from './device-range.ts';
import { askedBy, durationOf, saysHow, SNMP_OPTIONS } from './snmp-options.ts';
import { table } from './terminal.ts';

const SECRETS =
  'Secrets: a key or community on the command line can be seen by other users of the machine while the command runs;\n' +
  'a file, an environment variable or, on a terminal, the prompt cannot.';

export const deviceAdd: Command = {
  words: ['device', 'add'],
  summary: 'Add a device and begin to poll it',
  operands: ['[ADDRESS]'],
  about: [
    'The device is asked first; when it does not answer, nothing is added and the sentence says why.',
    'With --file many are added, four at a time. The list holds one device a line: an address, or columns with commas,\n' +
      `semicolons or tabs between them (${DEFAULT_COLUMNS.join(', ')});\n` +
      'a first line may name other columns. The options count for lines that do not say otherwise. The status is 1 when any\n' +
      'was not added.',
    SECRETS,
  ],
  options: [
    { name: 'file', value: 'LIST', help: 'a list of devices instead of one address; - reads standard input' },
    ...SNMP_OPTIONS,
    { name: 'name', value: 'NAME', help: 'what people see; what the device calls itself otherwise' },
    { name: 'interval', value: 'TIME', help: 'how often to poll, from 1s to 1d; 1m by default' },
    { name: 'site', value: 'TEXT', help: 'where it stands' },
    { name: 'tag', value: 'TEXT', help: 'a word to find it by; may be given several times', many: true },
    { name: 'force', value: null, help: 'add it even if it does not answer now' },
  ],
  examples: [
    'saguaro device add 192.0.2.1 --community public',
    'saguaro device add switch1.example.org --community-file community.txt --interval 30s --site Paris',
    'saguaro device add 192.0.2.2 --v3-user saguaro --auth sha256 --priv aes     # asks for both keys',
    'saguaro device add 192.0.2.254 --ping                                       # only ping',
    'saguaro device add --file switches.csv --community-file community.txt --site Paris',
  ],
  async run(context, args) {
    const intervalMs = durationOf(args, 'interval');
    if (intervalMs !== undefined && (intervalMs < INTERVAL_MIN_MS || intervalMs > INTERVAL_MAX_MS)) {
      throw new UsageError('--interval must be from 1s to 1d.');
    }
    const [name, site, tags] = [args.text('name'), args.text('site'), args.texts('tag')];
    const address = args.positionals[0];
    const file = args.text('file');
    if ((address === undefined) === (file === undefined))
      throw new UsageError('saguaro device add needs either ADDRESS or --file LIST; see saguaro device add --help.');
    if (file !== undefined && name !== undefined)
      throw new UsageError('--name names one device; in a list the names stand in a column of their own.');
    const shared = {
      ...(await askedBy(context, args)),
      ...(intervalMs === undefined ? {} : { intervalMs }),
      ...(site === undefined ? {} : { site }),
      ...(tags.length === 0 ? {} : { tags: [...tags] }),
    };
    if (file !== undefined) return addList(context, file, shared, args.flag('force'));
    const input: DeviceInput = {
      address: address ?? '',
      ...shared,
      ...(name === undefined ? {} : { name }),
      ...(args.flag('force') ? { force: true } : {}),
    };
    const api = await context.api();
    const added = await api.ask<DeviceAdded>({ method: 'POST', path: '/devices', body: input });
    if (context.json) context.terminal.print(JSON.stringify(added));
    else {
      context.terminal.print(`Added ${visible(added.device.name)}: ${visible(added.preview.text)}`);
      for (const note of added.preview.notes ?? []) context.terminal.print(`  ${visible(note)}`);
      if (api.through === 'this process')
        context.terminal.say('No server runs now; the device is polled once one does: saguaro serve.');
    }
    return 0;
  },
};

export const deviceList: Command = {
  words: ['device', 'list'],
  summary: 'List the devices with their state',
  operands: [],
  about: [],
  options: [],
  examples: ['saguaro device list', "saguaro device list --json | jq -r '.items[].name'"],
  async run(context) {
    const api = await context.api();
    const items = await api.all<DeviceView>('/devices?limit=1000');
    if (context.json) context.terminal.print(JSON.stringify({ items, nextCursor: null }));
    else if (items.length === 0)
      context.terminal.print('There are no devices yet; add one: saguaro device add ADDRESS --community public');
    else context.terminal.print(table(['NAME', 'STATE', 'ADDRESS', 'ASKED BY', 'EVERY', 'FROM', 'REMARK'], items.map(deviceRow)));
    return 0;
  },
};

function deviceRow(device: DeviceView): string[] {
  const every = device.sources.length === 0 ? '–' : formatDuration(device.intervalMs);
  return [
    device.name,
    device.state,
    device.address || '–',
    device.sources.join(', ') || '–',
    every,
    device.origin,
    device.reason,
  ];
}

export const deviceRemove: Command = {
  words: ['device', 'remove'],
  summary: 'Remove a device and its whole history',
  operands: ['NAME'],
  about: ['NAME is the name or the id. A device of a configuration file is removed there.'],
  options: [],
  examples: ['saguaro device remove switch1'],
  async run(context, args) {
    const name = args.positionals[0] ?? '';
    const api = await context.api();
    await api.ask({ method: 'DELETE', path: `/devices/${encodeURIComponent(name)}` });
    if (context.json) context.terminal.print(JSON.stringify({ removed: name }));
    else context.terminal.print(`Removed ${visible(name)} and its history.`);
    return 0;
  },
};

export const deviceTest: Command = {
  words: ['device', 'test'],
  summary: 'Say in one sentence whether and how a device answers',
  operands: ['ADDRESS'],
  about: ['ADDRESS may be the name of a known device: it is then asked with the secrets it is kept with.', SECRETS],
  options: SNMP_OPTIONS,
  examples: ['saguaro device test 192.0.2.1 --community public', 'saguaro device test switch1'],
  async run(context, args) {
    const preview = await previewOf(context, args);
    if (context.json) context.terminal.print(JSON.stringify(preview));
    else context.terminal.print(visible(preview.text));
    return preview.ok ? 0 : 1;
  },
};

export const discover: Command = {
  words: ['discover'],
  summary: 'Show what would be polled on a device, or search a range for devices',
  operands: ['ADDRESS|RANGE'],
  about: [
    'ADDRESS may be the name of a known device: it is then asked with the secrets it is kept with. Nothing is stored.',
    'RANGE is a network such as 192.0.2.0/24 or a range such as 192.0.2.10-192.0.2.20, of at most 4096 addresses: each is asked\n' +
      'once, for a second unless --timeout and --retries say otherwise. Only the networks that the configuration allows under\n' +
      'discovery.networks are searched. With --add whatever answers and is new is added.',
    SECRETS,
  ],
  options: [...SNMP_OPTIONS, { name: 'add', value: null, help: 'add what a search finds' }],
  examples: [
    'saguaro discover 192.0.2.1 --community public',
    'saguaro discover switch1 --json',
    'saguaro discover 192.0.2.0/24 --community-file community.txt --add',
  ],
  async run(context, args) {
    const where = args.positionals[0] ?? '';
    if (isRange(where)) return discoverRange(context, where, await askedBy(context, args), args.flag('add'));
    if (args.flag('add'))
      throw new UsageError(`--add adds what a search of a range finds; for one device: saguaro device add ${where}`);
    const preview = await previewOf(context, args);
    if (context.json) context.terminal.print(JSON.stringify(preview));
    else {
      context.terminal.print(visible(preview.text));
      const rows = (preview.instances ?? []).map(({ kind, name, alias, capacity, metrics }) => {
        const unit = kind === 'interface' ? 'bps' : 'bytes';
        return [
          kind,
          name,
          alias,
          capacity === null ? '–' : formatWith(capacity, unit),
          metrics.map((m) => m.slice(m.indexOf('.') + 1)).join(' '),
        ];
      });
      if (rows.length > 0) context.terminal.print(`\n${table(['KIND', 'NAME', 'DESCRIPTION', 'CAPACITY', 'METRICS'], rows)}`);
      for (const note of preview.notes ?? []) context.terminal.print(visible(note));
    }
    return preview.ok ? 0 : 1;
  },
};

/** A network or a range, well written or not; names of hosts have no slash, nor two addresses. */
function isRange(text: string): boolean {
  if (text.includes('/')) return true;
  const read = parseRange(text);
  return read.ok
    ? parseAddress(text) === null
    : text.split('-').some((part) => parseAddress(part.trim()) !== null) && text.includes('-');
}

async function previewOf(context: Context, args: Args): Promise<PreviewView> {
  const address = args.positionals[0] ?? '';
  const asked = await askedBy(context, args);
  const api = await context.api();
  if (!saysHow(args)) {
    const known = (await api.all<DeviceView>('/devices?limit=1000')).find(
      (device) => device.name === address || device.id === address,
    );
    if (known) return api.ask<PreviewView>({ method: 'POST', path: `/devices/${encodeURIComponent(known.id)}/test` });
  }
  return api.ask<PreviewView>({ method: 'POST', path: '/devices/test', body: { address, ...asked } satisfies DeviceInput });
}

export const poll: Command = {
  words: ['poll'],
  summary: 'Poll a device once, now',
  operands: ['NAME'],
  about: ['A counter gives its first sample with the second poll, because a rate needs two readings.'],
  options: [],
  examples: ['saguaro poll switch1'],
  async run(context, args) {
    const api = await context.api();
    const result = await api.ask<PollResult>({
      method: 'POST',
      path: `/devices/${encodeURIComponent(args.positionals[0] ?? '')}/poll`,
    });
    context.terminal.print(context.json ? JSON.stringify(result) : visible(result.text));
    return result.ok ? 0 : 1;
  },
};
