/**
 * What the simulated fleet had measured before a moment, as the file of an embedded store. Years of samples take
 * seconds to import and are the same for every suite, so they are imported once, kept in the cache folder, and copied.
 */
import { createHash, randomUUID } from 'node:crypto';
import { copyFile, glob, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { seriesKey, type TierSpec } from '../../core/model.ts';
import type { History, Log } from '../../core/ports.ts';
import type { DemoFleet } from '../../demo/fleet.ts';
import { demoHistory, type Section } from '../../demo/history.ts';
import { DAY_MS, FIVE_MS, HOUR_MS, MINUTE_MS } from '../../demo/shape.ts';
import { createEmbeddedStore } from '../../store/embedded/store.ts';
import { createHistory } from '../../store/history.ts';

export interface PastOptions {
  readonly fleet: DemoFleet;
  /** UTC milliseconds of the last sample. */
  readonly endMs: number;
  /** A device that fell silent earlier, and how long before the end. */
  readonly silent: { readonly name: string; readonly forMs: number };
}

/** Devices with a story, and so with two years of history. */
export const HEROES = [
  'edge-rtr1',
  'edge-rtr2',
  'sw-acc2',
  'sw-acc3',
  'nas1.attic',
  'db1.cellar',
  'mail1.annexe',
  'web01.attic',
  'backup1.attic',
  'wiki.annexe',
  'list.annexe',
];
export const QUIET: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const TIERS: readonly TierSpec[] = [
  { tier: 'raw', retentionMs: 2 * DAY_MS },
  { tier: '5m', retentionMs: 3 * DAY_MS },
  { tier: '1h', retentionMs: 5 * 366 * DAY_MS },
  { tier: '1d', retentionMs: null },
];
const RECENT: readonly Section[] = [
  { days: 8, stepMs: HOUR_MS },
  { days: 1, stepMs: FIVE_MS },
  { days: 1 / 8, stepMs: MINUTE_MS },
];
const LONG: readonly Section[] = [{ days: 730, stepMs: DAY_MS }, { days: 200, stepMs: HOUR_MS }, ...RECENT.slice(1)];

const ROOT = join(import.meta.dirname, '..', '..');
const KEPT = join(ROOT, '.cache', 'demo-pasts');
/** Whatever decides what the file holds. */
const SOURCES = ['core/**/*.ts', 'store/**/*.ts', 'demo/**/*.ts', 'tests/demo/**/*.ts'];

/** The same in every world, so that a kept past belongs to it. @returns an identity as the server gives them */
export function fixedId(...names: readonly string[]): string {
  return createHash('sha256').update(names.join('\n')).digest('hex').slice(0, 12);
}

/** Opens a history over a store's file, as the worlds of the demonstration do. @param nowMs UTC milliseconds */
export async function openHistory(path: string, nowMs: () => number): Promise<History> {
  const store = await createEmbeddedStore({ path });
  return createHistory({ store, tiers: TIERS, nowMs, log: QUIET, importedWhole: 0 });
}

/** Copies the past to a path where no file is yet; makes it first where none is kept for these sources. */
export async function copyPast(options: PastOptions, to: string): Promise<void> {
  const { fleet, endMs, silent } = options;
  const sources = await hashOfSources();
  const kept = join(
    KEPT,
    `${sources}-${fixedId(String(fleet.seed), String(fleet.anchorMs), String(endMs), JSON.stringify(silent))}.db`,
  );
  try {
    await copyFile(kept, to);
    return;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
  await mkdir(KEPT, { recursive: true });
  for (const name of await readdir(KEPT)) if (!name.startsWith(sources)) await rm(join(KEPT, name), { force: true });
  // Two suites that begin at once both make it: that takes no longer than if one of them waited, and who is last wins.
  const own = `${to}.past`;
  const history = await openHistory(own, () => endMs);
  try {
    await importPast(history, options);
  } finally {
    await history.close();
  }
  await copyFile(own, to);
  const beside = `${kept}.${randomUUID()}`;
  await copyFile(own, beside);
  await rename(beside, kept);
  await rm(own);
}

async function importPast(history: History, { fleet, endMs, silent }: PastOptions): Promise<void> {
  for (const device of fleet.devices) {
    const sections = HEROES.includes(device.name) ? LONG : RECENT;
    const lastMs = device.name === silent.name ? endMs - silent.forMs : endMs;
    const series = Array.from(demoHistory(fleet, lastMs, sections, [device]), ({ kind, instance, metric, tMs, value }) => ({
      series: seriesKey(fixedId(device.name), fixedId(device.name, kind, instance), metric),
      tMs,
      value,
    }));
    await history.importSamples(series);
  }
}

async function hashOfSources(): Promise<string> {
  const hash = createHash('sha256').update(process.version);
  const paths = (await Array.fromAsync(glob(SOURCES, { cwd: ROOT }))).sort();
  for (const path of paths) hash.update(`\n${path}\n`).update(await readFile(join(ROOT, path)));
  return hash.digest('hex').slice(0, 12);
}
