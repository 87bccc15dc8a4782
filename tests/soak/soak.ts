/**
 * Polls this machine and a real snmpd every second and 20 simulated agents every 10 s for a
 * while, then asks whether anything was lost: `node tests/soak/soak.ts --minutes 20`.
 * Prints one JSON object; ends with status 1 when a poll was missed without a cause, memory
 * grew, or the server wrote an error.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { EventView, SeriesData, SeriesView, StatusView, DeviceView } from '../../core/api.ts';
import { HOLD_BELOW_MS, HOLD_MS } from '../../collector/holding.ts';
import { HEARTBEAT } from '../../core/model.ts';
import { startScriptedAgent } from '../../demo/agents/scripted-agent.ts';
import { simulatedHost } from '../agents/simulated-host.ts';
import { startSnmpd } from '../agents/snmpd.ts';

const AGENTS = 20;
const RSS_EVERY_MS = 5_000;
/** Plans, caches and just-in-time code need this long to settle before memory is compared. */
const WARM_UP_SHARE = 0.3;
const RSS_GROWTH_MAX = 0.05;

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '20' } } });
const soakMs = Number(values.minutes) * 60_000;
const folder = await mkdtemp(join(tmpdir(), 'saguaro-soak-'));
const root = new URL('../..', import.meta.url).pathname;

const snmpd = await startSnmpd({ community: 'soak' });
const agents = await Promise.all(
  Array.from({ length: AGENTS }, (_, i) =>
    startScriptedAgent({ objects: simulatedHost({ interfaces: 4, seed: i + 1 }).objects, community: 'soak' }),
  ),
);
const device = (name: string, port: number, interval: string) =>
  `  - { name: ${name}, address: 127.0.0.1, interval: ${interval}, snmp: { version: 2c, port: ${port}, community: soak } }`;
const config = [
  'listen: 127.0.0.1:0',
  'thisMachine: { interval: 1s, name: this-machine }',
  'devices:',
  device('snmpd', snmpd.port, '1s'),
  ...agents.map((agent, i) => device(`sim${i + 1}`, agent.port, '10s')),
];
await writeFile(join(folder, 'saguaro.yaml'), `${config.join('\n')}\n`);

let output = '';
const server = spawn(process.execPath, ['main.ts', 'serve'], {
  cwd: root,
  env: { ...process.env, SAGUARO_CONFIG: join(folder, 'saguaro.yaml'), SAGUARO_DATA: join(folder, 'data') },
  stdio: ['ignore', 'pipe', 'pipe'],
});
server.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
server.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));

try {
  const report = await soak(server);
  console.log(JSON.stringify(report, null, 1));
  process.exitCode = report.faults.length === 0 ? 0 : 1;
} finally {
  server.kill('SIGTERM');
  await Promise.race([new Promise((resolve) => server.once('exit', resolve)), wait(15_000)]);
  await Promise.all([snmpd.close(), ...agents.map((agent) => agent.close())]);
  await rm(folder, { recursive: true, force: true });
}

