/** Saguaro's collector as it runs: what a sample costs in the steady state, and how much memory its series take. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Log } from '../../core/ports.ts';
import type { ClientSpec } from './client.ts';
import { knownIn, startCollecting } from './collecting.ts';
import { COUNTERS_A_DEVICE } from './fleet.ts';

export interface CollectorFigures {
  /** Known samples taken by the history (for `whole`: durable) in the window. */
  readonly samples: number;
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  /** The most held within the window. */
  readonly rssMB: number;
  /** The most ever held, discovery of all devices included. */
  readonly peakMB: number;
  /** From the start until every device gave all its samples once. */
  readonly settledSeconds: number;
  readonly settledCpuSeconds: number;
  readonly failed: number;
  /** Whether 5-minute bins of all series were closed in the window. */
  readonly binsClosed: boolean;
}

const PROFILES = join(import.meta.dirname, 'profiles');
const BIN_MS = 300_000;
const LOOK_EVERY_MS = 250;

/** Starts everything once, over no device at all: what is compiled by then need not be compiled again. */
export async function loadAll(folder: string): Promise<void> {
  const scratch = mkdtempSync(join(folder, 'load-'));
  const log: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const about = { folder: scratch, addresses: [], port: 9, intervalMs: 10_000, timeoutMs: 1_000, retries: 0, stored: true };
  const collecting = await startCollecting({ ...about, profileFolders: [PROFILES], log, taken: () => undefined });
  await collecting.close();
  rmSync(scratch, { recursive: true, force: true });
}

/**
 * @param spec.cycles intervals in the window
 * @param folder a scratch folder is made in it, and removed
 * @throws Error when a device does not give its 480 series, or a cycle is not whole
 */
export async function benchCollector(
  spec: ClientSpec,
  intervalMs: number,
  stored: boolean,
  folder: string,
): Promise<CollectorFigures> {
  const scratch = mkdtempSync(join(folder, 'collector-'));
  const troubles: string[] = [];
  const trouble = (text: string, fields?: Record<string, unknown>) => void troubles.push(`${text} ${JSON.stringify(fields)}`);
  const log: Log = { info: () => undefined, warn: trouble, error: trouble };
  const full = new Set<string>();
  let samples = 0;
  const startMs = performance.now();
  const collecting = await startCollecting({
    folder: scratch,
    addresses: spec.addresses,
    port: spec.port,
    intervalMs,
    timeoutMs: spec.timeoutMs,
    retries: spec.retries,
    profileFolders: [PROFILES],
    stored,
    log,
    taken(rows) {
      samples += knownIn(rows);
      if (full.size === spec.addresses.length) return;
      for (const row of rows) if (knownIn([row]) === COUNTERS_A_DEVICE) full.add(row.device);
    },
  });
  try {
    // The driver has a deadline for all this.
    while (full.size < spec.addresses.length) {
      await wait(LOOK_EVERY_MS);
      if (troubles.length > 0) throw new Error(troubles[0]);
    }
    const settledSeconds = (performance.now() - startMs) / 1000;
    const settled = process.cpuUsage();
    // First samples come sooner than the interval; from the next cycle on all is as always.
    await wait(intervalMs);
    const before = {
      samples,
      failed: collecting.collector.status().failures,
      cpu: process.cpuUsage(),
      wallMs: performance.now(),
    };
    const binAtStart = Math.floor(Date.now() / BIN_MS);
    let rss = 0;
    while (performance.now() - before.wallMs < spec.cycles * intervalMs) {
      await wait(LOOK_EVERY_MS);
      rss = Math.max(rss, process.memoryUsage.rss());
    }
    const { user, system } = process.cpuUsage(before.cpu);
    const figures: CollectorFigures = {
      samples: samples - before.samples,
      cpuSeconds: (user + system) / 1e6,
      wallSeconds: (performance.now() - before.wallMs) / 1000,
      rssMB: rss / 2 ** 20,
      peakMB: process.resourceUsage().maxRSS / 1024,
      settledSeconds,
      settledCpuSeconds: (settled.user + settled.system) / 1e6,
      failed: collecting.collector.status().failures - before.failed,
      binsClosed: Math.floor(Date.now() / BIN_MS) > binAtStart,
    };
    if (troubles.length > 0) throw new Error(troubles[0]);
    const wanted = spec.addresses.length * COUNTERS_A_DEVICE * spec.cycles;
    // The window's edges do not fall between polls.
    if (Math.abs(figures.samples / wanted - 1) > 0.05) throw new Error(`${figures.samples} samples came instead of ${wanted}`);
    return figures;
  } finally {
    await collecting.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}
