import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { BIN_TIERS, TIER_STEP_MS } from '../../core/model.ts';
import { rollupRecords } from '../../core/rollup.ts';
import { createEmbeddedStore } from '../../store/embedded/store.ts';
import { createHistory } from '../../store/history.ts';
import { rowAt, SERIES, STEP_MS, T0, TIERS, valueAt } from './appended.ts';

const KILLS = process.env['SAGUARO_LONG'] ? 200 : 10;
const SCRIPT = fileURLToPath(new URL('./appender.ts', import.meta.url));
const FIRST_ACK_MS = 15_000;

/** Runs the appender until some milliseconds after its first word; the last row it said was durable. */
async function runAndKill(folder: string, afterMs: number): Promise<number> {
  const child = spawn(process.execPath, [SCRIPT, folder], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let errors = '';
  let timer: NodeJS.Timeout | null = null;
  const deadline = setTimeout(() => child.kill('SIGKILL'), FIRST_ACK_MS);
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
    timer ??= setTimeout(() => child.kill('SIGKILL'), afterMs);
  });
  const signal = await new Promise((resolve) => child.on('close', (_code, by) => resolve(by)));
  clearTimeout(deadline);
  if (timer) clearTimeout(timer);
  expect(errors).toBe('');
  expect(signal).toBe('SIGKILL');
  // The last line may be torn.
  const lines = out.slice(0, out.lastIndexOf('\n')).split('\n');
  expect(lines.length).toBeGreaterThan(0);
  return Number(lines.at(-1));
}

it(
  `loses nothing acknowledged in ${KILLS} kills, and bins are what they would have been`,
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'saguaro-kill-'));
    let seed = 20260501;
    let acknowledged = -1;
    for (let kill = 0; kill < KILLS; kill++) {
      seed = (seed * 48_271) % 2_147_483_647;
      const last = await runAndKill(folder, 10 + (seed % 400));
      expect(last).toBeGreaterThan(acknowledged);
      acknowledged = last;
    }
    const store = await createEmbeddedStore({ path: join(folder, 'history.db') });
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const history = await createHistory({
      store,
      tiers: TIERS,
      nowMs: () => T0,
      log,
    });
    const raw = await history.raw(SERIES, -Infinity, Infinity);
    for (const [n, columns] of raw.entries()) {
      // A row may have become durable without its word getting out.
      expect(columns.tMs.length).toBeGreaterThanOrEqual(acknowledged + 1);
      expect(columns.tMs.length).toBeLessThanOrEqual(acknowledged + 1 + KILLS);
      expect([...columns.tMs]).toEqual(Array.from(columns.tMs, (_t, i) => T0 + i * STEP_MS));
      expect([...columns.value]).toEqual(Array.from(columns.value, (_v, i) => valueAt(i, n)));
      for (const tier of BIN_TIERS) {
        const [bins] = await history.bins([SERIES[n] ?? ''], tier, 0, Infinity);
        const wanted = rollupRecords(columns.tMs, columns.value, null, TIER_STEP_MS[tier]);
        expect([...(bins?.tMs ?? [])]).toEqual(wanted.map((bin) => bin.tMs));
        wanted.forEach((bin, i) => {
          expect(bins?.mean[i]).toBeCloseTo(bin.mean, 6);
          expect([bins?.min[i], bins?.max[i]]).toEqual([bin.min, bin.max]);
          expect(bins?.known[i]).toBeCloseTo(bin.known, 9);
        });
      }
    }
    expect(await history.health()).toMatchObject({ ok: true, reason: '' });
    await history.append([rowAt(raw[0]?.tMs.length ?? 0)]);
    await history.close();
    await rm(folder, { recursive: true, force: true });
  },
  KILLS * 10_000 + 30_000,
);
