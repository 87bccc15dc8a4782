/**
 * `npm run demo`: a simulated host, answered by real agents and polled by a real server. First the
 * past comes in through `saguaro import`, then the agents go on where it ends.
 */
import { join, relative, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { DeviceView, PageOf } from '../core/api.ts';
import { startAgents, type Agents } from './agents/agents.ts';
import { demoFleet, type DemoDevice, type DemoFleet } from './fleet.ts';
import { CannotRun, keepBegun, openFolder, writeConfig } from './folder.ts';
import { lastDays, pastRows, WHOLE_PAST } from './history.ts';
import { BadUsage, HELP, readOptions, type DemoOptions } from './options.ts';
import { demoRows } from './rows.ts';
import { ask, checkFree, importText, startServer, type Server } from './saguaro.ts';
import { DAY_MS, MINUTE_MS } from './shape.ts';

const HOME = join(import.meta.dirname, '..');
/** So many rows come in with one import: small enough for its memory, large enough to start it seldom. */
const ROWS_AT_ONCE = 2_000_000;
/** All but the one that is down. */
const UP_WANTED = 57;
const READY_WITHIN_MS = 60_000;
const END_WITHIN_MS = 15_000;

const say = (text: string) => void process.stdout.write(`${text}\n`);
const seconds = (fromMs: number) => `${((performance.now() - fromMs) / 1000).toFixed(0)} s`;

/** @returns the exit status */
async function main(words: readonly string[]): Promise<number> {
  const ended = new AbortController();
  const stop = () => ended.abort(new Error('stopped'));
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  let agents: Agents | null = null;
  let server: Server | null = null;
  let readyMs: number | null = null;
  try {
    const options = readOptions(words);
    if (options.help) {
      process.stdout.write(HELP);
      return 0;
    }
    const fromMs = performance.now();
    await checkFree(options.host, options.port);
    const folder = options.data === null ? join(HOME, '.demo') : resolve(options.data);
    const begun = await openFolder(folder, options.fresh);
    const anchorMs = begun?.anchorMs ?? Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
    const fleet = demoFleet(begun?.seed ?? options.seed, anchorMs);
    agents = await startAgents(fleet, { nowMs: Date.now, sinceMs: () => readyMs });
    const config = writeConfig(folder, `${options.host}:${options.port}`, agents.agents, agents.ownAddresses);
    say('A small non-profit web host, simulated: 50 servers, 6 switches and 2 routers in three places.');
    if (begun === null) {
      await importPast(fleet, config, options, ended.signal);
      keepBegun(folder, { seed: fleet.seed, anchorMs });
    } else {
      say(`Going on with what is in ${shown(folder)}; --fresh begins anew.`);
      if (options.seed !== begun.seed) say(`It was begun with --seed ${begun.seed}, which stays until then.`);
    }
    server = await startServer(config, (line) => process.stderr.write(`${line}\n`));
    await ready(server, ended.signal);
    readyMs = Date.now();
    tell(server.url, folder, agents, seconds(fromMs), options.days);
    await Promise.race([server.ended, aborted(ended.signal)]);
    return ended.signal.aborted ? 0 : 1;
  } catch (error) {
    if (ended.signal.aborted) return 0;
    if (!(error instanceof BadUsage || error instanceof CannotRun)) throw error;
    process.stderr.write(`demo: ${error.message}${error instanceof BadUsage ? ' See npm run demo -- --help.' : ''}\n`);
    return error instanceof BadUsage ? 2 : 1;
  } finally {
    if (server) await end(server);
    await agents?.close();
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

async function importPast(fleet: DemoFleet, config: string, options: DemoOptions, signal: AbortSignal): Promise<void> {
  const fromMs = performance.now();
  const sections = lastDays(WHOLE_PAST, options.days);
  let rows = 0;
  let done = 0;
  for (const devices of portionsOf(fleet, ROWS_AT_ONCE / pastRows(sections))) {
    const portions = function* () {
      for (const portion of demoRows(fleet, devices, fleet.anchorMs, sections)) {
        rows += portion.rows;
        yield portion.text;
      }
    };
    say(`Writing ${options.days} days of history: ${done} of ${fleet.devices.length} devices.`);
    await importText(config, portions(), signal);
    done += devices.length;
  }
  // What passed meanwhile, so that the gap before the first poll is as short as can be.
  const nowMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
  if (nowMs > fleet.anchorMs) {
    const meanwhile = [{ days: (nowMs - fleet.anchorMs) / DAY_MS, stepMs: MINUTE_MS }];
    const portions = demoRows(fleet, fleet.devices, nowMs, meanwhile);
    await importText(
      config,
      portions.map(({ text }) => text),
      signal,
    );
  }
  const rate = (rows / ((performance.now() - fromMs) / 1000)).toFixed(0);
  say(`Imported ${rows} rows in ${seconds(fromMs)}, ${rate} a second.`);
}

/** Devices whose series together are at most so many, or one that alone has more. */
function portionsOf({ devices }: DemoFleet, seriesMax: number): DemoDevice[][] {
  const portions: DemoDevice[][] = [];
  let series = Infinity;
  for (const device of devices) {
    const own = device.parts.reduce((sum, part) => sum + part.series.length, 0);
    if (series + own > seriesMax) {
      portions.push([]);
      series = 0;
    }
    portions.at(-1)?.push(device);
    series += own;
  }
  return portions;
}

/** Pages have something to show once the devices have been polled. */
async function ready(server: Server, signal: AbortSignal): Promise<void> {
  const untilMs = performance.now() + READY_WITHIN_MS;
  while (performance.now() < untilMs) {
    const { items } = await ask<PageOf<DeviceView>>(server.url, 'devices?limit=100');
    if (items.filter(({ state }) => state === 'up').length >= UP_WANTED) return;
    await wait(200, undefined, { signal });
  }
  say('Not all devices answer yet; they may need another minute.');
}

function tell(url: string, folder: string, agents: Agents, took: string, days: number): void {
  const port = agents.agents[0]?.port ?? 0;
  const where = agents.ownAddresses
    ? `Every device has an address of its own: 127.83.0.x, port ${port}, community public.`
    : 'The devices are ports of 127.0.0.1.';
  say(
    [
      '',
      `Ready after ${took}: ${url}`,
      '',
      'What is in it: a disk that will be full soon (nas1.attic), a busy uplink (edge-rtr1, Transit A), a port with errors',
      '(sw-acc2), a switch that falls silent now and then (sw-acc4), a server that is down (list.annexe), one that restarts',
      'in three minutes (wiki.annexe).',
      ...pastWords(days),
      where,
      `All of it is in ${shown(folder)}; removing that folder removes it. Ctrl+C ends it.`,
    ].join('\n'),
  );
}

/** What happened within so many days before the first start. */
function pastWords(days: number): string[] {
  const happened = [
    [11, 'an outage in the cellar eleven days ago'],
    [20, 'a port that was taken away (sw-acc3)'],
    [75, 'a disk that was cleaned up (mail1.annexe)'],
    [122, 'one that was enlarged (db1.cellar)'],
  ] as const;
  const within = happened.filter(([ago]) => ago < days).map(([, words]) => words);
  return within.length === 0 ? [] : [`In its past: ${within.join(', ')}.`];
}

function shown(folder: string): string {
  const near = relative(process.cwd(), folder);
  return near === '' || near.startsWith('..') ? folder : near;
}

async function end(server: Server): Promise<void> {
  const late = new AbortController();
  server.child.kill('SIGTERM');
  const first = await Promise.race([
    server.ended,
    wait(END_WITHIN_MS, 'late' as const, { signal: late.signal }).catch(() => null),
  ]);
  late.abort();
  if (first === 'late') server.child.kill('SIGKILL');
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

process.exitCode = await main(process.argv.slice(2));
