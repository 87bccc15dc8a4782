/**
 * A pasted list of devices: one address a line, or a table with tabs, semicolons or commas,
 * with or without a head. Whatever is wrong is one sentence about one line.
 */
import { isHost } from './addresses.ts';
import type { DeviceInput, SnmpInput } from './api.ts';
import { cellsOf, separatorOf } from './cells.ts';
import { INTERVAL_MAX_MS, INTERVAL_MIN_MS } from './model.ts';
import { tagsOf } from './tags.ts';
import { cap, nearest, visible } from './text.ts';

/** Devices of one list at most. */
export const LIST_MAX = 1000;
const TEXT_MAX = 1_000_000;

export interface ListedDevice {
  /** Counted from 1, as editors do. */
  readonly line: number;
  readonly input: DeviceInput;
}
export interface ListFault {
  readonly line: number;
  /** One sentence: what is wrong and what to do. */
  readonly text: string;
}
export interface DeviceList {
  readonly devices: readonly ListedDevice[];
  readonly faults: readonly ListFault[];
}

/** Without a head the columns stand in this order. */
export const DEFAULT_COLUMNS = ['address', 'name', 'site', 'tags', 'version', 'community', 'interval', 'port'] as const;
const OTHER_COLUMNS = ['user', 'auth', 'authkey', 'priv', 'privkey', 'ping', 'timeout', 'retries'] as const;
type Column = (typeof DEFAULT_COLUMNS)[number] | (typeof OTHER_COLUMNS)[number];
const COLUMNS: readonly Column[] = [...DEFAULT_COLUMNS, ...OTHER_COLUMNS];
const ALIASES: Readonly<Record<string, Column>> = {
  host: 'address',
  hostname: 'address',
  ip: 'address',
  place: 'site',
  tag: 'tags',
};

/** Empty lines and those that begin with # are passed over. Never throws. */
export function parseDeviceList(text: string): DeviceList {
  const refused = (line: number, why: string): DeviceList => ({ devices: [], faults: [{ line, text: why }] });
  if (text.length > TEXT_MAX) return refused(1, 'The list is longer than a million characters: divide it.');
  const lines = text
    .replace(/^\ufeff/, '')
    .split(/\r\n|\n|\r/)
    .map((content, i) => ({ line: i + 1, content }))
    .filter(({ content }) => content.trim() !== '' && !content.trimStart().startsWith('#'));
  const separator = separatorOf(lines.map(({ content }) => content));
  const head = headOf(cellsOf(lines[0]?.content ?? '', separator));
  if (typeof head === 'string') return refused(lines[0]?.line ?? 1, head);
  const rows = head ? lines.slice(1) : lines;
  if (rows.length > LIST_MAX) {
    return refused(
      rows[LIST_MAX]?.line ?? 1,
      `The list has ${rows.length} devices: at most ${LIST_MAX} are added at a time, so divide it.`,
    );
  }
  const devices: ListedDevice[] = [];
  const faults: ListFault[] = [];
  for (const { line, content } of rows) {
    const read = readRow(cellsOf(content, separator), head ?? DEFAULT_COLUMNS);
    if (typeof read === 'string') faults.push({ line, text: read });
    else devices.push({ line, input: read });
  }
  return { devices, faults };
}

/** Columns of a first line that names them, null when it is a device already, or a sentence. */
function headOf(cells: readonly string[] | null): readonly Column[] | string | null {
  const words = (cells ?? []).map((cell) => cell.toLowerCase().replace(/[\s_-]/g, ''));
  const columns = words.map(
    (word) => (Object.hasOwn(ALIASES, word) ? ALIASES[word] : COLUMNS.find((column) => column === word)) ?? null,
  );
  if (!columns.includes('address')) return null;
  const unknown = columns.indexOf(null);
  if (unknown >= 0) {
    const near = nearest(words[unknown] ?? '', COLUMNS);
    const what = shown(cells?.[unknown] ?? '');
    return `${what} is not a known column; ${near ? `did you mean ${near}?` : `known are ${COLUMNS.join(', ')}.`}`;
  }
  const twice = columns.find((column, i) => columns.indexOf(column) !== i);
  return twice ? `The column ${twice} stands there twice; name it once.` : columns.filter((column) => column !== null);
}

/** A line as the request it makes, or what is wrong with it. */
function readRow(cells: readonly string[] | null, columns: readonly Column[]): DeviceInput | string {
  if (cells === null) return 'A quotation mark is opened and not closed on this line: close it, or take it away.';
  if (cells.slice(columns.length).some((cell) => cell !== '')) {
    return `There are ${cells.length} columns, and ${columns.length} are known (${columns.join(', ')}): name the columns in a first line.`;
  }
  const cell = (column: Column): string | undefined => cells[columns.indexOf(column)] || undefined;
  try {
    return deviceOf(cell);
  } catch (error) {
    if (error instanceof Wrong) return error.message;
    throw error;
  }
}

class Wrong extends Error {}

