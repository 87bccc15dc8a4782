/** A history copied from store to store. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BIN_TIERS, DEFAULT_TIERS, seriesKey, TIERS } from '../../core/model.ts';
import type { RawRow, SeriesStore } from '../../core/ports.ts';
import { createEmbeddedStore } from '../../store/embedded/store.ts';
import { createHistory } from '../../store/history.ts';
import { KEPT_FOR_EVER } from '../../store/history/recompute.ts';
import { createMemoryStore } from '../../store/memory.ts';
import { compareHistories, migrateHistory, MigrationStopped, type MigrationOptions } from '../../store/migration.ts';
import { createFakeClock } from '../collector/fake-clock.ts';
import { open, quiet, shared } from './histories.ts';

const T0 = Date.UTC(2026, 3, 3, 4, 5, 6);
const DAY = 86_400_000;
const KEEP_ALL = DEFAULT_TIERS.map(({ tier }) => ({ tier, retentionMs: null }));
type Source = MigrationOptions['from'];

/** Two devices, one of them with series that go at different times, gaps, an interval that changes, a year between. */
async function filled(): Promise<Source> {
  const store = createMemoryStore() as Source;
  const history = await createHistory({ store: shared(store), tiers: KEEP_ALL, nowMs: () => T0, log: quiet });
  const row = (device: string, tMs: number, metrics: readonly string[], value: (n: number) => number): RawRow => ({
    device,
    tMs,
    intervalMs: 60_000,
    series: metrics.map((metric) => seriesKey(device, 'if1', `interface.${metric}`)),
    values: Float64Array.from(metrics, (_m, n) => value(n)),
  });
  for (let i = 0; i < 4 * 1440; i++) {
    const tMs = T0 + i * 60_000 + (i > 3000 ? i * 17 : 0);
    const rows = [row('a', tMs, ['in_bps', 'out_bps'], (n) => (i % 50 === 7 ? NaN : i * 10 + n / 3))];
    if (i % 2 === 0) rows.push(row('a', tMs + 5, ['errors'], () => i));
    if (i % 5 === 0) rows.push(row('b', tMs + 11, ['in_bps'], () => -i / 7));
    await history.append(rows);
  }
  await history.append([row('b', T0 + 380 * DAY, ['in_bps'], () => NaN), row('b', T0 + 380 * DAY + 60_000, ['in_bps'], () => 5)]);
  await history.maintain(T0 + 382 * DAY);
  await history.close();
  return store;
}

async function embedded(): Promise<SeriesStore> {
  const folder = await mkdtemp(join(tmpdir(), 'saguaro-copy-'));
  const store = await createEmbeddedStore({ path: join(folder, 'history.db') });
  await store.ensureTiers(KEEP_ALL);
  open.push(async () => {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });
  return store;
}

describe('a migration', () => {
  it('copies every record and bin, and says so', async () => {
    const [from, to] = [await filled(), await embedded()];
    const devices: string[] = [];
    const progress = await migrateHistory({
      from,
      to,
      clock: createFakeClock(),
      done: new Set(),
      onDevice: (device) => void devices.push(device),
    });
    expect(devices).toEqual(['a', 'b']);
    expect(progress).toMatchObject({ devices: 2, ofDevices: 2, series: 4 });
    const compared = await compareHistories(from, to, KEPT_FOR_EVER);
    expect(compared).toMatchObject({ different: 0, missing: 0, foreign: 0, expired: 0, examples: [], series: 4 });
    expect(compared.values).toBe(progress.values);
    const keys = await from.keys();
    for (const tier of BIN_TIERS)
      expect(await to.bins(keys, tier, -Infinity, Infinity)).toEqual(await from.bins(keys, tier, -Infinity, Infinity));
    expect(await to.raw(keys, -Infinity, Infinity)).toEqual(await from.raw(keys, -Infinity, Infinity));
  });

  it('goes on after the last device that was finished, and says what it was stopped by', async () => {
    const [from, to] = [await filled(), await embedded()];
    const done = new Set<string>();
    let writes = 0;
    const failing: SeriesStore = {
      ...to,
      write: (batch) =>
        batch.raw[0]?.device === 'b' && writes++ === 0
          ? Promise.resolve({ result: 'blocked', reason: 'The disk is full.' })
          : to.write(batch),
    };
    const run = () =>
      migrateHistory({ from, to: failing, clock: createFakeClock(), done, onDevice: (device) => void done.add(device) });
    await expect(run()).rejects.toThrow(new MigrationStopped('The disk is full.'));
    expect([...done]).toEqual(['a']);
    const second = await run();
    expect(second.values).toBeGreaterThan(0);
    expect(await compareHistories(from, to, KEPT_FOR_EVER)).toMatchObject({ different: 0, missing: 0, foreign: 0 });
    // Again changes nothing, and copies nothing.
    expect(await run()).toMatchObject({ values: 0, devices: 2 });
  });

  it('finds what is missing, what differs, what is foreign, and forgives what has expired', async () => {
    const [from, to] = [await filled(), createMemoryStore()];
    await migrateHistory({ from, to, clock: createFakeClock(), done: new Set(), onDevice: () => undefined });
    const series = [seriesKey('a', 'if1', 'interface.in_bps')];
    const at = async (i: number) => (await from.raw(series, -Infinity, Infinity))[0]?.tMs[i] ?? 0;
    const put = async (tMs: number, value: number) =>
      to.write({ raw: [{ device: 'a', tMs, intervalMs: 60_000, series, values: Float64Array.of(value) }], bins: [] });
    await put(await at(10), Infinity);
    await put(await at(20), 1e9);
    await put((await at(30)) + 1, 7);
    const compared = await compareHistories(from, to, KEPT_FOR_EVER);
    expect(compared).toMatchObject({ different: 1, missing: 1, foreign: 1, expired: 0 });
    expect(compared.examples).toHaveLength(3);
    expect(compared.examples.join('\n')).toContain('a/if1/interface.in_bps at 2026-04-03T04:15:06.000Z (raw): is missing');
    const kept = Object.fromEntries(TIERS.map((tier) => [tier, T0 + DAY])) as typeof KEPT_FOR_EVER;
    expect(await compareHistories(from, to, kept)).toMatchObject({ missing: 0, expired: 1 });
  });

  it('has nothing to do with nothing', async () => {
    const from = createMemoryStore() as Source;
    expect(
      await migrateHistory({
        from,
        to: createMemoryStore(),
        clock: createFakeClock(),
        done: new Set(),
        onDevice: () => undefined,
      }),
    ).toMatchObject({ devices: 0, values: 0 });
  });
});
