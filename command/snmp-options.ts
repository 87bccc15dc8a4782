/** SNMP on the command line: options, environment, files and prompts become what the API takes. */
import { readFileSync } from 'node:fs';
import type { DeviceInput, SnmpInput } from '../core/api.ts';
import { parseDuration } from '../config/duration.ts';
import { UsageError, type Args, type Context, type Option } from './command.ts';

export const SNMP_OPTIONS: readonly Option[] = [
  { name: 'community', value: 'TEXT', help: 'SNMP v1 or v2c community (SAGUARO_COMMUNITY; public when nothing is said)' },
  { name: 'community-file', value: 'FILE', help: 'file that holds the community' },
  { name: 'snmp-version', value: '1|2c|3', help: '2c, or 3 when --v3-user is given' },
  { name: 'v3-user', value: 'NAME', help: 'SNMP v3 user' },
  { name: 'auth', value: 'PROTOCOL[:KEY]', help: 'md5, sha, sha224, sha256, sha384 or sha512; the key may follow' },
  { name: 'auth-file', value: 'FILE', help: 'file that holds the authentication key (SAGUARO_AUTH_KEY; asked for otherwise)' },
  { name: 'priv', value: 'PROTOCOL[:KEY]', help: 'des, aes, aes256b or aes256r; the key may follow' },
  { name: 'priv-file', value: 'FILE', help: 'file that holds the privacy key (SAGUARO_PRIV_KEY; asked for otherwise)' },
  { name: 'port', value: 'PORT', help: 'UDP port, 161 by default' },
  { name: 'timeout', value: 'TIME', help: 'how long to wait for an answer, such as 2s' },
  { name: 'retries', value: 'COUNT', help: 'how often to ask again, 0 to 5' },
  { name: 'ping', value: null, help: 'ping it as well; without any SNMP option, ping it only' },
];

const PROTOCOLS = {
  auth: ['md5', 'sha', 'sha224', 'sha256', 'sha384', 'sha512'],
  priv: ['des', 'aes', 'aes256b', 'aes256r'],
} as const;

/** What the options say about how to ask a device; undefined parts are left to the server. */
export async function askedBy(context: Context, args: Args): Promise<Pick<DeviceInput, 'snmp' | 'ping'>> {
  const user = args.text('v3-user');
  const version = oneOf(args, 'snmp-version', ['1', '2c', '3'] as const);
  const v3 = user !== undefined || version === '3';
  const wrong = (v3 ? ['community', 'community-file'] : ['auth', 'auth-file', 'priv', 'priv-file']).find((name) =>
    args.flag(name),
  );
  if (wrong !== undefined)
    throw new UsageError(
      v3 ? `--${wrong} does not belong to SNMP v3.` : `--${wrong} belongs to SNMP v3; give --v3-user as well.`,
    );
  const port = wholeNumber(args, 'port', 1, 65535);
  const retries = wholeNumber(args, 'retries', 0, 5);
  const timeoutMs = durationOf(args, 'timeout');
  const auth = v3 ? await protocolAndKey(context, args, 'auth') : null;
  const priv = v3 ? await protocolAndKey(context, args, 'priv') : null;
  const community = v3 ? undefined : communityOf(context, args);
  const snmp: SnmpInput = {
    ...(version === undefined ? {} : { version }),
    ...(v3 && version === undefined ? { version: '3' as const } : {}),
    ...(port === undefined ? {} : { port }),
    ...(retries === undefined ? {} : { retries }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(community === undefined ? {} : { community }),
    ...(user === undefined ? {} : { user }),
    ...(auth ? { auth: auth.protocol as NonNullable<SnmpInput['auth']>, authKey: auth.key } : {}),
    ...(priv ? { priv: priv.protocol as NonNullable<SnmpInput['priv']>, privKey: priv.key } : {}),
  };
  return { ...(Object.keys(snmp).length > 0 ? { snmp } : {}), ...(args.flag('ping') ? { ping: true } : {}) };
}

/** Whether any option says how to ask. */
export function saysHow(args: Args): boolean {
  return SNMP_OPTIONS.some(({ name }) => args.flag(name));
}

function communityOf(context: Context, args: Args): string | undefined {
  const file = args.text('community-file');
  const given = args.text('community');
  if (file !== undefined && given !== undefined) throw new UsageError('Give either --community or --community-file.');
  if (file !== undefined) return secretFrom(file);
  const fromEnv = context.env['SAGUARO_COMMUNITY'];
  return given ?? (fromEnv === undefined || fromEnv === '' ? undefined : fromEnv);
}

async function protocolAndKey(
  context: Context,
  args: Args,
  name: 'auth' | 'priv',
): Promise<{ protocol: string; key: string } | null> {
  const text = args.text(name);
  const file = args.text(`${name}-file`);
  if (text === undefined) {
    if (file !== undefined) throw new UsageError(`--${name}-file needs --${name} PROTOCOL as well.`);
    return null;
  }
  const colon = text.indexOf(':');
  const protocol = (colon < 0 ? text : text.slice(0, colon)).toLowerCase();
  const known: readonly string[] = PROTOCOLS[name];
  // The text may hold the key, so it is not repeated.
  if (!known.includes(protocol)) throw new UsageError(`--${name} begins with a protocol: ${known.join(', ')}.`);
  if (colon >= 0 && file !== undefined)
    throw new UsageError(`The key is given by --${name} and by --${name}-file; give it once.`);
  if (colon >= 0) return { protocol, key: text.slice(colon + 1) };
  if (file !== undefined) return { protocol, key: secretFrom(file) };
  const variable = name === 'auth' ? 'SAGUARO_AUTH_KEY' : 'SAGUARO_PRIV_KEY';
  const fromEnv = context.env[variable];
  if (fromEnv !== undefined && fromEnv !== '') return { protocol, key: fromEnv };
  const question = name === 'auth' ? 'Authentication key' : 'Privacy key';
  return { protocol, key: await context.terminal.askSecret(question, `give --${name}-file or ${variable}`) };
}

function secretFrom(file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    throw new UsageError(`The secret in ${file} cannot be read (${(cause as NodeJS.ErrnoException).code ?? String(cause)}).`, {
      cause,
    });
  }
}

export function durationOf(args: Args, name: string): number | undefined {
  const text = args.text(name);
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms === null) throw new UsageError(`--${name} ${text} is not a time with its unit, such as 10s, 1m or 1d.`);
  return ms;
}

export function wholeNumber(args: Args, name: string, min: number, max: number): number | undefined {
  const text = args.text(name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max)
    throw new UsageError(`--${name} ${text} is not a whole number from ${min} to ${max}.`);
  return value;
}

export function oneOf<const T extends string>(args: Args, name: string, known: readonly T[]): T | undefined {
  const text = args.text(name);
  if (text === undefined) return undefined;
  const found = known.find((value) => value === text);
  if (found === undefined) throw new UsageError(`--${name} ${text} is unknown; known are ${known.join(', ')}.`);
  return found;
}