function deviceOf(cell: (column: Column) => string | undefined): DeviceInput {
  const given = cell('address');
  if (given === undefined) throw new Wrong('The address is missing: give a host name or an address.');
  // One colon only: more of them are IPv6.
  const [, host, hostPort] = /^(\[[^\]]*\]|[^:]+):(\d{1,5})$/.exec(given) ?? [];
  const address = (host ?? given).replace(/^\[(.*)\]$/, '$1');
  if (!isHost(address)) {
    const hint = /\s/.test(given)
      ? 'separate columns by commas, semicolons or tabs'
      : 'give one such as 192.0.2.1 or switch1.example.org';
    throw new Wrong(`${shown(given)} is not a host name or address: ${hint}.`);
  }
  const [name, site] = [plain('name', cell('name'), 128), plain('site', cell('site'), 128)];
  if (name?.includes('/')) throw new Wrong(`${shown(name)} cannot be a name: "/" separates device, instance and metric.`);
  const tags = tagsOf(plain('tags', cell('tags'), 2000) ?? '');
  if (tags.length > 32 || tags.some((tag) => tag.length > 64))
    throw new Wrong('There are too many tags, or one is too long: at most 32 of 64 characters.');
  const intervalMs = duration('interval', cell('interval'), INTERVAL_MIN_MS, INTERVAL_MAX_MS, '1s to 1d');
  const version = versionOf(cell('version'));
  const snmp = snmpOf(cell, hostPort);
  const ping = yesOrNo('ping', cell('ping'));
  if (version === 'ping' && Object.keys(snmp).length > 0)
    throw new Wrong('The version is ping, but there are settings of SNMP: leave one of them away.');
  const asked: SnmpInput = { ...(version === undefined || version === 'ping' ? {} : { version }), ...snmp };
  return {
    address,
    ...(name === undefined ? {} : { name }),
    ...(Object.keys(asked).length === 0 ? {} : { snmp: asked }),
    ...(version === 'ping' ? { ping: true } : ping === undefined ? {} : { ping }),
    ...(intervalMs === undefined ? {} : { intervalMs }),
    ...(site === undefined ? {} : { site }),
    ...(tags.length === 0 ? {} : { tags }),
  };
}

function snmpOf(cell: (column: Column) => string | undefined, hostPort: string | undefined): SnmpInput {
  const port = whole('port', cell('port') ?? hostPort, 1, 65_535);
  const retries = whole('retries', cell('retries'), 0, 5);
  const timeoutMs = duration('timeout', cell('timeout'), 100, 60_000, '100ms to 1m');
  const auth = oneOf('auth', cell('auth'), ['md5', 'sha', 'sha224', 'sha256', 'sha384', 'sha512']);
  const priv = oneOf('priv', cell('priv'), ['des', 'aes', 'aes256b', 'aes256r']);
  const secrets = { community: cell('community'), user: cell('user'), authKey: cell('authkey'), privKey: cell('privkey') };
  for (const [what, text] of Object.entries(secrets)) {
    // What it is must not be repeated.
    if (text !== undefined && text.length > (what === 'user' ? 64 : 255)) throw new Wrong(`The ${what} is too long.`);
  }
  const all = { port, retries, timeoutMs, auth, priv, ...secrets };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

const shown = (text: string) => `"${cap(visible(text), 60)}"`;

function plain(what: string, text: string | undefined, max: number): string | undefined {
  if (text === undefined) return undefined;
  if (visible(text) !== text) throw new Wrong(`The ${what} holds characters that cannot be seen: type it anew.`);
  if (text.length > max) throw new Wrong(`The ${what} is too long: at most ${max} characters.`);
  return text;
}

function whole(what: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined;
  const n = Number(text);
  if (!/^\d{1,6}$/.test(text) || n < least || n > most)
    throw new Wrong(`The ${what} ${shown(text)} is not a whole number from ${least} to ${most}.`);
  return n;
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** "30s", "5m"; a bare number is seconds. */
function duration(what: string, text: string | undefined, least: number, most: number, range: string): number | undefined {
  if (text === undefined) return undefined;
  const [, n = '', unit = 's'] = /^(\d{1,8})\s*(ms|s|m|min|h|d)?$/i.exec(text) ?? [];
  const ms = n === '' ? NaN : Number(n) * (UNIT_MS[unit.toLowerCase()] ?? NaN);
  if (!(ms >= least && ms <= most))
    throw new Wrong(`The ${what} ${shown(text)} is not a time from ${range}: write it as in 30s or 5m.`);
  return ms;
}

function versionOf(text: string | undefined): '1' | '2c' | '3' | 'ping' | undefined {
  if (text === undefined) return undefined;
  const word = text.toLowerCase().replace(/^(snmp)?v?/, '');
  if (word === '2') return '2c';
  return oneOf('version', word, ['1', '2c', '3', 'ping']);
}

function oneOf<const T extends string>(what: string, text: string | undefined, known: readonly T[]): T | undefined {
  if (text === undefined) return undefined;
  const found = known.find((word) => word === text.toLowerCase());
  if (found === undefined) throw new Wrong(`The ${what} ${shown(text)} is not known: use ${known.join(', ')}.`);
  return found;
}

function yesOrNo(what: string, text: string | undefined): boolean | undefined {
  const word = oneOf(what, text, ['yes', 'no', 'true', 'false', '1', '0']);
  return word === undefined ? undefined : ['yes', 'true', '1'].includes(word);
}
