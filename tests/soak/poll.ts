/**
 * A fleet of 1,000 simulated devices, every tenth hostile and three of ten dead, polled every
 * 10 s by the real collector into the real store for a while: `node tests/soak/poll.ts --minutes 10`.
 * With --hostile nearly all are hostile: what can go wrong then does so within four minutes.
 * Every value that comes is compared with what the device's counter gained. Prints one JSON
 * object; ends with status 1 when a value was wrong, one was missing without reason, a poll began
 * late, the event loop stood still or memory grew.
 */
import { parseArgs } from 'node:util';
import { mkdtemp, rm } from 'node:fs/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startCollecting } from '../../bench/poll/collecting.ts';
import { buildResponder, compilerOf, startResponder } from '../../bench/poll/programs.ts';
import type { Log } from '../../core/ports.ts';
import { createExpectations } from './expectations.ts';
import { soakFleet } from './poll-fleet.ts';
import { createPunctuality } from './punctuality.ts';

const INTERVAL_MS = 10_000;
const TIMEOUT_MS = 1_000;
const LOOK_EVERY_MS = 5_000;
/** Discovery of everything, and code that is compiled meanwhile. */
const WARM_UP_MS = 120_000;
const DELAY_RESOLUTION_MS = 10;
const DELAY_P99_MAX_MS = 50;
const LATE_P99_MAX_MS = INTERVAL_MS / 100;
const RSS_GROWTH_MAX = 0.05;
/** Memory of minutes 3 and 4 is compared with that of the last two: before that there is nothing to compare. */
const RSS_FROM_MINUTE = 2;
const RSS_MINUTES = 2;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    hostile: { type: 'boolean', default: false },
  },
});
const soakMs = Number(values.minutes) * 60_000;

const compiler = compilerOf();
if ('missing' in compiler) {
  console.error(compiler.missing);
  process.exit(2);
}
const troubles: string[] = [];
const uncaught = (error: unknown) =>
  void troubles.push(`uncaught: ${error instanceof Error ? (error.stack ?? '') : String(error)}`);
process.on('uncaughtException', uncaught);
process.on('unhandledRejection', uncaught);

const folder = await mkdtemp(join(tmpdir(), 'saguaro-soak-'));
const responder = await startResponder(buildResponder(compiler.path, folder), null, ['--seed', values.seed]);
try {
  const report = await soak();
  console.log(JSON.stringify(report, null, 1));
  process.exitCode = report.faults.length === 0 ? 0 : 1;
} finally {
  await responder.stop();
  await rm(folder, { recursive: true, force: true });
}

async function soak() {
  const fleet = soakFleet(values.hostile);
  const expectations = createExpectations({ fleet, intervalMs: INTERVAL_MS });
  const punctuality = createPunctuality(INTERVAL_MS, fleet);
  const errors: string[] = [];
  const log: Log = {
    info: () => undefined,
    warn: () => undefined,
    error: (text, fields) => void errors.push(`${text} ${JSON.stringify(fields ?? {})}`),
  };
  const startMs = performance.now();
  const cpuStart = process.cpuUsage();
  const collecting = await startCollecting({
    folder,
    addresses: [...fleet.keys()],
    port: responder.port,
    intervalMs: INTERVAL_MS,
    timeoutMs: TIMEOUT_MS,
    retries: 1,
    profileFolders: [join(import.meta.dirname, '..', '..', 'collector', 'profiles')],
    stored: true,
    log,
    taken: (rows) => expectations.check(rows),
    watchCatalog: (catalog) => expectations.learnFrom(catalog),
    watchSource: (source) => punctuality.watch(source),
  });
  punctuality.begin(collecting.clock, collecting.devices);
  const delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  delay.enable();
  const rss: { readonly minute: number; readonly bytes: number }[] = [];
  let settled = false;
  while (performance.now() - startMs < soakMs) {
    await wait(LOOK_EVERY_MS);
    const elapsedMs = performance.now() - startMs;
    rss.push({ minute: elapsedMs / 60_000, bytes: process.memoryUsage.rss() });
    if (settled || elapsedMs < WARM_UP_MS) continue;
    settled = true;
    delay.reset();
    expectations.settled();
    punctuality.settled();
  }
  // The histogram counts the pause it asked for itself.
  const delayP99Ms = Math.max(0, delay.percentile(99) / 1e6 - DELAY_RESOLUTION_MS);
  const delayMaxMs = Math.max(0, delay.max / 1e6 - DELAY_RESOLUTION_MS);
  delay.disable();
  const minutes = (performance.now() - startMs) / 60_000;
  const found = expectations.report();
  const late = punctuality.report();
  const cpu = process.cpuUsage(cpuStart);
  const status = collecting.collector.status();
  await collecting.collector.stop();
  const stored = await expectations.stored(collecting.history);
  const health = await collecting.history?.health();
  await collecting.close();
  const memory = compareMemory(rss, minutes);
  const faults = [
    ...troubles,
    ...errors.map((line) => `the collector wrote: ${line}`),
    ...found.faults,
    ...stored.faults,
    ...(settled ? [] : ['it was too short to settle: nothing is known']),
    ...(delayP99Ms < DELAY_P99_MAX_MS ? [] : [`the event loop was ${delayP99Ms.toFixed(0)} ms late (p99)`]),
    ...(late.p99Ms < LATE_P99_MAX_MS ? [] : [`polls began ${late.p99Ms.toFixed(0)} ms late (p99)`]),
    ...memory.faults,
    ...((health?.droppedSamples ?? 0) === 0 ? [] : [`${health?.droppedSamples} samples were dropped`]),
  ];
  return {
    minutes: round(minutes, 1),
    ...found.figures,
    stored: stored.figures,
    collector: status,
    lateMs: late,
    eventLoopMs: { p99: round(delayP99Ms, 1), max: round(delayMaxMs, 1) },
    rssMB: memory.figures,
    cpuShare: round((cpu.user + cpu.system) / 1e6 / (minutes * 60), 3),
    faults: faults.slice(0, 50),
  };
}

function compareMemory(rss: readonly { readonly minute: number; readonly bytes: number }[], minutes: number) {
  const mean = (from: number, to: number) => {
    const part = rss.filter(({ minute }) => minute >= from && minute < to);
    return part.reduce((sum, { bytes }) => sum + bytes, 0) / Math.max(1, part.length) / 2 ** 20;
  };
  const [early, late] = [mean(RSS_FROM_MINUTE, RSS_FROM_MINUTE + RSS_MINUTES), mean(minutes - RSS_MINUTES, Infinity)];
  const comparable = minutes >= RSS_FROM_MINUTE + 2 * RSS_MINUTES;
  const max = Math.max(...rss.map(({ bytes }) => bytes)) / 2 ** 20;
  return {
    figures: { early: round(early, 1), late: round(late, 1), max: round(max, 1), compared: comparable },
    faults:
      comparable && late > early * (1 + RSS_GROWTH_MAX) ? [`memory grew from ${early.toFixed(0)} to ${late.toFixed(0)} MB`] : [],
  };
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
