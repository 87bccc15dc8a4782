/** Commands in real processes, with and without a server, through one data folder. */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { list } from 'tar';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type {
  DeviceAdded,
  DeviceView,
  ImportResult,
  PageOf,
  PollResult,
  PreviewView,
  SeriesData,
  StatusView,
} from '../../core/api.ts';
import { simulatedHost } from '../agents/simulated-host.ts';
import { startScriptedAgent, type ScriptedAgent } from '../../demo/agents/scripted-agent.ts';
import { folder, get, saguaro, saguaroJson, startServer, type RunningServer } from './processes.ts';

const SERIES = 'history/eth0/interface.in_bps';
// Each test runs several processes, one after the other.
vi.setConfig({ testTimeout: 90_000 });

/** Twelve five-minute rows that fill one hour, one of them a gap. */
const CSV = [
  'device,instance,metric,unit,time,value',
  ...Array.from(
    { length: 13 },
    (_, i) => `history,eth0,interface.in_bps,bps,${1_772_323_200 + i * 300},${i === 6 ? '' : i * 1000}`,
  ),
].join('\n');

function dataFolder(name: string) {
  const { path, remove } = folder(name);
  return { path, remove, env: { SAGUARO_DATA: join(path, 'data'), SAGUARO_CONFIG: configIn(path) } };
}
function configIn(path: string, text = 'thisMachine: {poll: false}\n'): string {
  const file = join(path, 'saguaro.yaml');
  writeFileSync(file, text);
  return file;
}

