/** Embeds in the catalog: kept over a restart, found by hash only, revoked once. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Embed } from '../../core/embed.ts';
import type { Catalog } from '../../core/ports.ts';
import { createCatalog } from '../../store/catalog/catalog.ts';
import { MIGRATIONS } from '../../store/catalog/migrations.ts';

let folder: string;
let catalog: Catalog;
const path = () => join(folder, 'catalog.db');
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'saguaro-embeds-'));
  catalog = await createCatalog({ path: path(), keyPath: null });
});
afterEach(async () => {
  await catalog.close();
  await rm(folder, { recursive: true, force: true });
});

const embed = (id: string, more: Partial<Embed> = {}): Embed => ({
  id,
  graph: 'traffic~a~b',
  range: '24h',
  width: 800,
  height: 300,
  title: `'); DROP TABLE embeds;-- <script>\u202e`,
  owner: 'ops',
  origins: ['https://wiki.example.org'],
  noCache: false,
  createdMs: 100,
  expiresMs: null,
  revokedMs: null,
  usedMs: null,
  ...more,
});

test('are kept as they were, over a restart', async () => {
  await catalog.embeds.add(embed('a', { expiresMs: 900.5 }), 'hash-a');
  await catalog.embeds.add(embed('b', { createdMs: 200 }), 'hash-b');
  await catalog.close();
  catalog = await createCatalog({ path: path(), keyPath: null });
  expect(await catalog.embeds.list()).toEqual([embed('b', { createdMs: 200 }), embed('a', { expiresMs: 900.5 })]);
  expect(await catalog.embeds.get('hash-a')).toEqual(embed('a', { expiresMs: 900.5 }));
  expect(await catalog.embeds.get('a')).toBeNull();
});

test('are revoked once, and used never backwards', async () => {
  await catalog.embeds.add(embed('a'), 'h');
  expect([
    await catalog.embeds.revoke('a', 300),
    await catalog.embeds.revoke('a', 400),
    await catalog.embeds.revoke('x', 1),
  ]).toEqual([true, false, false]);
  await catalog.embeds.used('a', 250);
  await catalog.embeds.used('a', 240);
  expect(await catalog.embeds.get('h')).toEqual(embed('a', { revokedMs: 300, usedMs: 250 }));
});

test('are forgotten only when their end is long past', async () => {
  await catalog.embeds.add(embed('lasting'), 'h1');
  await catalog.embeds.add(embed('expired', { expiresMs: 500 }), 'h2');
  await catalog.embeds.add(embed('later', { expiresMs: 5000 }), 'h3');
  await catalog.embeds.add(embed('revoked', { expiresMs: 5000, revokedMs: 10 }), 'h4');
  await catalog.embeds.forget(1000);
  expect((await catalog.embeds.list()).map(({ id }) => id).sort()).toEqual(['lasting', 'later']);
});

test('come to a catalog of the first format', async () => {
  await catalog.close();
  await rm(path());
  const db = new DatabaseSync(path());
  db.exec(`PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; ${MIGRATIONS[0] ?? ''}; PRAGMA user_version = 1`);
  db.exec("INSERT INTO settings (name, value) VALUES ('kept', 'yes')");
  db.close();
  catalog = await createCatalog({ path: path(), keyPath: null });
  await catalog.embeds.add(embed('a'), 'h');
  expect([await catalog.settings.get('kept'), (await catalog.embeds.list()).length]).toEqual(['yes', 1]);
  expect((await readFile(path())).length).toBeGreaterThan(0);
});
