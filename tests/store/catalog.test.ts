import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NO_FACTS, type Device, type Instance, type NewEvent } from '../../core/model.ts';
import { NameTaken, type Catalog } from '../../core/ports.ts';
import { createCatalog } from '../../store/catalog/catalog.ts';
import { SecretUnreadable } from '../../core/ports.ts';
import { DataFolderError } from '../../store/failures.ts';

let folder: string;
let catalog: Catalog;
const paths = () => ({ path: join(folder, 'catalog.db'), keyPath: join(folder, 'secret.key') });
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'saguaro-catalog-'));
  catalog = await createCatalog(paths());
});
afterEach(async () => {
  await catalog.close();
  await rm(folder, { recursive: true, force: true });
});
const reopen = async () => {
  await catalog.close();
  catalog = await createCatalog(paths());
};

const device = (id: string, more: Partial<Device> = {}): Device => ({
  id,
  name: `name of ${id}`,
  address: '192.0.2.1',
  sources: [],
  intervalMs: 60_000,
  site: '',
  tags: ['a', 'b'],
  origin: 'catalog',
  facts: NO_FACTS,
  createdMs: 1,
  ...more,
});
const instance = (id: string, owner: string): Instance => ({
  id,
  device: owner,
  kind: 'interface',
  key: id,
  name: "Robert'); DROP TABLE devices;--",
  alias: '<script>\u202e',
  capacity: null,
  metrics: [{ name: 'interface.in_bps', unit: 'bps' }],
  firstSeenMs: 1,
  lastSeenMs: 2,
  vanishedMs: null,
});
const event = (more: Partial<NewEvent> = {}): NewEvent => ({
  kind: 'gap',
  device: 'a',
  instance: null,
  cause: 'timeout',
  text: 'no answer',
  fromMs: 100,
  toMs: null,
  ...more,
});
const snmp = (secret: string): Device['sources'][number] => ({
  type: 'snmp',
  version: '2c',
  port: 161,
  timeoutMs: 1000,
  retries: 1,
  user: null,
  auth: null,
  priv: null,
  secret,
});

describe('devices and instances', () => {
  it('never move the beginning of a history on again', async () => {
    await catalog.devices.put(device('a'));
    const polled = { ...instance('i1', 'a'), firstSeenMs: 1_700_000_000_000 };
    await catalog.instances.put([polled]);
    await catalog.instances.put([{ ...polled, firstSeenMs: 1_600_000_000_000 }]);
    // The collector goes on from what it knew.
    await catalog.instances.put([{ ...polled, alias: 'Transit', lastSeenMs: 5 }]);
    expect(await catalog.instances.list('a')).toEqual([
      { ...polled, alias: 'Transit', lastSeenMs: 5, firstSeenMs: 1_600_000_000_000 },
    ]);
  });

  it('come back as they went in, also after a restart', async () => {
    await catalog.devices.put(device('b'));
    await catalog.devices.put(device('a', { sources: [snmp('s1')], tags: [] }));
    await catalog.instances.put([instance('i1', 'a'), instance('i2', 'b')]);
    await catalog.devices.put(device('b', { site: 'Paris' }));
    await reopen();
    expect(await catalog.devices.list()).toEqual([
      device('a', { sources: [snmp('s1')], tags: [] }),
      device('b', { site: 'Paris' }),
    ]);
    expect(await catalog.instances.list('a')).toEqual([instance('i1', 'a')]);
    expect(await catalog.instances.list()).toHaveLength(2);
  });

  it('refuse a name twice and change nothing then', async () => {
    await catalog.devices.put(device('a'));
    await expect(catalog.devices.put(device('b', { name: 'name of a' }))).rejects.toThrow(NameTaken);
    expect(await catalog.devices.list()).toEqual([device('a')]);
  });

  it('take instances, secrets, readings and events with them, and leave those of others', async () => {
    await catalog.devices.put(device('a', { sources: [snmp('mine'), snmp('shared'), { type: 'ping' }] }));
    await catalog.devices.put(device('b', { sources: [snmp('shared')] }));
    await catalog.instances.put([instance('i1', 'a'), instance('i2', 'b')]);
    for (const id of ['mine', 'shared', 'other']) await catalog.secrets.put(id, `secret ${id}`);
    await catalog.events.add([event(), event({ device: 'b' }), event({ device: null })]);
    await catalog.readings.save([{ device: 'a', bytes: Uint8Array.of(1, 2) }]);
    await catalog.devices.remove('a');
    expect(await catalog.devices.list()).toHaveLength(1);
    await catalog.devices.put(device('c', { sources: [] }));
    expect(await catalog.devices.count()).toEqual({ all: 2, unasked: 1 });
    expect(await catalog.instances.list()).toEqual([instance('i2', 'b')]);
    expect(await Promise.all(['mine', 'shared', 'other'].map((id) => catalog.secrets.get(id)))).toEqual([
      null,
      'secret shared',
      'secret other',
    ]);
    expect((await catalog.events.list({ limit: 10 })).map((found) => found.device)).toEqual([null, 'b']);
    expect(await catalog.readings.load('a')).toBeNull();
    await catalog.readings.save([{ device: 'a', bytes: Uint8Array.of(1) }]);
    expect(await catalog.readings.load('a')).toBeNull();
  });
});

