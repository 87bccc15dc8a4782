/** The folder of the demonstration: what an earlier run left, and the configuration of this one. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { COMMUNITY, type RunningAgent } from './agents/agents.ts';
import { NETWORK } from './fleet.ts';

/** The demonstration cannot run as it is asked to; the sentence says why and what to do. */
export class CannotRun extends Error {}

/** What must stay the same from run to run. */
export interface Begun {
  readonly seed: number;
  /** Where the imported past ended. */
  readonly anchorMs: number;
}

const BEGUN_FILE = 'demo.json';
const CONFIG_FILE = 'saguaro.yaml';
const LINK_LIMIT = '65%';
const DATA = 'data';
const SOCKET = 'saguaro.sock';
/** All that is ever in the folder, so that --fresh removes nothing else. */
const OURS = [BEGUN_FILE, CONFIG_FILE, DATA];

/** What an earlier run began and finished, null when there is nothing to go on with. @throws CannotRun */
export async function openFolder(path: string, fresh: boolean): Promise<Begun | null> {
  if (await serverRuns(join(path, DATA, SOCKET))) {
    throw new CannotRun(`A demonstration runs on ${path} already: end it, or choose another folder with --data.`);
  }
  try {
    mkdirSync(path, { recursive: true });
    const strange = readdirSync(path).find((name) => !OURS.includes(name));
    if (strange !== undefined) {
      throw new CannotRun(`${path} holds "${strange}", which is not the demonstration's: choose another folder with --data.`);
    }
    const begun = fresh ? null : readBegun(join(path, BEGUN_FILE));
    // Half a past is none.
    if (begun === null) for (const name of OURS) rmSync(join(path, name), { recursive: true, force: true });
    return begun;
  } catch (cause) {
    if (cause instanceof CannotRun) throw cause;
    throw new CannotRun(`The folder ${path} cannot be used (${(cause as NodeJS.ErrnoException).code ?? String(cause)}).`, {
      cause,
    });
  }
}

function serverRuns(socket: string): Promise<boolean> {
  if (!existsSync(socket)) return Promise.resolve(false);
  return new Promise((resolve) => {
    const connection = createConnection(socket, () => {
      connection.destroy();
      resolve(true);
    });
    // Left over from a server that was killed.
    connection.once('error', () => resolve(false));
  });
}

function readBegun(file: string): Begun | null {
  if (!existsSync(file)) return null;
  try {
    const { seed, anchorMs } = JSON.parse(readFileSync(file, 'utf8')) as Partial<Begun>;
    return Number.isSafeInteger(seed) && Number.isSafeInteger(anchorMs) ? ({ seed, anchorMs } as Begun) : null;
  } catch {
    return null;
  }
}

/** Called when the past is in: from now on a run goes on instead of beginning. */
export function keepBegun(path: string, begun: Begun): void {
  writeFileSync(join(path, BEGUN_FILE), `${JSON.stringify(begun)}\n`);
}

/** @returns the file's path */
export function writeConfig(path: string, listen: string, agents: readonly RunningAgent[], ownAddresses: boolean): string {
  const config = {
    data: `./${DATA}`,
    listen,
    interval: '60s',
    thisMachine: { poll: false },
    // Finer tiers reach as far back as the imported history is that fine.
    retention: { raw: '3d', '5m': '45d', '1h': '5y', '1d': 'forever' },
    // Who runs links orders the next one before the evenings are full.
    capacity: [{ what: 'link', limit: LINK_LIMIT }],
    ...(ownAddresses ? { discovery: { networks: [NETWORK] } } : {}),
    devices: agents.map(({ device, address, port }) => ({
      name: device.name,
      address,
      site: device.site,
      tags: [...device.tags],
      snmp: { port, community: COMMUNITY, timeout: '1s', retries: 1 },
    })),
  };
  const file = join(path, CONFIG_FILE);
  writeFileSync(file, `# Written anew at every start of the demonstration.\n${stringify(config)}`);
  return file;
}
