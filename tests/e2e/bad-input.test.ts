/** Bad input gets a clear answer: one sentence a person understands, exit status 1, nothing changed. */
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { DeviceView, PageOf } from '../../core/api.ts';
import { startScriptedAgent } from '../../demo/agents/scripted-agent.ts';
import { simulatedHost } from '../agents/simulated-host.ts';
import { folder, get, saguaro, startServer, type RunningServer } from '../cli/processes.ts';

// Each test runs several processes, one after the other.
vi.setConfig({ testTimeout: 90_000 });

const space = folder('bad-input');
afterAll(() => space.remove());
let count = 0;
function setting(config = 'thisMachine: {poll: false}\n') {
  const path = join(space.path, String(count++));
  mkdirSync(path);
  writeFileSync(join(path, 'saguaro.yaml'), config);
  return {
    path,
    env: { SAGUARO_DATA: join(path, 'data'), SAGUARO_CONFIG: join(path, 'saguaro.yaml'), SAGUARO_LISTEN: '127.0.0.1:0' },
  };
}

/** What `saguaro serve` says when it refuses to start. */
async function refusal(env: Record<string, string>): Promise<string> {
  const { status, stdout, stderr } = await saguaro(['serve'], env);
  expect(status, stderr).toBe(1);
  expect(stdout).toBe('');
  expect(stderr, 'a sentence, no stack').not.toMatch(/^\s+at /m);
  return stderr.trim();
}

describe('a server that cannot start says why', () => {
  test('wrong YAML', async () => {
    const { env } = setting('devices:\n  - name: "x\n');
    expect(await refusal(env)).toMatch(/^saguaro: \S+saguaro\.yaml:\d+: the file is not valid YAML: .+$/);
  });

  test('an unknown key, with a suggestion', async () => {
    const { env } = setting('# mine\nlisen: 127.0.0.1:0\n');
    expect(await refusal(env)).toMatch(/^saguaro: \S+saguaro\.yaml:2: lisen is not a known key; did you mean listen\?$/);
  });

  test('a port in use', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = other.address() as AddressInfo;
      const { env } = setting();
      expect(await refusal({ ...env, SAGUARO_LISTEN: `127.0.0.1:${port}` })).toBe(
        `saguaro: Port ${port} on 127.0.0.1 is in use by another program: stop it, or choose another port with SAGUARO_LISTEN=127.0.0.1:${port + 1}.`,
      );
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
  });

  test('an option is blamed by its name', async () => {
    const { env } = setting();
    const { status, stderr } = await saguaro(['serve', '--listen', '127.0.0.1:80800'], env);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^saguaro: --listen: listen must be host:port/);
  });

  test('another address than loopback without a password', async () => {
    const { env } = setting();
    expect(await refusal({ ...env, SAGUARO_LISTEN: '0.0.0.0:0' })).toMatch(
      /set SAGUARO_ADMIN_PASSWORD .*or listen on 127\.0\.0\.1/,
    );
  });

  test('a data folder that is in use', async () => {
    const { env } = setting();
    const server = await startServer(env);
    try {
      expect(await refusal(env)).toBe(
        `saguaro: The data folder ${env.SAGUARO_DATA} is in use by another Saguaro (process ${server.pid}); stop it first, or choose another folder with SAGUARO_DATA.`,
      );
    } finally {
      await server.stop();
    }
  });

  test('a data folder that is no folder', async () => {
    const { env, path } = setting();
    writeFileSync(join(path, 'data'), '');
    expect(await refusal(env)).toMatch(/^saguaro: The data folder .* is not a folder; choose another one with SAGUARO_DATA\.$/);
  });

  test('a data folder that is read-only', async () => {
    const { env, path } = setting();
    // Root may write everywhere but into the kernel's own file system.
    const readOnly = process.getuid?.() === 0 ? '/sys/kernel' : join(path, 'read-only');
    if (readOnly !== '/sys/kernel') {
      mkdirSync(readOnly);
      chmodSync(readOnly, 0o500);
    }
    expect(await refusal({ ...env, SAGUARO_DATA: join(readOnly, 'data') })).toMatch(
      /^saguaro: The data folder .* (cannot be written by this user|is on a read-only file system|cannot be used \(.*\)); choose another one with SAGUARO_DATA\.$/,
    );
  });

  test.each(['lock.db', 'catalog.db', 'history.db'])('a data folder whose %s is of a newer version', async (file) => {
    const { env } = setting();
    expect((await saguaro(['status'], env)).status).toBe(0);
    const db = new DatabaseSync(join(env.SAGUARO_DATA, file));
    db.exec('PRAGMA user_version = 9999');
    db.close();
    expect(await refusal(env)).toMatch(/newer version of Saguaro/);
  });

  test('a profile with a fault', async () => {
    const { env, path } = setting('profiles: ./profiles\n');
    mkdirSync(join(path, 'profiles'));
    writeFileSync(join(path, 'profiles', 'mine.yaml'), 'profile: mine\ntabels: []\n');
    expect(await refusal(env)).toMatch(/mine\.yaml:2: .*tabels.*tables/);
  });
});