describe.each(['no server', 'a server'])('with %s', (mode) => {
  const data = dataFolder('cli');
  let server: RunningServer | null = null;
  let agent: ScriptedAgent;
  beforeAll(async () => {
    agent = await startScriptedAgent({ objects: simulatedHost({ interfaces: 2, seed: 1 }).objects, community: 'sesame' });
    if (mode === 'a server') server = await startServer(data.env);
  });
  afterAll(async () => {
    const status = await server?.stop();
    await agent.close();
    data.remove();
    if (status !== undefined) expect(status).toBe(0);
  });

  test('status tells whether a server runs', async () => {
    const status = await saguaroJson<StatusView & { running: boolean }>(['status'], data.env);
    expect(status).toMatchObject({ running: mode === 'a server', store: { ok: true }, version: expect.any(String) as string });
    const { stdout } = await saguaro(['status'], data.env);
    expect(stdout).toMatch(mode === 'a server' ? /^Saguaro \S+ runs since[^]*\nPolling: /m : /^No server runs/);
    if (mode === 'a server') expect(status.collector).toMatchObject({ devices: 0, slowest: [], gapsLastHour: {} });
  });

  test('an imported history is queried at every tier, exactly', async () => {
    const imported = await saguaroJson<ImportResult>(['import', '-'], data.env, CSV);
    expect(imported).toMatchObject({ rows: 13, series: 1 });
    const ask = (...words: string[]) =>
      saguaroJson<SeriesData>(['query', '--series', SERIES, '--from', '1772323200', '--to', '1772326800', ...words], data.env);
    const raw = await ask('--tier', 'raw');
    expect(Object.keys(raw).sort()).toEqual(['bins', 'series', 'step', 'tier', 'unit']);
    expect(raw.bins.map(({ mean }) => mean)).toEqual([
      0,
      1000,
      2000,
      3000,
      4000,
      5000,
      null,
      7000,
      8000,
      9000,
      10000,
      11000,
      12000,
    ]);
    const fine = await ask('--tier', '5m');
    expect(fine).toMatchObject({ unit: 'bps', step: 300, tier: '5m' });
    expect(fine.bins.slice(0, 12).map(({ mean, known }) => [mean, known])).toEqual(
      Array.from({ length: 12 }, (_, i) => (i === 5 ? [null, 0] : [(i + 1) * 1000, 1])),
    );
    const hour = await ask('--tier', '1h');
    const values = [1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12].map((value) => value * 1000);
    const sum = values.reduce((a, b) => a + b, 0);
    expect(hour.bins[0]).toMatchObject({ t: 1_772_323_200, min: 1000, max: 12000, known: 11 / 12 });
    expect((hour.bins[0]?.mean ?? 0) * 11).toBeCloseTo(sum, 6);
    const table = await saguaro(
      ['query', '--series', SERIES, '--from', '1772323200', '--to', '1772326800', '--tier', '1h'],
      data.env,
    );
    expect(table.stdout).toMatch(/TIME \(UTC\).*MEAN.*MIN.*MAX.*KNOWN/);
    expect(table.stdout).toMatch(/2026-03-01T00:00:00Z .*92 %/);
  });

  test('a device is tried, discovered, added, polled, listed and removed', async () => {
    const asked = ['127.0.0.1', '--community', 'sesame', '--port', String(agent.port)];
    const preview = await saguaroJson<PreviewView>(['device', 'test', ...asked], data.env);
    expect(preview).toMatchObject({ ok: true, text: expect.stringMatching(/SNMP/) as string });
    const found = await saguaro(['discover', ...asked], data.env);
    expect(found.stdout).toMatch(/^interface /m);
    expect(await saguaroJson<PageOf<DeviceView>>(['device', 'list'], data.env)).toMatchObject({ items: [{ name: 'history' }] });

    const added = await saguaroJson<DeviceAdded>(['device', 'add', ...asked, '--name', 'sim', '--interval', '1s'], data.env);
    expect(added.device).toMatchObject({ name: 'sim', intervalMs: 1000, origin: 'catalog' });
    const polled = await saguaroJson<PollResult>(['poll', 'sim'], data.env);
    expect(polled.ok).toBe(true);
    expect(polled.samples).toBeGreaterThan(0);
    const known = await saguaroJson<PreviewView>(['device', 'test', 'sim'], data.env);
    expect(known.ok).toBe(true);

    const again = await saguaro(['device', 'add', ...asked, '--name', 'sim'], data.env);
    expect(again).toMatchObject({ status: 1, stdout: '' });
    expect(again.stderr).toMatch(/device named "sim".* already|named "sim" exists already/);
    const { stdout } = await saguaro(['device', 'list'], data.env);
    expect(stdout).toMatch(/^sim /m);
    expect(stdout + JSON.stringify(await saguaroJson(['device', 'list'], data.env))).not.toContain('sesame');

    expect(await saguaroJson(['device', 'remove', 'sim'], data.env)).toEqual({ removed: 'sim' });
    expect((await saguaro(['device', 'remove', 'sim'], data.env)).status).toBe(1);
  });

  test('a device that does not answer is not added, and the sentence says why', async () => {
    const wrong = await saguaro(
      [
        'device',
        'add',
        '127.0.0.1',
        '--name',
        'other',
        '--community',
        'wrong-one',
        '--port',
        String(agent.port),
        '--timeout',
        '300ms',
        '--retries',
        '0',
      ],
      data.env,
    );
    expect(wrong.status).toBe(1);
    expect(wrong.stderr).toMatch(/community/i);
    expect(wrong.stderr).not.toContain('wrong-one');
    expect(wrong.stderr.trim().split('\n')).toHaveLength(1);
  });

  test('a backup holds both databases, dashboards and reports, not the key, and comes back', async () => {
    const file = join(data.path, `backup.tar`);
    const board = join(data.env.SAGUARO_DATA, 'dashboards', 'uplinks.yaml');
    const report = join(data.env.SAGUARO_DATA, 'reports', 'all-1x~week~2026-03-02.pdf');
    for (const kept of [board, report]) {
      mkdirSync(dirname(kept), { recursive: true });
      writeFileSync(kept, 'kept');
    }
    writeFileSync(`${board}.part`, 'half of it');
    const { stdout, status } = await saguaro(['backup', file], data.env);
    expect(status).toBe(0);
    expect(stdout).toMatch(/catalog\.db, dashboards, history\.db, reports\.\nThe key of the secrets is not in it/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const names: string[] = [];
    await list({ file, onReadEntry: (entry) => names.push(entry.path) });
    expect(names.sort()).toEqual([
      'catalog.db',
      ...['dashboards/', 'dashboards/uplinks.yaml'],
      'history.db',
      ...['reports/', 'reports/all-1x~week~2026-03-02.pdf'],
    ]);
    expect(await saguaro(['backup', file], data.env)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('exists already') as string,
    });
    const withKey = await saguaroJson<{ contains: string[] }>(['backup', join(data.path, 'key.tar'), '--with-key'], data.env);
    expect(withKey.contains).toEqual(['catalog.db', 'dashboards', 'history.db', 'reports', 'secret.key']);

    const other = dataFolder('restored');
    try {
      const restored = await saguaro(['restore', file], other.env);
      expect(restored).toMatchObject({ status: 0, stderr: '' });
      const back = await saguaroJson<SeriesData>(
        ['query', '--series', SERIES, '--from', '1772323200', '--to', '1772326800', '--tier', 'raw'],
        other.env,
      );
      expect(back.bins).toHaveLength(13);
      const refused = await saguaro(['restore', file], other.env);
      expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining('--force') as string });
      const forced = await saguaro(['restore', file, '--force'], other.env);
      expect(forced.stdout).toMatch(/What was there is in replaced-/);
      for (const back of ['catalog.db', 'dashboards/uplinks.yaml', 'reports/all-1x~week~2026-03-02.pdf'])
        expect(existsSync(join(other.env.SAGUARO_DATA, back)), back).toBe(true);
    } finally {
      other.remove();
    }
  });

  test('restore is refused while the folder is in use, and for a file that is no backup', async () => {
    const file = join(data.path, 'no-backup.tar');
    writeFileSync(file, 'hello');
    const refused = await saguaro(['restore', file, '--force'], data.env);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(
      mode === 'a server' ? /is in use by another Saguaro \(process \d+\)/ : /is not a backup|cannot be read as a backup/,
    );
  });
});

