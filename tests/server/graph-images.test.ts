/** Pictures of graphs over HTTP: what comes, what is refused, and that a refusal can be seen. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PALETTES } from '../../core/graph-colours.ts';
import { DEFAULT_TIERS } from '../../core/model.ts';
import { ServerAway } from '../../core/ports.ts';
import { createRenderer } from '../../server/render/renderer.ts';
import { createHistory } from '../../store/history.ts';
import { createMemoryStore } from '../../store/memory.ts';
import { readPng } from './render/pixels.ts';
import { fill } from './embedding.ts';
import { fixtures, NOW_MS, world, type World } from './world.ts';

const HOSTILE = `<script>alert("1")</script>&\u202e=2+5'`;
let w: World;
let id: string;
let hostile: string;

beforeAll(async () => {
  w = await world();
  id = await fill(w, 'web1');
  hostile = await fill(w, 'evil', HOSTILE);
});
afterAll(() => w.close());

describe('a picture', () => {
  test('is a PNG of the size, theme and scale that was asked for', async () => {
    const answer = await w.get(`graphs/${id}.png?from=-4h&width=400&height=200&theme=dark&scale=2`);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toBe('image/png');
    const picture = readPng(answer.rawPayload);
    expect([picture.width, picture.height]).toEqual([800, 400]);
    expect(picture.at(0, 0)).toBe(PALETTES.dark.chrome.bg);
    expect(picture.count(PALETTES.dark.roles.in.line)).toBeGreaterThan(200);
    expect(picture.count(PALETTES.dark.roles.out.fill)).toBeGreaterThan(200);
  });

  test('is an SVG with its figures, which may be opened by itself', async () => {
    const answer = await w.get(`graphs/${id}.svg?from=-4h&theme=auto`);
    expect(answer.headers['content-type']).toContain('image/svg+xml');
    expect(answer.headers['content-security-policy']).toContain('sandbox');
    for (const words of [
      'Current',
      'Minimum',
      'Maximum',
      '95th',
      'Known',
      'data from',
      '>in<',
      '>out<',
      'prefers-color-scheme:dark',
    ])
      expect(answer.body).toContain(words);
  });

  test('says whose it is, because nothing around it does', async () => {
    const { body } = await w.get(`graphs/${id}.svg?from=-4h`);
    expect(body).toMatch(/<title>web1 eth0/);
    expect(body).toContain('>web1 eth0<');
  });

  test('goes without its legend when told', async () => {
    expect((await w.get(`graphs/${id}.svg?legend=false`)).body).not.toContain('Current');
  });

  test('is not sent again to who has it, and asked for again before long', async () => {
    const first = await w.get(`graphs/${id}.png?from=-4h`);
    const tag = String(first.headers['etag']);
    expect(first.headers['cache-control']).toMatch(/^private, max-age=\d+$/);
    w.pass(3_000);
    const again = await w.get(`graphs/${id}.png?from=-4h`, { headers: { 'if-none-match': `"old", W/${tag}` } });
    expect([again.statusCode, again.body, again.headers['etag']]).toEqual([304, '', tag]);
    const other = await w.get(`graphs/${id}.png?from=-4h&theme=dark`, { headers: { 'if-none-match': tag } });
    expect(other.statusCode).toBe(200);
  });

  test('bears the same data as JSON and as CSV under the names of files', async () => {
    const json = (await w.get(`graphs/${id}.json?from=-4h`)).json<{ id: string; tMs: number[] }>();
    expect(json.id).toBe(id);
    const csv = await w.get(`graphs/${id}.csv?from=-4h`);
    expect(csv.headers['content-type']).toContain('text/csv');
    expect(csv.headers['transfer-encoding']).toBe('chunked');
    expect(csv.body.trimEnd().split('\n')).toHaveLength(json.tMs.length + 1);
    expect(csv.body).toBe((await w.get(`graphs/${id}/csv?from=-4h`)).body);
  });
});

describe('what cannot be drawn', () => {
  const refused: [what: string, url: () => string, status: number, words: string][] = [
    ['a graph that is none', () => 'graphs/traffic~nowhere~eth9.svg', 404, 'There is no graph'],
    ['an id that is none', () => 'graphs/%3Cb%3E.svg', 404, '&lt;b&gt;'],
    ['a range upside down', () => `graphs/${id}.svg?from=-1h&to=-2h`, 400, 'not valid'],
    ['a time that is none', () => `graphs/${id}.svg?from=teatime`, 400, 'teatime'],
    ['a width beyond all screens', () => `graphs/${id}.svg?width=100000`, 400, 'width'],
    ['a height of nothing', () => `graphs/${id}.svg?height=1`, 400, 'height'],
    ['a theme that is none', () => `graphs/${id}.svg?theme=pink`, 400, 'theme'],
    ['a scale that is none', () => `graphs/${id}.svg?scale=9`, 400, 'scale'],
    ['an option that is none', () => `graphs/${id}.svg?colour=red`, 400, 'colour'],
  ];
  test.each(refused)('%s is a picture that says so, under the true status', async (_, url, status, words) => {
    const answer = await w.get(url());
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toContain('image/svg+xml');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.body).toContain(words);
  });

  test.each(refused)('%s is one as PNG, too', async (_, url, status) => {
    const answer = await w.get(url().replace('.svg', '.png'));
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([status, 'image/png']);
    expect(readPng(answer.rawPayload).count(PALETTES.light.chrome.bad)).toBeGreaterThan(500);
  });

  test('more pixels than a picture may have', async () => {
    const answer = await w.get(`graphs/${id}.png?width=4000&height=2000&scale=2`);
    expect(answer.statusCode).toBe(400);
    expect(readPng(answer.rawPayload).width).toBe(1600);
    expect((await w.get(`graphs/${id}.png?width=2000&height=1000&scale=2`)).statusCode).toBe(200);
  });

  test('a range in the future has no samples, and 200 years have no more points than pixels', async () => {
    expect((await w.get(`graphs/${id}.svg?from=2030-01-01&to=2030-01-02`)).body).toContain('No samples in this range');
    const all = await w.get(`graphs/${id}.svg?from=1830-01-01&to=2026-03-16`);
    expect(all.statusCode).toBe(200);
    expect(all.body.length).toBeLessThan(200_000);
  });

  test('hostile names are words and nothing else', async () => {
    const svg = (await w.get(`graphs/${hostile}.svg?from=-4h`)).body;
    expect(svg).not.toContain('<script');
    expect(svg).not.toContain('\u202e');
    expect(svg).toContain('&lt;script&gt;');
    expect((await w.get(`graphs/${hostile}.png?from=-4h`)).statusCode).toBe(200);
    const { headers } = await w.get(`graphs/${hostile}.csv?from=-4h`);
    expect(headers['content-disposition']).toMatch(/^attachment; filename="[A-Za-z0-9._-]+"$/);
  });
});

describe('when something is away', () => {
  test('a store that does not answer is a picture under 503', async () => {
    const history = await createHistory({
      ...{ store: createMemoryStore(), tiers: DEFAULT_TIERS, nowMs: () => NOW_MS },
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    });
    const gone = () => Promise.reject(new ServerAway('InfluxDB does not answer: what is asked of it must wait.'));
    const other = await world({}, { history: { ...history, latest: gone, bins: gone, raw: gone } });
    const { device, eth0 } = await fixtures(other.catalog);
    for (const kind of ['svg', 'png']) {
      const answer = await other.get(`graphs/traffic~${device.id}~${eth0.id}.${kind}`);
      expect(answer.statusCode).toBe(503);
      expect(answer.headers['content-type']).toMatch(/^image\//);
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
      if (kind === 'svg') expect(answer.body).toContain('InfluxDB does not answer');
    }
    await other.close();
    await history.close();
  });

  test('too many at once are told to come again, with a picture; those that waited get theirs', async () => {
    const other = await world({}, { renderer: createRenderer({ waitingMax: 1 }) });
    const one = await fill(other, 'web1');
    const answers = await Promise.all([300, 310, 320, 330].map((width) => other.get(`graphs/${one}.png?width=${width}`)));
    const status = answers.map((answer) => answer.statusCode).sort();
    expect(status.filter((s) => s === 200).length).toBeGreaterThanOrEqual(2);
    const busy = answers.find((answer) => answer.statusCode === 503);
    expect(busy?.headers['retry-after']).toBe('5');
    expect(readPng(busy?.rawPayload ?? Buffer.alloc(0)).count(PALETTES.light.chrome.bad)).toBeGreaterThan(500);
    await other.close();
  });

  test('without its fonts no picture is drawn without words: it is refused in words', async () => {
    const other = await world({}, { renderer: createRenderer({ fontFolder: '/nowhere' }) });
    const one = await fill(other, 'web1');
    const answer = await other.get(`graphs/${one}.png`);
    expect(answer.statusCode).toBe(500);
    expect(answer.json<{ detail: string }>().detail).toContain('font');
    expect(other.logged.some((line) => line.includes('font'))).toBe(true);
    expect((await other.get(`graphs/${one}.svg`)).statusCode).toBe(200);
    await other.close();
  });
});
