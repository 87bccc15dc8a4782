/** `saguaro store check`: whether everything in the history can be read, and is what was written. */
import { mkdtemp, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { formatNumber } from '../core/units.ts';
import { Refusal, UsageError, type Command, type Context } from './command.ts';
import { table } from './terminal.ts';

const HISTORY_FILE = 'history.db';
/** A line of progress comes after so many rows. */
const TOLD_ROWS = 250_000;
/** Findings a person is shown; a program gets more. */
const SHOWN = 20;

export interface CheckRequest {
  /** A copy of a history; null = the one of the data folder, which no server may use meanwhile. */
  readonly file: string | null;
  /** Take what is damaged out of the way. */
  readonly repair: boolean;
  onProgress(rows: number, table: string): void;
}
export interface Found {
  readonly table: string;
  readonly series: string;
  readonly others: number;
  readonly fromMs: number | null;
  readonly toMs: number | null;
  readonly reason: string;
}
export interface Checked {
  readonly file: string;
  readonly sound: boolean;
  readonly tables: readonly { readonly table: string; readonly rows: number; readonly damaged: number }[];
  readonly damaged: number;
  readonly findings: readonly Found[];
  /** Rows set aside while reading that nobody was told of yet. */
  readonly setAside: number;
  /** What a repair did; null without one. */
  readonly repair: {
    readonly setAside: number;
    readonly recomputed: number;
    readonly kept: string | null;
    readonly before: number;
  } | null;
}

export const storeCheck: Command = {
  words: ['store', 'check'],
  summary: 'Look at every row of the history, and tell what is damaged',
  operands: [],
  about: [
    'Reads all of history.db: its pages, the checksum of every row, and whether rows agree with each other. Nothing is changed.\n' +
      'The server must not run; while it does, check a backup with --file, which may be a tar or a history.db.',
    'With --repair what is damaged is set aside (in the table `damaged`, or, where pages cannot be read, in the old file, which is\n' +
      'kept beside a new one): the time is then a gap, and bins are computed anew from raw records as far as there are any. What\n' +
      'a backup still has can only come from there.',
    'Status 0 when all is sound, 1 when something is damaged, after a repair when something still is.',
    'With --json: {"file", "sound", "damaged", "setAside", "tables": [{"table", "rows", "damaged"}], "findings": [{"table",\n' +
      '"series", "others", "fromMs", "toMs", "reason"}], "repair"}.',
  ],
  options: [
    { name: 'file', value: 'FILE', help: 'a backup or a copy of history.db instead of the data folder’s' },
    { name: 'repair', value: null, help: 'take what is damaged out of the way' },
  ],
  examples: ['saguaro store check', 'saguaro store check --file saguaro-2026-03-01.tar', 'saguaro store check --repair'],
  async run(context, args) {
    const file = args.text('file');
    const repair = args.flag('repair');
    if (file !== undefined && repair)
      throw new UsageError('--repair works on the data folder only; without it --file can be checked as it is.');
    const checked = await check(context, file === undefined ? null : resolve(file), repair);
    context.terminal.print(context.json ? JSON.stringify(checked) : textOf(checked));
    return checked.sound && checked.setAside === 0 ? 0 : 1;
  },
};

async function check(context: Context, file: string | null, repair: boolean): Promise<Checked> {
  let told = 0;
  const onProgress = (rows: number, where: string) => {
    if (rows - told < TOLD_ROWS) return;
    told = rows;
    context.terminal.say(`${formatNumber(rows)} rows looked at, now ${where}.`);
  };
  if (file?.endsWith('.tar') !== true) return context.checkHistory({ file, repair, onProgress });
  const folder = await mkdtemp(join(dirname(file), 'check-'));
  try {
    const { extract } = await import('tar');
    await extract({ file, cwd: folder, strict: true, preserveOwner: false }, [HISTORY_FILE]);
    const checked = await context.checkHistory({ file: join(folder, HISTORY_FILE), repair, onProgress });
    return { ...checked, file };
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === undefined) throw cause;
    throw new Refusal(`${file} cannot be read as a backup (${code}).`, { cause });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function textOf({ file, sound, tables, damaged, findings, setAside, repair }: Checked): string {
  const rows = tables.reduce((sum, one) => sum + one.rows, 0);
  const some = tables.filter((one) => one.rows > 0 || one.damaged > 0).map((one) => [one.table, one.rows, one.damaged]);
  const done = repair
    ? [
        `Of ${whole(repair.before)} damaged, ${whole(repair.setAside)} were set aside; ${whole(repair.recomputed)} bins were computed anew.` +
          (repair.kept === null ? '' : ` What can still be read was moved into a new file; the old one is ${repair.kept}.`),
      ]
    : [];
  const verdict = sound ? 'all sound' : `${whole(damaged)} damaged`;
  return [
    ...done,
    `${file}: ${whole(rows)} rows looked at, ${verdict}.`,
    table(['TABLE', 'ROWS', 'DAMAGED'], some),
    ...findings.slice(0, SHOWN).map(lineOf),
    ...(damaged > SHOWN ? [`… and ${whole(damaged - SHOWN)} more.`] : []),
    ...(setAside > 0 ? [`${whole(setAside)} damaged rows were set aside earlier, while they were read.`] : []),
    ...(sound && setAside === 0
      ? []
      : ['Restore a backup from before to get back what is damaged; --repair goes on without it.']),
  ].join('\n');
}

function lineOf({ table: where, series, others, fromMs, toMs, reason }: Found): string {
  const whose = series === '' ? '' : ` of ${series}${others > 0 ? ` and ${whole(others)} more series` : ''}`;
  const times = [fromMs, toMs].map((ms) => (ms !== null && Math.abs(ms) < 8e15 ? new Date(ms).toISOString() : null));
  const [from, to] = times;
  const when = from && to ? `, ${from} to ${to}` : '';
  return `${where}${whose}${when}: ${reason}`;
}

/** Whole, with thin-spaced thousands. */
const whole = (n: number) => (n < 1_000 ? String(n) : formatNumber(n));
