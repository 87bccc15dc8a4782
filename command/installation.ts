/** `saguaro validate`, `serve`, `backup`, `restore`: the installation as a whole. */
import { resolve } from 'node:path';
import { Type } from 'typebox';
import { formatWith } from '../core/units.ts';
import { asSentence, formatConfigError, type Config } from '../config.ts';
import type { Dashboard } from '../core/dashboard.ts';
import { ConfigRefusal, type Command, type Context } from './command.ts';

export const serve: Command = {
  words: ['serve'],
  summary: 'Poll the devices and show their history until stopped',
  operands: [],
  about: [
    'The address is printed once it is ready. SIGHUP reads the configuration again (a faulty one is refused and the last good\n' +
      'one goes on), SIGTERM and SIGINT end in order within ten seconds, a second one at once.',
  ],
  options: [{ name: 'listen', value: 'HOST:PORT', help: 'where to listen (SAGUARO_LISTEN); 127.0.0.1:8080 by default' }],
  examples: [
    'saguaro serve',
    'saguaro serve --listen 127.0.0.1:9000',
    'SAGUARO_DATA=/var/lib/saguaro saguaro serve --config /etc/saguaro',
  ],
  run: (context) => context.serve(),
};

export const validate: Command = {
  words: ['validate'],
  summary: 'Check the configuration and the dashboards without starting anything',
  operands: [],
  about: [
    'Names every fault with file, line and key. Secrets that the configuration refers to are looked up as well; dashboards are\n' +
      'checked, ours and those of the `dashboards` folder.',
    'With --json: {"ok", "files", "devices", "dashboards", "warnings"}, or\n' +
      '{"ok": false, "errors": [{"file", "line", "key", "message"}]} and status 1.',
  ],
  options: [],
  examples: ['saguaro validate', 'saguaro validate --config /etc/saguaro'],
  async run(context) {
    const checks = await checked(context);
    if (checks === null) return 1;
    const { config, dashboards } = checks;
    for (const { id, file } of dashboards.filter(({ replaces }) => replaces))
      context.terminal.say(`The dashboard ${id} of ${file} replaces the one that comes with Saguaro.`);
    for (const warning of config.warnings) context.terminal.say(`Warning: ${asSentence(warning)}`);
    const files = config.files.length === 0 ? 'No configuration file: the defaults' : config.files.join(', ');
    const devices = config.devices.length === 1 ? '1 device' : `${config.devices.length} devices`;
    if (context.json)
      context.terminal.print(
        JSON.stringify({
          ok: true,
          files: config.files,
          devices: config.devices.length,
          dashboards: dashboards.length,
          warnings: config.warnings,
        }),
      );
    else context.terminal.print(`${files}: valid, ${devices}, ${dashboards.length} dashboards.`);
    return 0;
  },
};

interface Checked {
  readonly config: Config;
  readonly dashboards: readonly Dashboard[];
}

/** What is right; null when something is wrong and a program was told so. @throws ConfigRefusal for people */
async function checked(context: Context): Promise<Checked | null> {
  try {
    const config = context.config();
    const dashboards = await context.dashboards(config);
    const faults = dashboards.flatMap((dashboard) => dashboard.faults);
    if (faults.length > 0) throw new ConfigRefusal(faults);
    return { config, dashboards };
  } catch (error) {
    if (!context.json || !(error instanceof ConfigRefusal)) throw error;
    const errors = error.errors.map((fault) => {
      const { file, line, key } = fault;
      return { file, line, key, message: formatConfigError({ ...fault, file: null }) };
    });
    context.terminal.print(JSON.stringify({ ok: false, errors }));
    return null;
  }
}

export const backup: Command = {
  words: ['backup'],
  summary: 'Write a consistent copy of history, catalog, dashboards and reports into one tar file',
  operands: ['FILE'],
  about: [
    'Works while the server runs; polling goes on. The secrets in it are sealed, and the key that opens them is left out:\n' +
      'keep secret.key of the data folder in another place, or give --with-key and guard the file.',
  ],
  options: [{ name: 'with-key', value: null, help: 'put the key of the secrets into the file as well' }],
  examples: ['saguaro backup saguaro-2026-03-01.tar'],
  async run(context, args) {
    const file = resolve(args.positionals[0] ?? '');
    const withKey = args.flag('with-key');
    const api = await context.api();
    const result = await api.ask<BackupResult>({ method: 'POST', path: '/backups', body: { file, withKey } });
    if (context.json) context.terminal.print(JSON.stringify(result));
    else {
      context.terminal.print(`Wrote ${result.file}, ${formatWith(result.bytes, 'bytes')}: ${result.contains.join(', ')}.`);
      if (!withKey)
        context.terminal.print('The key of the secrets is not in it; keep secret.key of the data folder in another place.');
    }
    return 0;
  },
};
/** What the server is asked for: an absolute path it can write, and whether the key goes in. */
export const BackupInput = Type.Object(
  { file: Type.String({ minLength: 1, maxLength: 4096 }), withKey: Type.Boolean() },
  { additionalProperties: false },
);
/** What a backup wrote. */
export interface BackupResult {
  readonly file: string;
  readonly bytes: number;
  readonly contains: readonly string[];
}

export const restore: Command = {
  words: ['restore'],
  summary: 'Take history and catalog from a backup',
  operands: ['FILE'],
  about: [
    'Refused while a server runs, and, without --force, where the data folder holds a history already; with --force the files\n' +
      'in place are kept beside the new ones, in a folder that is named.',
  ],
  options: [{ name: 'force', value: null, help: 'take the place of what is in the data folder' }],
  examples: ['saguaro restore saguaro-2026-03-01.tar'],
  async run(context, args) {
    const text = await context.restore(resolve(args.positionals[0] ?? ''), args.flag('force'));
    context.terminal.print(context.json ? JSON.stringify({ restored: true, text }) : text);
    return 0;
  },
};
