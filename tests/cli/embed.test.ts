/** Embeds by the command line, in real processes: with a server, which then shows them, and without one. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PageOf } from '../../core/api.ts';
import type { EmbedCreated, EmbedView } from '../../core/embed.ts';
import type { GraphRef } from '../../core/graph.ts';
import { folder, get, saguaro, saguaroJson, startServer, type RunningServer } from './processes.ts';

const { path, remove } = folder('embed');
const env = { SAGUARO_DATA: join(path, 'data'), SAGUARO_CONFIG: join(path, 'saguaro.yaml') };
const CSV = [
  'device,instance,metric,unit,time,value',
  ...Array.from({ length: 12 }, (_, i) => `old,eth0,interface.in_bps,bps,${1_772_323_500 + i * 300},${i * 1000}`),
].join('\n');
let server: RunningServer;
let graph: string;

beforeAll(async () => {
  writeFileSync(env.SAGUARO_CONFIG, 'thisMachine: {poll: false}\n');
  await saguaroJson(['import', '-'], env, CSV);
  server = await startServer(env);
  const { items: devices } = await get<PageOf<{ id: string }>>(server, 'devices');
  const { items } = await get<PageOf<GraphRef>>(server, `devices/${devices[0]?.id ?? ''}/graphs`);
  graph = items[0]?.id ?? '';
}, 60_000);
afterAll(async () => {
  await server.stop();
  remove();
});

test('a link is made, shown, listed without itself, and revoked', async () => {
  const made = await saguaroJson<EmbedCreated & { snippet: string }>(
    ['embed', 'create', graph, '--range', '2026-03-01', '--for', 'dokuwiki', '--owner', 'ops', '--days', '30'],
    env,
  );
  expect(made.link).toMatch(new RegExp(`^${new URL(server.url).origin}/e/[\\w-]{22}$`));
  expect(made.snippet).toMatch(/^\{\{http:\/\/127\.0\.0\.1:\d+\/e\/[\w-]{22}\.png\?800\|old, eth0: in .*\}\}$/);
  const seen = await fetch(`${made.link}.png`);
  expect([seen.status, seen.headers.get('content-type'), seen.headers.get('x-graph-error')]).toEqual([200, 'image/png', null]);
  await seen.arrayBuffer();

  const listed = await saguaro(['embed', 'list'], env);
  expect(listed.stdout).toMatch(/^ID +STATE +TITLE/);
  expect(listed.stdout).toContain('old, eth0');
  expect(listed.stdout).not.toContain(made.link.slice(-22));
  expect(await saguaroJson(['embed', 'revoke', made.embed.id], env)).toEqual({ revoked: made.embed.id });
  expect((await fetch(`${made.link}.svg`)).headers.get('x-graph-error')).toContain('revoked');
  const again = await saguaro(['embed', 'revoke', made.embed.id], env);
  expect([again.status, again.stderr]).toEqual([1, expect.stringContaining('There is no embed')]);
}, 60_000);

test('what is none is refused in words', async () => {
  const refused = async (...words: string[]) => {
    const { status, stdout, stderr } = await saguaro(['embed', 'create', ...words], env);
    return [status, stdout, stderr] as const;
  };
  expect(await refused('traffic~nowhere~eth9')).toEqual([1, '', expect.stringContaining('There is no graph')]);
  expect(await refused(graph, '--for', 'wordpad')).toEqual([2, '', expect.stringContaining('is none of markdown')]);
  expect(await refused(graph, '--width', '9')).toEqual([2, '', expect.stringContaining('200 to 2000')]);
  expect(await refused(graph, '--site', 'javascript:x')).toEqual([1, '', expect.stringContaining('is not a site')]);
}, 60_000);

test('without a server the data folder itself is asked', async () => {
  await server.stop();
  const made = await saguaroJson<EmbedCreated>(['embed', 'create', graph, '--range', '2026-03-01'], env);
  expect(made.embed.state).toBe('active');
  const { items } = await saguaroJson<PageOf<EmbedView>>(['embed', 'list'], env);
  expect(items.map(({ state }) => state)).toEqual(['active', 'revoked']);
}, 60_000);
