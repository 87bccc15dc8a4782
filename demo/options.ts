/** What a person may ask of `npm run demo`. */
import { parseArgs } from 'node:util';

export interface DemoOptions {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** Null: `.demo` in the clone. */
  readonly data: string | null;
  /** Begin anew: what the folder holds is removed. */
  readonly fresh: boolean;
  readonly seed: number;
  /** Days of the past. */
  readonly days: number;
  readonly help: boolean;
}

/** What was asked for makes no sense; the sentence says why. */
export class BadUsage extends Error {}

export const DAYS_MAX = 730;
export const HELP = `Runs Saguaro over a simulated host: 50 servers, 6 switches and 2 routers that answer SNMP on
loopback, polled for real, with two years of history. Ctrl+C ends all of it; removing its
folder removes all of it.

npm run demo -- [--listen HOST:PORT] [--data FOLDER] [--fresh] [--seed N] [--days N]

  --listen HOST:PORT  where the pages are, on loopback; 127.0.0.1:8080 unless told otherwise, port 0 is any free one
  --data FOLDER       where its data is; .demo in the clone unless told otherwise
  --fresh             begins anew: what the folder holds of an earlier run is removed
  --seed N            another host: other traffic, other sizes; 1 unless told otherwise
  --days N            so many days of history, 1 to ${DAYS_MAX}; fewer are ready sooner
  --help              this
`;

const SEED_MAX = 2 ** 31 - 1;

/** @throws BadUsage */
export function readOptions(words: readonly string[]): DemoOptions {
  const { values } = parsed(words);
  return {
    ...listenOf(values.listen ?? '127.0.0.1:8080'),
    data: values.data ?? null,
    fresh: values.fresh ?? false,
    seed: whole(values.seed ?? '1', '--seed', 0, SEED_MAX),
    days: whole(values.days ?? String(DAYS_MAX), '--days', 1, DAYS_MAX),
    help: values.help ?? false,
  };
}

function parsed(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      options: {
        listen: { type: 'string' },
        data: { type: 'string' },
        fresh: { type: 'boolean' },
        seed: { type: 'string' },
        days: { type: 'string' },
        help: { type: 'boolean' },
      },
    });
  } catch (cause) {
    // Node's own sentence, without its advice on how to pass words that look like options.
    const [sentence = ''] = (cause as Error).message.split(/\. To specify/);
    throw new BadUsage(`${sentence.replace(/[.']?$/, (end) => (end === "'" ? "'" : ''))}.`, { cause });
  }
}

const LOOPBACK = /^(127(\.\d{1,3}){3}|localhost|\[::1\])$/i;

function listenOf(text: string): { host: string; port: number } {
  const [, host = '', digits] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits ?? NaN);
  if (!(port <= 65_535)) throw new BadUsage(`--listen must be host:port, such as 127.0.0.1:8080, not "${text}".`);
  // It asks for no password.
  if (!LOOPBACK.test(host))
    throw new BadUsage(`--listen must be an address of this machine alone, such as 127.0.0.1, not "${host}".`);
  return { host, port };
}

function whole(text: string, option: string, min: number, max: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return value;
  throw new BadUsage(`${option} must be a whole number from ${min} to ${max}, not "${text}".`);
}
