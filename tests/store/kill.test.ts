/** kill -9 while rows are appended, bins made, blocks closed, history expires and backups are taken. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { BIN_TIERS, TIER_STEP_MS } from '../../core/model.ts';
import { rollupRecords } from '../../core/rollup.ts';
import { checkFile } from '../../store/embedded/check-file.ts';
import { createEmbeddedStore } from '../../store/embedded/store.ts';
import { createHistory } from '../../store/history.ts';
import { KEPT_MS, rowsAt, SERIES, STEP_MS, T0, TIERS, valueAt } from './appended.ts';

const KILLS = process.env['SAGUARO_LONG'] ? 200 : 20;
const SCRIPT = fileURLToPath(new URL('./appender.ts', import.meta.url));
const FIRST_ACK_MS = 15_000;
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

interface Said {
  /** The last row that was durable. */
  readonly row: number;
  /** Rows that were durable when the backups began that became whole. */
  readonly backups: readonly number[];
}

/** Runs the appender until some milliseconds after its first word. */
async function runAndKill(folder: string, afterMs: number): Promise<Said> {
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
  const numbers = (word: string) => lines.filter((line) => line.startsWith(word)).map((line) => Number(line.split(' ')[1]));
  expect(numbers('row').length).toBeGreaterThan(0);
  return { row: numbers('row').at(-1) ?? -1, backups: numbers('backup') };
}

/** That a history holds every row up to one, as far as it is kept, and the bins they make. */
async function expectAll(path: string, acknowledged: number, more: number): Promise<void> {
  expect(checkFile(path)).toMatchObject({ sound: true, damaged: 0, setAside: 0 });
  const store = await createEmbeddedStore({ path });
  const history = await createHistory({ store, tiers: TIERS, nowMs: () => T0, log: quiet });
  const raw = await history.raw(SERIES, -Infinity, Infinity);
  const rows = ((raw[0]?.tMs.at(-1) ?? 0) - T0) / STEP_MS + 1;
  // A row may have become durable without its word getting out.
  expect(rows).toBeGreaterThanOrEqual(acknowledged + 1);
  expect(rows).toBeLessThanOrEqual(acknowledged + 1 + more);
  const truth = Float64Array.from({ length: rows }, (_t, i) => T0 + i * STEP_MS);
  // Upkeep may have come after the last row that was acknowledged, and never after the last one that is there.
  const kept = (tier: keyof typeof KEPT_MS) => T0 + (rows - 1) * STEP_MS - (KEPT_MS[tier] ?? Infinity);
  for (const [n, columns] of raw.entries()) {
    const first = Math.max(0, ((columns.tMs[0] ?? 0) - T0) / STEP_MS);
    if (first > 0) expect(columns.tMs[0]).toBeLessThanOrEqual(Math.max(T0, kept('raw') + STEP_MS));
    expect([...columns.tMs]).toEqual([...truth.subarray(first)]);
    expect([...columns.value]).toEqual(Array.from(columns.value, (_v, i) => valueAt(first + i, n)));
    const values = Float64Array.from(truth, (_t, i) => valueAt(i, n));
    for (const tier of BIN_TIERS) {
      const [bins] = await history.bins([SERIES[n] ?? ''], tier, 0, Infinity);
      const all = rollupRecords(truth, values, null, TIER_STEP_MS[tier]);
      const begin = all.findIndex((bin) => bin.tMs === bins?.tMs[0]);
      if (begin !== 0) expect(bins?.tMs[0]).toBeLessThanOrEqual(kept(tier) + TIER_STEP_MS[tier]);
      const wanted = all.slice(begin);
      expect([...(bins?.tMs ?? [])]).toEqual(wanted.map((bin) => bin.tMs));
      const wrong = wanted.filter(
        (bin, i) =>
          Math.abs((bins?.mean[i] ?? NaN) - bin.mean) > 1e-6 ||
          bins?.min[i] !== bin.min ||
          bins.max[i] !== bin.max ||
          Math.abs((bins.known[i] ?? NaN) - bin.known) > 1e-9,
      );
      expect(wrong, `${tier} of ${SERIES[n]}`).toEqual([]);
    }
  }
  expect(await history.health()).toMatchObject({ ok: true, reason: '' });
  await history.append(rowsAt(rows));
  await history.close();
}

it(
  `loses nothing acknowledged in ${KILLS} kills, and bins and backups are what they would have been`,
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'saguaro-kill-'));
    const path = join(folder, 'history.db');
    try {
      let seed = 20260501;
      let acknowledged = -1;
      const backups: { file: string; row: number }[] = [];
      for (let kill = 0; kill < KILLS; kill++) {
        seed = (seed * 48_271) % 2_147_483_647;
        const said = await runAndKill(folder, 10 + (seed % 400));
        expect(said.row).toBeGreaterThan(acknowledged);
        acknowledged = said.row;
        for (const row of said.backups) backups.push({ file: join(folder, `backup-${row}.db`), row });
      }
      const db = new DatabaseSync(path);
      const count = (table: string) => Number(db.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n']);
      expect(count('raw_block'), 'blocks were closed').toBeGreaterThan(20);
      db.close();
      await expectAll(path, acknowledged, KILLS);
      expect(backups.length).toBeGreaterThan(0);
      for (const { file, row } of [backups.at(0), backups.at(-1)].filter((one) => one !== undefined)) {
        expect(existsSync(file)).toBe(true);
        // Rows that came while it was copied may be in it as well.
        await expectAll(file, row, 100);
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
  KILLS * 10_000 + 60_000,
);