it('secrets put at the same moment make one key between them', async () => {
  await Promise.all(['a', 'b', 'c'].map((id) => catalog.secrets.put(id, `secret ${id}`)));
  await reopen();
  expect(await Promise.all(['a', 'b', 'c'].map((id) => catalog.secrets.get(id)))).toEqual(['secret a', 'secret b', 'secret c']);
});

describe('events, settings and readings', () => {
  it('lists newest first, by device, kind, time and page', async () => {
    const ids = await catalog.events.add([
      event({ fromMs: 100, toMs: 200 }),
      event({ fromMs: 300, kind: 'restart' }),
      event({ fromMs: 500, toMs: 600, device: 'b' }),
      event({ fromMs: 700, toMs: 700 }),
    ]);
    const list = async (query: Partial<Parameters<Catalog['events']['list']>[0]>) =>
      (await catalog.events.list({ limit: 10, ...query })).map(({ id }) => ids.indexOf(id));
    expect(await list({})).toEqual([3, 2, 1, 0]);
    expect(await list({ limit: 2 })).toEqual([3, 2]);
    expect(await list({ beforeId: ids[2] ?? 0 })).toEqual([1, 0]);
    expect(await list({ device: 'a' })).toEqual([3, 1, 0]);
    expect(await list({ among: { devices: ['b'], instances: [] } })).toEqual([2]);
    expect(await list({ among: { devices: ['a', "b'"], instances: [] }, kinds: ['restart'] })).toEqual([1]);
    expect(await list({ among: { devices: [], instances: ['x'] } })).toEqual([]);
    expect(await list({ kinds: ['restart', 'down'] })).toEqual([1]);
    expect(await list({ fromMs: 250, toMs: 550 })).toEqual([2, 1]);
    expect((await catalog.events.open()).map(({ id }) => id)).toEqual([ids[1]]);
    await catalog.events.end([ids[1] ?? 0, ids[0] ?? 0], 900);
    expect(await catalog.events.open()).toEqual([]);
    expect((await catalog.events.list({ limit: 10 })).map(({ toMs }) => toMs)).toEqual([700, 600, 900, 200]);
  });

  it('keeps settings and the last readings', async () => {
    await catalog.devices.put(device('a'));
    expect(await catalog.settings.get('none')).toBeNull();
    await catalog.settings.put('x', '1');
    await catalog.settings.put('x', '2');
    await catalog.readings.save([{ device: 'a', bytes: Uint8Array.of(0, 255) }]);
    await reopen();
    expect(await catalog.settings.get('x')).toBe('2');
    expect(await catalog.readings.load('a')).toEqual(Uint8Array.of(0, 255));
  });
});