async function soak(child: ChildProcess) {
  const url = await address(child);
  const ask = async <T>(path: string): Promise<T> => {
    const response = await fetch(`${url}api/v1/${path}`, { signal: AbortSignal.timeout(60_000) });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  };
  await wait(5_000);
  const startMs = Date.now();
  const cpuStart = (await ask<StatusView>('status')).process.cpuS;
  const rss: number[] = [];
  while (Date.now() - startMs < soakMs && child.exitCode === null) {
    rss.push(await rssBytes(child.pid ?? 0));
    await wait(RSS_EVERY_MS);
  }
  const status = await ask<StatusView>('status');
  const endMs = Date.now();
  const { items: devices } = await ask<{ items: DeviceView[] }>('devices?limit=100');
  const { items: events } = await ask<{ items: EventView[] }>('events?limit=500');
  const missed = await missedPolls(ask, devices, events, startMs, endMs - 5_000);
  const expected = devices.reduce((polls, d) => polls + Math.floor((endMs - startMs) / d.intervalMs), 0);
  const polls = status.collector?.polls ?? 0;
  const settled = rss.slice(Math.floor(rss.length * WARM_UP_SHARE));
  const third = Math.max(1, Math.floor(settled.length / 3));
  const early = mean(settled.slice(0, third));
  const late = mean(settled.slice(-third));
  const errors = output.split('\n').filter((line) => /\b(error|uncaught|unhandled|fatal)\b/i.test(line));
  const faults = [
    ...missed.unexplained,
    ...(polls >= expected ? [] : [`${polls} polls instead of ${expected}`]),
    ...(status.collector?.failures === 0 && status.collector.skipped === 0 ? [] : ['polls failed or were skipped']),
    ...(child.exitCode === null ? [] : [`the server ended with status ${child.exitCode}`]),
    ...(late > early * (1 + RSS_GROWTH_MAX) ? [`memory grew from ${mb(early)} to ${mb(late)} MB`] : []),
    ...errors.map((line) => `the server wrote: ${line}`),
    ...devices.filter((d) => d.state !== 'up').map((d) => `${d.name} is ${d.state}: ${d.reason}`),
    ...(devices.length === AGENTS + 2 ? [] : [`${devices.length} devices instead of ${AGENTS + 2}`]),
  ];
  return {
    minutes: Math.round((endMs - startMs) / 6_000) / 10,
    devices: devices.length,
    series: missed.series,
    readings: missed.readings,
    collector: status.collector,
    rssMb: { first: mb(rss[0] ?? 0), early: mb(early), late: mb(late), max: mb(Math.max(...rss)) },
    cpuShare: Math.round(((status.process.cpuS - cpuStart) / ((endMs - startMs) / 1000)) * 1000) / 1000,
    eventLoopP99Ms: status.process.eventLoopP99Ms,
    storeBytes: status.store.bytes,
    gapEvents: events.filter((e) => e.kind === 'gap').map((e) => e.text),
    faults: faults.slice(0, 50),
  };
}

/** Every stretch without data, in every series, must lie in an event that says why. */
async function missedPolls(
  ask: <T>(path: string) => Promise<T>,
  devices: readonly DeviceView[],
  events: readonly EventView[],
  startMs: number,
  endMs: number,
) {
  const unexplained: string[] = [];
  let series = 0;
  let readings = 0;
  for (const d of devices) {
    // A record covers the time since the one before; of an agent's cache nothing new may come for a while.
    const reachMs = d.intervalMs < HOLD_BELOW_MS ? HOLD_MS + HEARTBEAT * d.intervalMs : HEARTBEAT * d.intervalMs;
    const { items } = await ask<{ items: SeriesView[] }>(`series?device=${d.id}&limit=1000`);
    const explained = (fromMs: number, toMs: number) =>
      events.some((e) => e.device === d.id && e.cause !== null && e.fromMs <= toMs && (e.toMs ?? Infinity) >= fromMs);
    for (const item of items) {
      series++;
      const query = new URLSearchParams({
        series: item.series,
        from: String(startMs / 1000),
        to: String(endMs / 1000),
        tier: 'raw',
      });
      const { items: answers } = await ask<{ items: SeriesData[] }>(`series/data?${query.toString()}`);
      const bins = answers[0]?.bins ?? [];
      readings += bins.length;
      let before = startMs;
      for (const bin of [...bins, { t: endMs / 1000, mean: 0 }]) {
        const at = bin.t * 1000;
        if ((bin.mean === null || at - before > reachMs) && !explained(before, at)) {
          unexplained.push(
            `${item.name}: nothing between ${new Date(before).toISOString()} and ${new Date(at).toISOString()}, without a cause`,
          );
        }
        before = at;
      }
    }
  }
  return { unexplained, series, readings };
}

async function address(child: ChildProcess): Promise<string> {
  for (let i = 0; i < 300 && child.exitCode === null; i++) {
    const url = /http:\/\/127\.0\.0\.1:\d+\/?/.exec(output)?.[0];
    if (url) return url.endsWith('/') ? url : `${url}/`;
    await wait(200);
  }
  throw new Error(`the server did not start:\n${output}`);
}

async function rssBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? NaN) * 1024;
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, n) => sum + n, 0) / Math.max(1, numbers.length);
}

function mb(bytes: number): number {
  return Math.round(bytes / 1e5) / 10;
}