test('the databases are for their owner alone, in a folder that others may look into', async () => {
  const { env } = setting();
  mkdirSync(env.SAGUARO_DATA, { mode: 0o755 });
  expect((await saguaro(['status'], env)).status).toBe(0);
  for (const file of ['catalog.db', 'history.db', 'lock.db'])
    expect(statSync(join(env.SAGUARO_DATA, file)).mode & 0o777, file).toBe(0o600);
});

test('a reader that has seen enough is no fault', async () => {
  const { env } = setting();
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', '..', 'main.ts'), 'status'], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.destroy();
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const status = await new Promise((resolve) => child.once('close', resolve));
  expect(said).toBe('');
  expect(status).toBe(0);
});

test('without the key of the secrets, that is what is said', async () => {
  const { env } = setting();
  const add = ['device', 'add', '127.0.0.1', '--name', 'kept', '--force', '--port', '9', '--timeout', '100ms', '--retries', '0'];
  expect((await saguaro([...add, '--community', 'sesame'], env)).status).toBe(0);
  rmSync(join(env.SAGUARO_DATA, 'secret.key'));
  const { status, stderr } = await saguaro(['device', 'test', 'kept'], env);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^saguaro: The key file \S+secret\.key is missing; put it back, or enter the secrets .* again\.\n$/);
  const server = await startServer(env);
  try {
    await server.says(/secret\.key is missing; .* cannot be asked by SNMP: kept\./);
  } finally {
    await server.stop();
  }
});

describe('a running server answers in sentences', () => {
  const { env, path } = setting();
  let server: RunningServer;
  beforeAll(async () => {
    server = await startServer(env);
  });
  afterAll(async () => {
    await server.stop();
  });
  const fails = async (words: readonly string[], input = '') => {
    const { status, stdout, stderr } = await saguaro(words, env, input);
    expect(status, stderr).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^saguaro: [^\n]+\n$/);
    return stderr.trim();
  };

  test('an unreachable device', async () => {
    // TEST-NET-1 is routed nowhere: silence, or somebody on the way says no.
    const said = await fails(['device', 'add', '192.0.2.1', '--community', 'public', '--timeout', '300ms', '--retries', '0']);
    expect(said).toMatch(/192\.0\.2\.1/);
    expect(said).toMatch(/no route|refuses|did not answer|does not answer|no answer|unreachable|cannot be reached/i);
  });

  test('a device that answers nonsense', async () => {
    const agent = await startScriptedAgent({
      objects: simulatedHost({ interfaces: 1, seed: 1 }).objects,
      behaviour: { mutate: (reply) => Buffer.alloc(reply.length, 0x5a) },
    });
    try {
      const said = await fails([
        'device',
        'add',
        '127.0.0.1',
        '--port',
        String(agent.port),
        '--timeout',
        '300ms',
        '--retries',
        '0',
      ]);
      expect(said.length).toBeGreaterThan(20);
    } finally {
      await agent.close();
    }
  });

  test('an address that is none', async () => {
    expect(await fails(['device', 'add', 'no such host'])).toMatch(/"no such host" is not a host name or address/);
    expect(await fails(['device', 'add', '--community', 'public', '--', '-rf'])).toMatch(/"-rf" is not a host name or address/);
  });

  test('ranges upside down, of 500 years, and of nonsense', async () => {
    await saguaro(['import', '-'], env, 'device,instance,metric,unit,time,value\nd,load,load.one,1,1772323200,1\n');
    const query = (from: string, to: string) => fails(['query', '--series', 'd/load/load.one', '--from', from, '--to', to]);
    expect(await query('2026-03-02', '2026-03-01T00:00')).toMatch(/range|before|after/i);
    expect(await query('1600-01-01', '2100-01-01')).toMatch(/range|long|years|time/i);
    expect(await query('yesterdayish', 'now')).toMatch(/"yesterdayish" is not a time/);
    expect(await fails(['query', '--series', 'd/load/load.won'])).toMatch(/There is no series "d\/load\/load\.won"/);
  });

  test('a CSV with a bad line is refused as a whole, with the number of the line', async () => {
    const csv = 'device,instance,metric,unit,time,value\nbad,load,load.one,1,1772323200,1\nbad,load,load.one,1,gestern,2\n';
    expect(await fails(['import', '-'], csv)).toMatch(/Line 3: "gestern" is not a time/);
    expect(await fails(['import', join(path, 'nowhere.csv')])).toMatch(/There is no file \S+nowhere\.csv/);
    const { items } = await get<PageOf<DeviceView>>(server, 'devices');
    expect(items.map(({ name }) => name)).not.toContain('bad');
  });

  test('a name with <script> is kept as text', async () => {
    const name = '<script>alert(1)<\\script>';
    const added = await saguaro(
      ['device', 'add', '127.0.0.1', '--name', name, '--force', '--port', '9', '--timeout', '100ms', '--retries', '0'],
      env,
    );
    expect(added.status, added.stderr).toBe(0);
    const { items } = await get<PageOf<DeviceView>>(server, 'devices');
    expect(items.map((device) => device.name)).toContain(name);
    const page = await fetch(server.url);
    expect(await page.text()).not.toContain('alert(1)');
    expect(page.headers.get('content-security-policy')).not.toContain('unsafe-inline');
  });
});
