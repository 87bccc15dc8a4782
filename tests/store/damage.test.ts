/**
 * Kinds of damage to history.db: whatever happens to the file, it is refused in words or answers with the
 * truth and gaps; health tells of it, a check finds it, and a repair leaves a history that is whole again.
 */
import { closeSync, ftruncateSync, openSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkFile } from '../../store/embedded/check-file.ts';
import { PAGE_BYTES as PAGE } from '../../store/embedded/migrations.ts';
import { DataFolderError } from '../../store/failures.ts';
import { repairHistory } from '../../store/repair.ts';
import { ALL, expectNothingWrong, LISTS, NEXT_MS, reading, rowAt, sayAll, wholeHistory, type Whole } from './damaging.ts';

const LONG = process.env['SAGUARO_LONG'] === '1';
const FLIPS = LONG ? 200 : 10;

let whole: Whole;
beforeAll(async () => {
  whole = await wholeHistory();
});
afterAll(() => whole.remove());

type Bytes = Uint8Array;
const sql = (path: string, work: (db: DatabaseSync) => void) => {
  const db = new DatabaseSync(path);
  work(db);
  db.close();
};
/** A row in the middle of a table; of the head one that has not moved. */
const middle = (db: DatabaseSync, table: string): number => {
  const key = table.startsWith('head_') ? 'seq' : 'id';
  const live = table.startsWith('head_') ? `WHERE seq > ifnull((SELECT max(seq) FROM moved WHERE head = '${table}'), 0)` : '';
  const rows = db.prepare(`SELECT ${key} AS id FROM ${table} ${live} ORDER BY ${key}`).all();
  expect(rows.length, `rows of ${table}`).toBeGreaterThan(0);
  return Number(rows[rows.length >> 1]?.['id']);
};
const keyOf = (table: string) => (table.startsWith('head_') ? 'seq' : 'id');
/** Replaces a blob of a row in the middle. */
const blob = (table: string, column: string, change: (bytes: Bytes) => Bytes | null) => (path: string) =>
  sql(path, (db) => {
    const id = middle(db, table);
    const row = db.prepare(`SELECT ${column} AS bytes FROM ${table} WHERE ${keyOf(table)} = ?`).get(id);
    const bytes = (row?.['bytes'] as Bytes).slice();
    db.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${keyOf(table)} = ?`).run(change(bytes), id);
  });
const set = (table: string, assignment: string) => (path: string) =>
  sql(path, (db) => db.exec(`UPDATE ${table} SET ${assignment} WHERE ${keyOf(table)} = ${middle(db, table)}`));
const run = (statement: string) => (path: string) => sql(path, (db) => db.exec(statement));
const flip = (bytes: Bytes): Bytes => {
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 0x10;
  return bytes;
};
const half = (bytes: Bytes): Bytes => bytes.slice(0, bytes.length >> 1);
/** Changes the frame of a blob and makes its checksum right again, as a mistake of a program would. */
const reframed =
  (change: (bytes: Bytes) => void) =>
  (bytes: Bytes): Bytes => {
    change(bytes);
    bytes[1] = 0;
    new DataView(bytes.buffer).setUint32(4, crc32(bytes.subarray(8), crc32(bytes.subarray(0, 4))), true);
    return bytes;
  };
const overwrite = (at: (bytes: number) => number, bytes: Bytes) => (path: string) => {
  const file = openSync(path, 'r+');
  writeSync(file, bytes, 0, bytes.length, at(statSync(path).size));
  closeSync(file);
};
const cut = (to: (bytes: number) => number) => (path: string) => {
  const file = openSync(path, 'r+');
  ftruncateSync(file, to(statSync(path).size));
  closeSync(file);
};
const onPage = (page: (pages: number) => number) => (bytes: number) => page(Math.floor(bytes / PAGE)) * PAGE;
const zeros = new Uint8Array(PAGE);

/** Pages of the middle over pages near the end. */
function copyPages(count: number): (path: string) => void {
  return (path) => {
    const bytes = readFileSync(path);
    const at = (step: number) => step * count * PAGE;
    const steps = Math.floor(bytes.length / PAGE / count);
    overwrite(() => at(steps - 3), bytes.subarray(at(steps >> 1), at((steps >> 1) + 1)))(path);
  };
}

/** told: opens, and health says it. found: opens, and only a check finds it. refused: does not open. */
type Outcome = 'told' | 'found' | 'refused' | 'refused or told';
const KINDS: readonly (readonly [name: string, damage: (path: string) => void, outcome: Outcome])[] = [
  ['a flipped bit in a row of the head', blob('head_raw', 'value', flip), 'told'],
  ['a row of the head cut short', blob('head_raw', 'value', half), 'told'],
  ['a row of the head without a byte', blob('head_raw', 'value', () => new Uint8Array(0)), 'told'],
  ['checksums of the head cut short', blob('head_raw', 'sums', half), 'told'],
  ['a moment of the head moved by 5 s', set('head_raw', 'ts = ts + 5000'), 'told'],
  ['a row of the head given to another layout', set('head_raw', 'layout = 3 - layout, ts = ts + 1'), 'told'],
  ['a flipped bit in the means of the head', blob('head_r5', 'mean', flip), 'told'],
  ['maxima of the head cut short', blob('head_r5', 'max', half), 'told'],
  ['a head of hours that says less is known', blob('head_r60', 'known', () => null), 'found'],
  ['a flipped bit in a block', blob('raw_block', 'value', flip), 'told'],
  ['a block cut short', blob('raw_block', 'value', half), 'told'],
  ['a block of four bytes', blob('raw_block', 'value', (bytes) => bytes.slice(0, 4)), 'told'],
  [
    'a block of an unknown codec',
    blob(
      'raw_block',
      'value',
      reframed((bytes) => (bytes[0] = 77)),
    ),
    'told',
  ],
  [
    'a block that says it has more values',
    blob(
      'raw_block',
      'value',
      reframed((bytes) => (bytes[2] = (bytes[2] ?? 0) + 1)),
    ),
    'told',
  ],
  [
    'a block packed anew over nonsense',
    blob(
      'raw_block',
      'value',
      reframed((bytes) => bytes.fill(7, 8)),
    ),
    'told',
  ],
  ['a block that ends a minute later', set('raw_block', 't1 = t1 + 60000'), 'told'],
  ['a block that ends in a thousand years', set('raw_block', 't1 = t1 + 3.2e13'), 'told'],
  ['a block that begins earlier', set('raw_block', 't0 = t0 - 5000'), 'told'],
  ['a block of another interval', set('raw_block', 'interval = interval * 3'), 'told'],
  ['a block that refers to other moments', set('raw_block', 'times = (SELECT max(id) FROM times WHERE id <> times)'), 'told'],
  ['a block that refers to no moments', set('raw_block', 'times = 987654'), 'told'],
  ['a block of other series', set('raw_block', 'first = 0, t0 = t0 + 1'), 'told'],
  [
    'two blocks with each other’s values',
    (path) =>
      sql(path, (db) => {
        const [one, two] = db.prepare('SELECT id, value FROM raw_block WHERE first = 0 AND layout = 1 ORDER BY id LIMIT 2').all();
        const put = db.prepare('UPDATE raw_block SET value = ? WHERE id = ?');
        put.run(one?.['value'] as Bytes, Number(two?.['id']));
        put.run(two?.['value'] as Bytes, Number(one?.['id']));
      }),
    'told',
  ],
  ['a flipped bit in a chunk', blob('raw', 'value', flip), 'told'],
  ['a chunk of another series', set('raw', 'series = series + 1, t0 = t0 + 1'), 'told'],
  ['a flipped bit in moments', blob('times', 'stamps', flip), 'told'],
  ['moments gone', run('DELETE FROM times WHERE id = (SELECT times FROM raw_block ORDER BY id LIMIT 1 OFFSET 3)'), 'told'],
  ['a flipped bit in the means of a block', blob('r5_block_mean', 'mean', flip), 'told'],
  ['means of a block cut short', blob('r5_block_mean', 'mean', half), 'told'],
  ['a flipped bit in the maxima of a block', blob('r5_block', 'max', flip), 'told'],
  ['a flipped bit in what is known', blob('r60_block', 'known', flip), 'told'],
  ['a block of bins that begins later', set('r5_block', 'b0 = b0 + 7'), 'told'],
  ['a block of more bins than there can be', set('r5_block', 'n = 9e15'), 'told'],
  ['a block of no bins', set('r5_block', 'n = 0'), 'found'],
  ['means gone', run('DELETE FROM r5_block_mean WHERE id = (SELECT min(id) FROM r5_block)'), 'told'],
  [
    'the means of one block for those of another',
    run(
      'UPDATE r5_block_mean SET mean = (SELECT mean FROM r5_block_mean ORDER BY id DESC LIMIT 1) WHERE id = (SELECT min(id) FROM r5_block)',
    ),
    'told',
  ],
  ['a chunk of bins of another day', set('r5', 'slot = slot + 50'), 'told'],
  ['a chunk of bins of another series', set('r5', 'series = series + 2, slot = slot + 1000'), 'told'],
  ['a layout gone', run('DELETE FROM layout WHERE id = 1'), 'told'],
  ['a layout cut short', run('UPDATE layout SET series = substr(series, 1, 40) WHERE id = 1'), 'told'],
  ['a layout of bytes that are no numbers', run("UPDATE layout SET series = x'010203' WHERE id = 2"), 'told'],
  [
    'a layout with its series in another order',
    (path) =>
      sql(path, (db) => {
        const bytes = (db.prepare('SELECT series FROM layout WHERE id = 1').get()?.['series'] as Bytes).slice();
        db.prepare('UPDATE layout SET series = ? WHERE id = 1').run(
          new Uint8Array([...bytes.subarray(4), ...bytes.subarray(0, 4)]),
        );
      }),
    'told',
  ],
  ['a series gone', run('DELETE FROM series WHERE id = 5'), 'told'],
  ['a series with another name', run("UPDATE series SET key = 'dev/if99/interface.in_bps' WHERE id = 5"), 'told'],
  [
    'a series with the name of another',
    run('UPDATE series SET key = (SELECT key FROM series WHERE id = 6) WHERE id = 5'),
    'told',
  ],
  ['a series that nobody removed', run('UPDATE series SET key = NULL WHERE id = 5'), 'told'],
  ['rows of the head that never moved', run('UPDATE moved SET seq = seq + 50'), 'told'],
  ['a future format', run('PRAGMA user_version = 99'), 'refused'],
  ['a format that was forgotten', run('PRAGMA user_version = 0'), 'refused'],
  ['a table gone', run('DROP TABLE raw_block'), 'refused'],
  ['an index gone', run('DROP INDEX head_raw_moment'), 'refused'],
  [
    'another database in its place',
    (path) => {
      rmSync(path);
      sql(path, (db) => db.exec('CREATE TABLE device (id TEXT PRIMARY KEY); PRAGMA user_version = 3'));
    },
    'refused',
  ],
  [
    'an empty database of another program',
    (path) => {
      rmSync(path);
      sql(path, (db) => db.exec('CREATE TABLE notes (text TEXT)'));
    },
    'refused',
  ],
  ['a text in its place', (path) => writeFileSync(path, 'once upon a time '.repeat(3000)), 'refused'],
  ['its first page zeroed', overwrite(() => 0, zeros), 'refused'],
  ['its first bytes zeroed', overwrite(() => 0, zeros.subarray(0, 64)), 'refused'],
  [
    'a page of the middle zeroed',
    overwrite(
      onPage((pages) => pages >> 1),
      zeros,
    ),
    'refused or told',
  ],
  [
    'its last page zeroed',
    overwrite(
      onPage((pages) => pages - 1),
      zeros,
    ),
    'refused or told',
  ],
  ['a page copied over another', copyPages(1), 'refused or told'],
  // Where one of them has pages below it, a walk comes by the same rows again.
  ['two pages copied over others', copyPages(2), 'refused or told'],
  ['its second half gone', cut((bytes) => bytes >> 1), 'refused or told'],
  ['its last page gone', cut((bytes) => bytes - PAGE), 'refused or told'],
  ['all but its first page gone', cut(() => PAGE), 'refused or told'],
  ['all but a few bytes gone', cut(() => 77), 'refused'],
  [
    'nothing but its log left',
    (path) => {
      writeFileSync(path, '');
      writeFileSync(`${path}-wal`, Buffer.alloc(5000, 1));
    },
    'refused',
  ],
];

describe('damage', () => {
  it.each(KINDS.map((kind, i) => [...kind, i] as const))('%s', async (_name, damage, outcome, i) => {
    const { path, remove } = whole.copy();
    try {
      damage(path);
      await expectTruth(path, outcome);
      // There is time for every third repair; all of them run when there is more.
      if (LONG || i % 3 === 0) await expectRepaired(path, outcome);
    } finally {
      remove();
    }
  });

  it(
    `says nothing that was never so, whichever bits flip (${FLIPS} times)`,
    async () => {
      let seed = 20261125;
      const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
      for (let run = 0; run < FLIPS; run++) {
        const { path, remove } = whole.copy();
        try {
          const bytes = readFileSync(path);
          const flips = Array.from({ length: 1 + random(3) }, () => [random(bytes.length), random(8)] as const);
          for (const [at, bit] of flips) bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
          writeFileSync(path, bytes);
          await expectTruth(path, 'refused or told', `run ${run}, bits ${flips.map(([at, bit]) => `${at}.${bit}`).join(' ')}`);
        } finally {
          remove();
        }
      }
    },
    FLIPS * 3_000 + 20_000,
  );

  it('counts nothing as damage that is none', () => {
    expect(checkFile(whole.path)).toMatchObject({ sound: true, damaged: 0, setAside: 0 });
  });
});

/** That the file is refused in words, or answers with the truth and gaps. */
async function expectTruth(path: string, outcome: Outcome, what = ''): Promise<void> {
  const before = statSync(path).size;
  let opened = false;
  try {
    await reading(path, async (store) => {
      opened = true;
      const missing = expectNothingWrong(await sayAll(store), whole.said, 'not yet', what);
      await store.latest(ALL);
      await store.maintain(NEXT_MS);
      if (outcome === 'told' || missing.size > 0) {
        const health = await store.health();
        expect(health.ok ? `ok, although ${missing.size} series miss something; ${what}` : health.reason).toMatch(/damaged/);
      }
      expectNothingWrong(await sayAll(store), whole.said, 'found', what);
    });
  } catch (error) {
    if (opened || !outcome.startsWith('refused')) throw error;
    expect(error).toBeInstanceOf(DataFolderError);
    expect((error as Error).message).toMatch(/; (restore|start) |restore it from a backup/);
    expect(statSync(path).size).toBe(before);
    return;
  }
  expect(outcome).not.toBe('refused');
}

/** That a check finds it, and a repair leaves a history that is sound and takes what comes. */
async function expectRepaired(path: string, outcome: Outcome): Promise<void> {
  let report;
  try {
    report = checkFile(path);
  } catch (error) {
    expect(outcome).toMatch(/^refused/);
    expect(error).toBeInstanceOf(DataFolderError);
    return;
  }
  expect(report.sound && report.setAside === 0).toBe(false);
  try {
    const { after } = await repairHistory(path);
    expect(after.findings).toEqual([]);
  } catch (error) {
    expect(outcome).toMatch(/^refused/);
    expect(error).toBeInstanceOf(DataFolderError);
    return;
  }
  await reading(path, async (store) => {
    expectNothingWrong(await sayAll(store), whole.said, 'repaired');
    const row = rowAt(2_700, 'other');
    expect(await store.write({ raw: [row], bins: [] })).toEqual({ result: 'ok' });
    const [columns] = await store.raw(LISTS.get('other')?.slice(0, 1) ?? [], row.tMs - 1, row.tMs);
    expect([...(columns?.value ?? [])]).toEqual([row.values[0]]);
    expect(await store.health()).toMatchObject({ ok: true, reason: '' });
  });
  expect(checkFile(path)).toMatchObject({ sound: true, setAside: 0 });
}