describe('exit status and streams', () => {
  const data = dataFolder('status');
  afterAll(() => data.remove());

  test.each([
    [['--help'], 0],
    [['device', '--help'], 0],
    [['device'], 2],
    [['nonsense'], 2],
    [['device', 'add'], 2],
    [['query', '--frm', 'x'], 2],
  ])('saguaro %j ends with %i', async (words, status) => {
    const ended = await saguaro(words, data.env);
    expect(ended.status).toBe(status);
    if (status === 2 && words.length > 0 && words[0] !== 'device') expect(ended.stdout).toBe('');
  });

  test('validate names every fault with its line', async () => {
    const file = configIn(data.path, 'listen: 127.0.0.1:0\ndevices:\n  - {name: a, adress: h}\n');
    const ended = await saguaro(['validate'], { ...data.env, SAGUARO_CONFIG: file });
    expect(ended).toMatchObject({ status: 1, stdout: '' });
    expect(ended.stderr).toContain(`${file}:3: devices[0].adress is not a known key; did you mean address?`);
    expect(ended.stderr).toContain(`${file}:3: devices[0] needs the key address`);
    const told = await saguaro(['validate', '--json'], { ...data.env, SAGUARO_CONFIG: file });
    expect(told).toMatchObject({ status: 1, stderr: '' });
    expect(JSON.parse(told.stdout)).toEqual({
      ok: false,
      errors: [
        { file, line: 3, key: 'devices[0].adress', message: 'devices[0].adress is not a known key; did you mean address?' },
        { file, line: 3, key: 'devices[0]', message: 'devices[0] needs the key address' },
      ],
    });
    configIn(data.path);
    expect(await saguaro(['validate'], data.env)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('valid, 0 devices') as string,
    });
  });
});

describe('a running server', () => {
  const data = dataFolder('serve');
  let server: RunningServer | null = null;
  afterEach(async () => {
    await server?.stop();
    server = null;
  });
  afterAll(() => data.remove());

  test('takes devices from its file, reloads it on SIGHUP, refuses a bad one and goes on', async () => {
    const agent = await startScriptedAgent({
      objects: simulatedHost({ interfaces: 1, seed: 2 }).objects,
      community: 'from-file',
    });
    try {
      writeFileSync(join(data.path, 'community'), 'from-file\n');
      const device = (name: string) =>
        `  - {name: ${name}, address: 127.0.0.1, interval: 1s, snmp: {port: ${agent.port}, community: {file: community}}}\n`;
      configIn(data.path, `thisMachine: {poll: false}\ndevices:\n${device('one')}`);
      server = await startServer(data.env);
      const names = async () =>
        (await saguaroJson<PageOf<DeviceView>>(['device', 'list'], data.env)).items.map(
          ({ name, origin, sources }) => `${name} ${origin} ${sources.length}`,
        );
      expect(await names()).toEqual(['one config 1']);
      const [{ id }] = (await saguaroJson<PageOf<DeviceView>>(['device', 'list'], data.env)).items as [DeviceView];
      const refused = await saguaro(['device', 'remove', 'one'], data.env);
      expect(refused.status).toBe(1);

      configIn(data.path, `thisMachine: {poll: false}\nintervall: 5s\ndevices:\n${device('one')}`);
      server.signal('SIGHUP');
      await server.says(/saguaro\.yaml:\d+: .* did you mean interval\?\n.*last good configuration goes on/);
      expect((await get<PageOf<DeviceView>>(server, 'devices')).items.map(({ name }) => name)).toEqual(['one']);

      configIn(
        data.path,
        `thisMachine: {poll: false}\nlisten: 127.0.0.1:1\ntimeZone: Pacific/Apia\ncapacity: {report: false}\ndevices:\n${device('two')}`,
      );
      server.signal('SIGHUP');
      await server.says(/configuration was read again/);
      // What a variable decides, the file cannot change.
      expect(server.output().match(/A change of .*? needs a new start/g)).toEqual([
        'A change of timeZone needs a new start',
        'A change of capacity needs a new start',
      ]);
      expect(await names()).toEqual(['one catalog 0', 'two config 1']);

      configIn(data.path, `thisMachine: {poll: false}\ndevices:\n${device('one')}${device('two')}`);
      server.signal('SIGHUP');
      await server.says(/(configuration was read again[\s\S]*){2}/);
      expect(await names()).toEqual(['one config 1', 'two config 1']);
      const back = (await saguaroJson<PageOf<DeviceView>>(['device', 'list'], data.env)).items.find(({ name }) => name === 'one');
      expect(back?.id).toBe(id);
      expect(await server.stop()).toBe(0);
      expect(server.output()).toMatch(/Ended in order/);
      expect(server.output()).not.toContain('from-file');
      expect(readFileSync(join(data.env.SAGUARO_DATA, 'catalog.db')).includes('from-file')).toBe(false);
    } finally {
      await agent.close();
    }
  });

  test('ends at once on a second signal', async () => {
    configIn(data.path);
    server = await startServer(data.env);
    server.signal('SIGTERM');
    server.signal('SIGTERM');
    expect([0, 1]).toContain(await server.ended);
  });
});
