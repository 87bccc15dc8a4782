import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { world, type World } from './world.ts';

let folder: string;
let w: World;
const INDEX =
  '<!doctype html>\n<html lang="en"><head><script type="module" src="./assets/main-Ab3dE6_9.js"></script><link rel="icon" href="./mark.svg"></head></html>';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'saguaro-pages-'));
  const dist = join(folder, 'dist');
  await mkdir(join(dist, 'assets'), { recursive: true });
  await writeFile(join(folder, 'secret.txt'), 'outside');
  await writeFile(join(dist, 'index.html'), INDEX);
  await writeFile(join(dist, 'mark.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  await writeFile(join(dist, '.hidden'), 'dot');
  await writeFile(join(dist, 'assets', 'main-Ab3dE6_9.js'), 'export {};');
  w = await world({}, { webRoot: dist });
});
afterAll(async () => {
  await w.close();
  await rm(folder, { recursive: true });
});

test.each([
  '/',
  '/devices',
  '/devices/',
  '/devices/web1',
  '/devices/web1/x',
  '/graphs/traffic~a~b?from=-1d',
  '/reviews',
  '/events',
  '/collector',
  '/login',
])('%s is the dashboard', async (url) => {
  const answer = await w.app.inject(url);
  expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  expect(answer.body).toContain('src="/assets/main-Ab3dE6_9.js"');
  expect(answer.headers['cache-control']).toBe('no-cache');
  const again = await w.app.inject({ url, headers: { 'if-none-match': String(answer.headers['etag']) } });
  expect([again.statusCode, again.body]).toEqual([304, '']);
});

test('assets with a hash in their name are kept for ever, others are asked for anew', async () => {
  const hashed = await w.app.inject('/assets/main-Ab3dE6_9.js');
  expect(hashed.statusCode).toBe(200);
  expect(hashed.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  expect(hashed.headers['content-type']).toMatch(/javascript/);
  expect(hashed.headers['content-security-policy']).toBeDefined();
  const mark = await w.app.inject('/mark.svg');
  expect(mark.headers['cache-control']).toBe('no-cache');
  const etag = String(mark.headers['etag']);
  expect((await w.app.inject({ url: '/mark.svg', headers: { 'if-none-match': etag } })).statusCode).toBe(304);
});

test.each([
  '/../secret.txt',
  '/..%2fsecret.txt',
  '/%2e%2e/secret.txt',
  '/%2e%2e%2fsecret.txt',
  '/assets/..%2f..%2fsecret.txt',
  '/assets/..%5c..%5csecret.txt',
  '/assets/%2e%2e/%2e%2e/secret.txt',
  '/..%252fsecret.txt',
  '//secret.txt',
  '/.hidden',
  '/assets',
  '/assets/',
  '/nothing.js',
  '/index.html',
  '/a%00b',
])('%s does not exist', async (url) => {
  const answer = await w.app.inject(url);
  expect([answer.statusCode, answer.headers['content-type']]).toEqual([404, 'application/problem+json; charset=utf-8']);
  expect(answer.body).not.toContain('outside');
});

test.each(['/nothing', '/nothing.js', '/devicez/web1'])('%s in a browser is a page that says so', async (url) => {
  const accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
  const answer = await w.app.inject({ url, headers: { accept } });
  expect([answer.statusCode, answer.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8']);
  expect(answer.body).toContain('There is nothing at this address. <a href="/">');
  expect(answer.headers['content-security-policy']).toBeDefined();
  for (const other of [
    { url, headers: { accept: '*/*' } },
    { url, headers: { accept }, method: 'DELETE' as const },
    { url: `/api/v1${url}`, headers: { accept } },
  ]) {
    const problem = await w.app.inject(other);
    expect([problem.statusCode, problem.headers['content-type']]).toEqual([404, 'application/problem+json; charset=utf-8']);
  }
});

test('under a base path everything moves there', async () => {
  const moved = await world({ basePath: '/saguaro' }, { webRoot: join(folder, 'dist') });
  try {
    const page = await moved.app.inject('/saguaro/devices/x');
    expect(page.body).toContain('src="/saguaro/assets/main-Ab3dE6_9.js"');
    expect(page.body).toContain('<html data-base="/saguaro" lang="en">');
    expect((await moved.app.inject('/saguaro/')).statusCode).toBe(200);
    expect((await moved.app.inject('/saguaro')).statusCode).toBe(200);
    expect((await moved.app.inject('/saguaro/assets/main-Ab3dE6_9.js')).statusCode).toBe(200);
    expect((await moved.app.inject('/saguaro/api/v1/status')).statusCode).toBe(200);
    expect((await moved.app.inject('/api/v1/status')).statusCode).toBe(404);
    expect((await moved.app.inject('/-/healthy')).statusCode).toBe(200);
    const root = await moved.app.inject('/');
    expect([root.statusCode, root.headers['location']]).toEqual([302, '/saguaro/']);
    const document = (await moved.app.inject('/saguaro/api/v1/openapi.json')).json<{
      servers: { url: string }[];
      paths: object;
    }>();
    const [server] = document.servers;
    for (const path of Object.keys(document.paths)) expect(`${server?.url}${path}`).toMatch(/^\/saguaro\/(api|metrics|-|e)/);
  } finally {
    await moved.close();
  }
});

test.each(['/', 'saguaro', '/saguaro/', '/"><script>'])('%j is no base path', async (basePath) => {
  await expect(world({ basePath })).rejects.toThrow(TypeError);
});

describe('a dashboard that is not built', () => {
  test.each([null, '/nowhere/at/all'])('from %j is said in words', async (webRoot) => {
    const bare = await world({}, { webRoot });
    try {
      const answer = await bare.app.inject('/devices/x');
      expect([answer.statusCode, answer.headers['content-type']]).toEqual([503, 'text/html; charset=utf-8']);
      expect(answer.body).toContain('not built yet');
      expect((await bare.get('status')).statusCode).toBe(200);
    } finally {
      await bare.close();
    }
  });
});
