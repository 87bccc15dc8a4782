import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CannotListen, listen, listenOnSocket, socketAddress } from '../../server/listen.ts';
import { world, type World } from './world.ts';

let folder: string;
let w: World;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sgr-'));
  w = await world(
    {},
    { socketRoutes: (app) => void app.post('/backups', { config: { socketOnly: true } }, () => ({ done: true })) },
  );
});
afterEach(async () => {
  await w.close();
  await rm(folder, { recursive: true });
});

test('answers over TCP on a free port and tells its address', async () => {
  const { url, port } = await listen(w.app, { host: '127.0.0.1', port: 0 });
  expect(url).toBe(`http://127.0.0.1:${port}/`);
  expect((await fetch(`${url}-/healthy`)).status).toBe(200);
});

describe('what prevents it is said in one sentence', () => {
  const why = (host: string, port: number) =>
    listen(w.app, { host, port }).then(
      () => 'listening',
      (cause: unknown) => (cause instanceof CannotListen ? cause.message : `not said: ${String(cause)}`),
    );

  test('a port in use', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    expect(await why('127.0.0.1', port)).toBe(
      `Port ${port} on 127.0.0.1 is in use by another program: stop it, or choose another port with SAGUARO_LISTEN=127.0.0.1:${port + 1}.`,
    );
    await new Promise((resolve) => other.close(resolve));
  });

  test.each([
    ['0.0.0.0', 'Listening on 0.0.0.0 would let anyone who reaches it read and change everything: set SAGUARO_ADMIN_PASSWORD'],
    ['192.0.2.1', 'Listening on 192.0.2.1 would let anyone'],
    ['', 'Listening on every address would let anyone'],
  ])('%j without a password', async (host, sentence) => {
    expect(await why(host, 0)).toContain(sentence);
  });

  test('an address of another machine', async () => {
    const locked = await world({ adminPassword: 'long password' });
    try {
      await expect(listen(locked.app, { host: '192.0.2.1', port: 0 })).rejects.toThrow('192.0.2.1 is no address of this machine');
    } finally {
      await locked.close();
    }
  });

  test('a port that is none', async () => {
    expect(await why('127.0.0.1', 70_000)).toBe('70000 is not a port: give one from 1 to 65535 with SAGUARO_LISTEN.');
  });
});

test('bytes that are no request get a sentence, too', async () => {
  const { port } = await listen(w.app, { host: '127.0.0.1', port: 0 });
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('NONSENSE\r\n\r\n'));
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(answer).toContain('This is not a valid HTTP request.');
});

test('a refused import is told so, even while the rest of the file is still coming', async () => {
  const { url } = await listen(w.app, { host: '127.0.0.1', port: 0 });
  const body = `device,instance,metric,unit,time,value\nx,y,load.one,1,never,1\n${'x,y,load.one,1,1773136800,1\n'.repeat(400_000)}`;
  const answer = await fetch(`${url}api/v1/imports`, { method: 'POST', headers: { 'content-type': 'text/csv' }, body });
  expect(answer.status).toBe(400);
  expect(((await answer.json()) as { detail: string }).detail).toMatch(/^Line 2: "never" is not a time/);
  expect((await fetch(`${url}-/healthy`)).status).toBe(200);
});

test('an import whose sender goes away leaves nothing behind', async () => {
  const { port } = await listen(w.app, { host: '127.0.0.1', port: 0 });
  const head = 'POST /api/v1/imports HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/csv\r\ncontent-length: 100000\r\n\r\n';
  const socket = connect(port, '127.0.0.1', () =>
    socket.write(`${head}device,instance,metric,unit,time,value\nx,y,load.one,1,1773136800,1\n`),
  );
  await new Promise<void>((resolve) => socket.on('connect', () => setTimeout(resolve, 100)));
  socket.destroy();
  // The next one is not told that another is running.
  await expect.poll(async () => (await w.csv('device\n')).statusCode).toBe(400);
  expect(await w.catalog.devices.list()).toEqual([]);
  expect(w.logged).toEqual([]);
});

test('slow and silent connections are given up', () => {
  expect(w.app.server.headersTimeout).toBe(15_000);
  expect(w.app.server.requestTimeout).toBe(600_000);
});

interface Answer {
  readonly status: number;
  readonly body: string;
}

function over(
  socketPath: string,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body = '',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ socketPath, method, path, headers, timeout: 5_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

describe('the control socket', () => {
  const path = () => join(folder, 'control.sock');

  test('is for its owner alone, and skips the doors of the network', async () => {
    const locked = await world(
      { adminPassword: 'long password' },
      { socketRoutes: (app) => void app.post('/backups', { config: { socketOnly: true } }, () => ({ done: true })) },
    );
    try {
      await listenOnSocket(locked.app, path());
      const { url } = await listen(locked.app, { host: '127.0.0.1', port: 0 });
      expect((await stat(path())).mode & 0o777).toBe(0o600);
      const headers = { host: 'anything', origin: 'https://evil.example.org' };
      expect((await over(path(), 'GET', '/api/v1/devices', headers)).status).toBe(200);
      expect(await over(path(), 'POST', '/api/v1/backups', headers)).toEqual({ status: 200, body: '{"done":true}' });
      const status = JSON.parse((await over(path(), 'GET', '/api/v1/status')).body) as { loginRequired: boolean };
      expect(status.loginRequired).toBe(false);
      expect((await fetch(`${url}api/v1/devices`)).status).toBe(401);
      expect((await fetch(`${url}api/v1/backups`, { method: 'POST' })).status).toBe(403);
    } finally {
      await locked.close();
    }
    await expect(stat(path())).rejects.toThrow('ENOENT');
  });

  test('takes bodies and streams', async () => {
    await listenOnSocket(w.app, path());
    const json = await over(
      path(),
      'POST',
      '/api/v1/devices/test',
      { 'content-type': 'application/json' },
      '{"address":"192.0.2.1"}',
    );
    expect(json.status).toBe(200);
    const csv =
      'device,instance,metric,unit,time,value\n' +
      Array.from({ length: 20_000 }, (_, i) => `d,i,load.one,1,${1771936800 + i * 60},1\n`).join('');
    const imported = await over(path(), 'POST', '/api/v1/imports', { 'content-type': 'text/csv' }, csv);
    expect(JSON.parse(imported.body)).toMatchObject({ rows: 20_000 });
    const refused = await over(
      path(),
      'POST',
      '/api/v1/imports',
      { 'content-type': 'text/csv' },
      csv.replace(',1771936800,', ',,') + csv.repeat(10),
    );
    expect(refused).toMatchObject({ status: 400 });
    expect(refused.body).toContain('Line 2: the time is missing.');
  });

  test('a file left by a crash is replaced, a living server is not', async () => {
    await writeFile(path(), '');
    await listenOnSocket(w.app, path());
    const second = await world();
    try {
      await expect(listenOnSocket(second.app, path())).rejects.toThrow(`Another server answers at ${path()}: stop it first.`);
    } finally {
      await second.close();
    }
    expect((await over(path(), 'GET', '/-/healthy')).status).toBe(200);
  });

  test('a folder that is not there, a path that is too long', async () => {
    await expect(listenOnSocket(w.app, join(folder, 'missing', 'x.sock'))).rejects.toThrow(CannotListen);
    const long = join(folder, 'x'.repeat(200));
    expect(socketAddress(long)).toBeNull();
    await expect(listenOnSocket(w.app, long)).rejects.toThrow('too long for a socket');
  });
});
