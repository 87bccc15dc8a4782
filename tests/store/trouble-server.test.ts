/** A real server whose disk becomes full, and a history that is told to end with much still waiting. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, statfsSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { SeriesData, StatusView } from '../../core/api.ts';
import { DEFAULT_TIERS, seriesKey } from '../../core/model.ts';
import { createEmbeddedStore } from '../../store/embedded/store.ts';
import { createHistory } from '../../store/history.ts';
import { folder, get, saguaro, startServer, until } from '../cli/processes.ts';
import { canMount } from './mounting.ts';

const space = folder('trouble');
afterAll(() => space.remove());
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

it.runIf(canMount())(
  'a server on a full disk says so, keeps what it measures, and goes on by itself when there is room',
  async () => {
    const mount = join(space.path, 'small');
    mkdirSync(mount);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', mount]);
    const config = join(space.path, 'saguaro.yaml');
    writeFileSync(config, 'thisMachine: {interval: 1s, name: here, snmp: false}\n');
    const env = { SAGUARO_CONFIG: config, SAGUARO_DATA: join(mount, 'data') };
    const server = await startServer(env);
    try {
      const store = async () => (await get<StatusView>(server, 'status')).store;
      const readings = async () => {
        const query = new URLSearchParams({ series: 'here/load/load.one', from: '-1h', tier: 'raw' });
        const { items } = await get<{ items: SeriesData[] }>(server, `series/data?${query.toString()}`);
        return items[0]?.bins ?? [];
      };
      const measured = async () => {
        const bins = await readings().catch(() => []);
        return bins.filter(({ mean }) => mean !== null);
      };
      const before = await until(measured, (bins) => bins.length >= 2);
      const ballast = join(mount, 'ballast');
      const { bavail, bsize } = statfsSync(mount);
      writeFileSync(ballast, Buffer.alloc(bavail * bsize - 8 * bsize));
      const full = await until(store, ({ ok }) => !ok, 40_000);
      expect(full.reason).toMatch(
        /^The disk is full: .*history\.db cannot grow; free some space and writing goes on by itself\./,
      );
      const told = await saguaro(['status'], env);
      expect(told.status).toBe(1);
      expect(told.stdout).toMatch(/Store: The disk is full/);
      truncateSync(ballast, 0);
      await until(store, ({ ok }) => ok, 100_000);
      const after = await until(measured, (bins) => bins.length >= before.length + 2);
      for (const bin of before) expect(after).toContainEqual(bin);
      const all = await readings();
      expect(
        all.slice(all.findIndex(({ mean }) => mean !== null)).filter(({ mean }) => mean === null),
        'what was measured meanwhile came later, and none of it is missing',
      ).toEqual([]);
      expect(await server.stop()).toBe(0);
    } finally {
      await server.stop();
      execFileSync('umount', ['-l', mount]);
    }
  },
  180_000,
);

it('a history that is told to end writes all that waits', async () => {
  const path = join(space.path, 'history.db');
  const [rows, width] = [300, 2_000];
  const series = Array.from({ length: width }, (_key, n) => seriesKey('dev', `if${n}`, 'interface.in_bps'));
  const t0 = Date.UTC(2026, 6, 1);
  const open = async () =>
    createHistory({ store: await createEmbeddedStore({ path }), tiers: DEFAULT_TIERS, nowMs: () => t0, log: quiet });
  const history = await open();
  const appended = Array.from({ length: rows }, (_row, i) => {
    const values = Float64Array.from(series, (_key, n) => i * width + n);
    return history.append([{ device: 'dev', tMs: t0 + i * 60_000, intervalMs: 60_000, series, values }]);
  });
  await history.close();
  await Promise.all(appended);
  const again = await open();
  const found = await again.raw([series[0] ?? '', series.at(-1) ?? ''], -Infinity, Infinity);
  expect(found.map(({ value }) => [value.length, value.at(-1)])).toEqual([
    [rows, (rows - 1) * width],
    [rows, rows * width - 1],
  ]);
  await again.close();
});
