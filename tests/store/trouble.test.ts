import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { mkdtemp, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_TIERS, seriesKey } from '../../core/model.ts';
import type { RawColumns, RawRow, WriteResult } from '../../core/ports.ts';
import { createEmbeddedStore, type EmbeddedStore } from '../../store/embedded/store.ts';
import { DataFolderError } from '../../store/failures.ts';
import { createHistory } from '../../store/history.ts';
import { canMount } from './mounting.ts';

const T0 = Date.UTC(2026, 6, 1);
const MINUTE = 60_000;
const SERIES = Array.from({ length: 100 }, (_s, n) => seriesKey('dev', `if${n}`, 'interface.in_bps'));
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const rowAt = (i: number, series = SERIES): RawRow => ({
  device: 'dev',
  tMs: T0 + i * MINUTE,
  intervalMs: MINUTE,
  series,
  values: Float64Array.from(series, (_s, n) => ((i + 1) * 7919 * (n + 1)) % 1009),
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'saguaro-trouble-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Writes until the store says it cannot; how many rows went in. */
async function fill(store: EmbeddedStore, from = 0): Promise<{ rows: number; answer: WriteResult }> {
  for (let i = from; i < 20_000; i++) {
    const answer = await store.write({ raw: [rowAt(i)], bins: [] });
    if (answer.result !== 'ok') return { rows: i, answer };
  }
  throw new Error('it never became full');
}
async function expectRows(store: EmbeddedStore, rows: number): Promise<void> {
  const [first, , last] = await store.raw([SERIES[0] ?? '', SERIES[50] ?? '', SERIES[99] ?? ''], 0, Infinity);
  for (const [n, columns] of [[0, first] as const, [99, last] as const]) {
    expect(columns?.tMs.length).toBe(rows);
    expect([...(columns?.value ?? [])]).toEqual(Array.from({ length: rows }, (_r, i) => ((i + 1) * 7919 * (n + 1)) % 1009));
  }
}

describe('a full disk', () => {
  it('is said in a sentence, loses nothing, and is over when there is room', async () => {
    const path = join(folder, 'history.db');
    let store = await createEmbeddedStore({ path, mostBytes: 1_000_000 });
    const { rows, answer } = await fill(store);
    expect(answer).toMatchObject({ result: 'blocked' });
    expect(answer).toHaveProperty('reason', expect.stringMatching(/^The disk is full: .* cannot grow; free some space/));
    expect(rows).toBeGreaterThan(100);
    await expectRows(store, rows);
    await store.close();
    store = await createEmbeddedStore({ path });
    await expectRows(store, rows);
    expect(await store.write({ raw: [rowAt(rows)], bins: [] })).toEqual({ result: 'ok' });
    await expectRows(store, rows + 1);
    await store.close();
  });

  it.runIf(canMount())('behaves so on a real one, also through the history', async () => {
    const mount = join(folder, 'small');
    mkdirSync(mount);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', mount]);
    try {
      const ballast = join(mount, 'ballast');
      await writeFile(ballast, Buffer.alloc(1_000_000));
      const store = await createEmbeddedStore({ path: join(mount, 'history.db') });
      let nowMs = T0;
      const history = await createHistory({ store, tiers: DEFAULT_TIERS, nowMs: () => nowMs, log: quiet });
      let i = 0;
      for (; (await history.health()).waitingRows === 0; i++) {
        if (i > 20_000) throw new Error('it never became full');
        await history.append([rowAt(i)]);
      }
      expect(await history.health()).toMatchObject({ ok: false, reason: expect.stringContaining('The disk is full') as string });
      for (const end = i + 50; i < end; i++) {
        nowMs += MINUTE;
        await history.append([rowAt(i)]);
      }
      await truncate(ballast, 0);
      nowMs += 10 * MINUTE;
      await history.maintain(T0);
      expect(await history.health()).toMatchObject({ waitingRows: 0, droppedSamples: 0 });
      await expectRows(store, i);
      await history.close();
    } finally {
      execFileSync('umount', ['-l', mount]);
    }
  });
});

describe('damage', () => {
  /** Flips a bit in the middle of a stored value. */
  const hurtIn = (path: string, table: string, id: unknown) => {
    const db = new DatabaseSync(path);
    const bytes = (db.prepare(`SELECT value FROM ${table} WHERE id = ?`).get(Number(id))?.['value'] as Uint8Array).slice();
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 0x10;
    db.prepare(`UPDATE ${table} SET value = ? WHERE id = ?`).run(bytes, Number(id));
    db.close();
  };
  const rowsOf = (path: string, sql: string) => {
    const db = new DatabaseSync(path);
    const rows = db.prepare(sql).all();
    db.close();
    return rows;
  };
  /** That of 1000 rows nothing is there from t0 to t1 but a gap. */
  const expectGap = (columns: RawColumns | undefined, t0: number, t1: number) => {
    expect([...(columns?.tMs ?? [])].filter((t) => t >= t0 && t <= t1)).toEqual([t1]);
    expect(columns?.value[columns.tMs.indexOf(t1)]).toBeNaN();
    expect(columns?.tMs.length).toBe(1000 - Math.round((t1 - t0) / MINUTE));
  };

  it('shows a damaged block as a gap, counts it, and serves everything else', async () => {
    const path = join(folder, 'history.db');
    let store = await createEmbeddedStore({ path });
    await store.ensureTiers(DEFAULT_TIERS);
    for (let i = 0; i < 1000; i++) await store.write({ raw: [rowAt(i)], bins: [] });
    await store.close();
    const block = rowsOf(path, 'SELECT id, t0, t1 FROM raw_block WHERE first = 0 ORDER BY t0')[1];
    hurtIn(path, 'raw_block', block?.['id']);
    store = await createEmbeddedStore({ path });
    const [damaged, beside, sound] = await store.raw([SERIES[7] ?? '', SERIES[8] ?? '', SERIES[50] ?? ''], 0, Infinity);
    expect(sound?.tMs.length).toBe(1000);
    const [t0, t1] = [Number(block?.['t0']), Number(block?.['t1'])];
    expectGap(damaged, t0, t1);
    expectGap(beside, t0, t1);
    expect(await store.health()).toMatchObject({
      ok: false,
      reason:
        'One stored chunk is damaged and shown as gaps; restore the history from a backup to get them back, and check the disk.',
    });
    // What is written over it counts again; what was there is kept aside.
    const repair = Array.from({ length: 30 }, (_r, i) => ({
      ...rowAt(0, [SERIES[7] ?? '']),
      tMs: t0 + i * MINUTE,
      values: Float64Array.of(5),
    }));
    expect(await store.write({ raw: repair, bins: [] })).toEqual({ result: 'ok' });
    const [after, still] = await store.raw([SERIES[7] ?? '', SERIES[8] ?? ''], t0 - 1, t0 + 29 * MINUTE);
    expect([...(after?.value ?? [])]).toEqual(repair.map(() => 5));
    expect(still?.tMs.length).toBe(0);
    await store.close();
    expect(rowsOf(path, 'SELECT count(*) AS n FROM damaged')[0]?.['n']).toBe(1);
  });

  it('does so with a damaged chunk of one series', async () => {
    const path = join(folder, 'history.db');
    let store = await createEmbeddedStore({ path });
    for (let i = 0; i < 1000; i++) await store.write({ raw: [rowAt(i)], bins: [] });
    // A late word about each of them: their blocks come apart.
    const late = Array.from({ length: 20 }, (_r, i) => rowAt(i * 20));
    expect(await store.write({ raw: late, bins: [] })).toEqual({ result: 'ok' });
    await store.close();
    const sql = `SELECT raw.id, t0, t1 FROM raw JOIN series ON series.id = raw.series WHERE key = '${SERIES[7] ?? ''}' ORDER BY t0`;
    const chunk = rowsOf(path, sql)[0];
    hurtIn(path, 'raw', chunk?.['id']);
    store = await createEmbeddedStore({ path });
    const [damaged, sound] = await store.raw([SERIES[7] ?? '', SERIES[8] ?? ''], 0, Infinity);
    expect(sound?.tMs.length).toBe(1000);
    expectGap(damaged, Number(chunk?.['t0']), Number(chunk?.['t1']));
    expect(await store.health()).toMatchObject({ ok: false, reason: expect.stringContaining('One stored chunk') as string });
    await store.close();
  });

  it('refuses a file that is no history at all', async () => {
    const path = join(folder, 'history.db');
    await writeFile(path, Buffer.alloc(50_000, 'not a database '));
    const opening = createEmbeddedStore({ path });
    await expect(opening).rejects.toThrow(DataFolderError);
    await expect(opening).rejects.toThrow(/is damaged .*restore it from a backup or move it away/);
  });
});

describe('versions', () => {
  it('refuses a history of a newer version in a sentence and leaves it alone', async () => {
    const path = join(folder, 'history.db');
    await (await createEmbeddedStore({ path })).close();
    const db = new DatabaseSync(path);
    db.exec('PRAGMA user_version = 99');
    db.close();
    const before = await stat(path);
    await expect(createEmbeddedStore({ path })).rejects.toThrow(
      /written by a newer version of Saguaro \(format 99, this one knows 4\); start that version/,
    );
    expect((await stat(path)).size).toBe(before.size);
  });
});

describe('backupTo', () => {
  it('copies a history while it is written', async () => {
    const store = await createEmbeddedStore({ path: join(folder, 'history.db') });
    for (let i = 0; i < 300; i++) await store.write({ raw: [rowAt(i)], bins: [] });
    const copying = store.backupTo(join(folder, 'copy.db'));
    for (let i = 300; i < 320; i++) await store.write({ raw: [rowAt(i)], bins: [] });
    await copying;
    await store.close();
    const copy = await createEmbeddedStore({ path: join(folder, 'copy.db') });
    const [columns] = await copy.raw([SERIES[0] ?? ''], 0, Infinity);
    expect(columns?.tMs.length).toBeGreaterThanOrEqual(300);
    await copy.close();
  });
});
