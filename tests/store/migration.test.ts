/** Data folders of the first format are taken over as they are, and go on. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { seriesKey } from '../../core/model.ts';
import { rollupRecords, type Bin } from '../../core/rollup.ts';
import type { History } from '../../core/ports.ts';
import { bytesOf, encodeColumn, encodeTimes } from '../../store/embedded/codec.ts';
import { MIGRATIONS } from '../../store/embedded/migrations.ts';
import { createEmbeddedStore } from '../../store/embedded/store.ts';
import { binsOf, DAY, expectSame, historyOver, MINUTE, T0 } from './histories.ts';

const STEP_MS = 5 * MINUTE;
const SERIES = Array.from({ length: 40 }, (_s, n) =>
  seriesKey('dev', `if${n}`, n % 2 === 0 ? 'interface.in_bps' : 'interface.out_bps'),
);
/** Records in chunks, in the head, and those that are written after the change. */
const [CHUNK, HEAD, NEW] = [240, 90, 500];
/** Bins in chunks; the others are in the head. */
const CHUNK_BINS = 40;
const tMs = Float64Array.from({ length: CHUNK + HEAD + NEW }, (_t, i) => T0 + i * MINUTE + ((i * 37) % 900));
const valueAt = (i: number, n: number) => (i % 31 === 5 ? NaN : ((i + 1) * 7919 * (n + 1)) % 1009);
const valuesOf = (n: number) => Float64Array.from(tMs, (_t, i) => valueAt(i, n));
const binsUpTo = (count: number, n: number): Bin[] =>
  rollupRecords(tMs.subarray(0, count), valuesOf(n).subarray(0, count), null, STEP_MS);

/** A folder as the first format left it: records and bins in chunks of single series, and a head over them. */
function writeOld(path: string): void {
  const db = new DatabaseSync(path);
  db.exec(`PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; ${MIGRATIONS[0] ?? ''}; PRAGMA user_version = 1`);
  const run = (sql: string, ...values: (number | string | Uint8Array | null)[]) => db.prepare(sql).run(...values);
  run('INSERT INTO layout VALUES (1, ?)', bytesOf(Int32Array.from(SERIES, (_key, n) => n + 1)));
  run('INSERT INTO times VALUES (1, ?, ?)', tMs[CHUNK - 1] ?? 0, encodeTimes(tMs.subarray(0, CHUNK)));
  // The last bin is open and nowhere but in memory.
  const bins = SERIES.map((_key, n) => binsUpTo(CHUNK + HEAD, n).slice(0, -1));
  const slot = Math.floor(T0 / DAY);
  SERIES.forEach((key, n) => {
    run('INSERT INTO series VALUES (?, ?)', n + 1, key);
    const value = encodeColumn(valuesOf(n).subarray(0, CHUNK));
    run(
      'INSERT INTO raw (series, t0, t1, interval, times, value) VALUES (?, ?, ?, ?, 1, ?)',
      ...[n + 1, tMs[0] ?? 0, tMs[CHUNK - 1] ?? 0, MINUTE, value],
    );
    const packed = (['mean', 'min', 'max', 'known'] as const).map((name) => {
      const column = new Float64Array(288).fill(name === 'known' ? 0 : NaN);
      for (const bin of bins[n]?.slice(0, CHUNK_BINS) ?? []) column[(bin.tMs - slot * DAY) / STEP_MS] = bin[name];
      return encodeColumn(column);
    });
    const [mean = null, ...others] = packed;
    run('INSERT INTO r5 (id, series, slot, min, max, known) VALUES (?, ?, ?, ?, ?, ?)', n + 1, n + 1, slot, ...others);
    run('INSERT INTO r5_mean VALUES (?, ?)', n + 1, mean);
  });
  for (let i = CHUNK; i < CHUNK + HEAD; i++) {
    const row = bytesOf(Float64Array.from(SERIES, (_key, n) => valueAt(i, n)));
    run('INSERT INTO head_raw (layout, ts, interval, value) VALUES (1, ?, ?, ?)', tMs[i] ?? 0, MINUTE, row);
  }
  for (let at = CHUNK_BINS; at < (bins[0]?.length ?? 0); at++) {
    const columns = (['mean', 'min', 'max', 'known'] as const).map((name) =>
      bytesOf(Float64Array.from(bins, (own) => own[at]?.[name] ?? NaN)),
    );
    run('INSERT INTO head_r5 (layout, ts, mean, min, max, known) VALUES (1, ?, ?, ?, ?, ?)', bins[0]?.[at]?.tMs ?? 0, ...columns);
  }
  db.close();
}

async function expectAll(history: History, count: number): Promise<void> {
  const raw = await history.raw(SERIES, -Infinity, Infinity);
  for (const [n, key] of SERIES.entries()) {
    expect([...(raw[n]?.tMs ?? [])]).toEqual([...tMs.subarray(0, count)]);
    expect([...(raw[n]?.value ?? [])]).toEqual([...valuesOf(n).subarray(0, count)]);
    const wanted = binsUpTo(count, n).map((bin): [number, number, number, number, number] => [
      bin.tMs,
      bin.mean,
      bin.min,
      bin.max,
      bin.known,
    ]);
    expectSame(await binsOf(history, '5m', key), wanted, key);
  }
}

it('reads what the first version wrote, and goes on from there', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'saguaro-old-'));
  const path = join(folder, 'history.db');
  writeOld(path);
  const open = async () => historyOver(await createEmbeddedStore({ path }));
  let history = await open();
  await expectAll(history, CHUNK + HEAD);
  for (let i = CHUNK + HEAD; i < tMs.length; i++) {
    const values = Float64Array.from(SERIES, (_key, n) => valueAt(i, n));
    await history.append([{ device: 'dev', tMs: tMs[i] ?? 0, intervalMs: MINUTE, series: SERIES, values }]);
    if (i % 50 === 0) await history.maintain(tMs[i] ?? 0);
  }
  await expectAll(history, tMs.length);
  await history.close();
  history = await open();
  await expectAll(history, tMs.length);
  expect(await history.health()).toMatchObject({ ok: true, reason: '', series: SERIES.length });
  await history.close();
  await rm(folder, { recursive: true, force: true });
});