describe('secrets', () => {
  it('are sealed with a key that only the owner can read, differently each time', async () => {
    await catalog.secrets.put('a', 'public community');
    await catalog.secrets.put('b', 'public community');
    expect((await stat(paths().keyPath)).mode & 0o777).toBe(0o600);
    await catalog.close();
    const file = await readFile(paths().path, 'latin1');
    const key = (await readFile(paths().keyPath, 'utf8')).trim();
    expect(file).not.toContain('public community');
    expect(file).not.toContain(key);
    const db = new DatabaseSync(paths().path);
    const [a, b] = db.prepare('SELECT sealed FROM secrets ORDER BY id').all();
    expect(a?.['sealed']).not.toEqual(b?.['sealed']);
    // One secret's bytes under another's name are no secret.
    db.prepare("UPDATE secrets SET sealed = ? WHERE id = 'b'").run((a?.['sealed'] ?? null) as Uint8Array);
    db.close();
    catalog = await createCatalog(paths());
    expect(await catalog.secrets.get('a')).toBe('public community');
    await expect(catalog.secrets.get('b')).rejects.toThrow(SecretUnreadable);
    await catalog.secrets.remove('a');
    expect(await catalog.secrets.get('a')).toBeNull();
  });

  it.each([
    ['lost', async (path: string) => rm(path), /The key file .* is missing; put it back, or enter the secrets/],
    [
      'another one',
      async (path: string) => writeFile(path, Buffer.alloc(32, 7).toString('base64')),
      /is not the key it was sealed with; put the old key file back/,
    ],
    ['cut short', async (path: string) => writeFile(path, 'AAAA'), /does not hold a key/],
  ])('say in a sentence that the key is %s, and the rest works', async (_what, spoil, sentence) => {
    await catalog.devices.put(device('a'));
    await catalog.secrets.put('s', 'x');
    await spoil(paths().keyPath);
    await reopen();
    await expect(catalog.secrets.get('s')).rejects.toThrow(sentence);
    expect(await catalog.devices.list()).toHaveLength(1);
  });

  it('can be entered again after the key was lost', async () => {
    await catalog.secrets.put('s', 'x');
    await rm(paths().keyPath);
    await reopen();
    await catalog.secrets.put('s', 'y');
    await reopen();
    expect(await catalog.secrets.get('s')).toBe('y');
  });

  it('narrow a key file that others could read', async () => {
    await catalog.secrets.put('s', 'x');
    await chmod(paths().keyPath, 0o644);
    await reopen();
    expect(await catalog.secrets.get('s')).toBe('x');
    expect((await stat(paths().keyPath)).mode & 0o777).toBe(0o600);
  });

  it('live in memory alone with a catalog in memory', async () => {
    const memory = await createCatalog({ path: ':memory:', keyPath: null });
    await memory.secrets.put('s', 'x');
    expect(await memory.secrets.get('s')).toBe('x');
    await memory.close();
  });
});

describe('the file', () => {
  it('is copied whole by backup', async () => {
    await catalog.devices.put(device('a'));
    const copy = join(folder, 'copy.db');
    await catalog.backup(copy);
    const opened = await createCatalog({ path: copy, keyPath: paths().keyPath });
    expect(await opened.devices.list()).toEqual([device('a')]);
    await opened.close();
    await expect(catalog.backup(copy)).rejects.toThrow();
  });

  it('is refused in a sentence when it is of a newer version or no catalog', async () => {
    await catalog.close();
    const db = new DatabaseSync(paths().path);
    db.exec('PRAGMA user_version = 7');
    db.close();
    await expect(createCatalog(paths())).rejects.toThrow(/written by a newer version of Saguaro/);
    const other = join(folder, 'other.db');
    await writeFile(other, Buffer.alloc(9000, 'x'));
    await expect(createCatalog({ path: other, keyPath: null })).rejects.toThrow(DataFolderError);
    catalog = await createCatalog({ path: ':memory:', keyPath: null });
  });

  it('answers after it was closed with an error, not with silence', async () => {
    await catalog.close();
    await catalog.close();
    await expect(catalog.devices.list()).rejects.toThrow('the catalog is closed');
  });
});
