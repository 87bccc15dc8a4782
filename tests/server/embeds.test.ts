/** Embeds over HTTP: what a page of others gets by a link, what nobody gets, and that no picture is ever broken. */
import { gzipSync } from 'node:zlib';
import type { LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EmbedCreated, EmbedView } from '../../core/embed.ts';
import type { PageOf } from '../../core/api.ts';
import type { BoardLine } from '../../core/dashboard.ts';
import { exploreId, NOTHING_CHOSEN } from '../../core/explore.ts';
import { PALETTES } from '../../core/graph-colours.ts';
import { DEFAULT_TIERS } from '../../core/model.ts';
import { ServerAway, type History } from '../../core/ports.ts';
import { createRenderer } from '../../server/render/renderer.ts';
import { createHistory } from '../../store/history.ts';
import { createMemoryStore } from '../../store/memory.ts';
import { excuse, fill, GUESSED, LISTED, make } from './embedding.ts';
import { readPng } from './render/pixels.ts';
import { fixtures, NOW_MS, world, type World } from './world.ts';

const HOSTILE = `<script>alert("1")</script>&\u202e]}}|'`;
const ALL_IN: BoardLine = {
  ...{ metric: 'interface.in_bps', aggregate: 'sum', label: 'in', mirror: false, per: null },
  select: [{ kind: null, site: null, tag: null, device: null, name: ['*'], alias: null, not: null }],
};

let w: World;
let id: string;
beforeAll(async () => {
  w = await world();
  id = await fill(w, 'web1');
});
afterAll(() => w.close());

describe('a link', () => {
  test('has 128 random bits, is told once, and is nowhere in the register', async () => {
    const made = await make(w, id);
    expect(made.link).toMatch(/^http:\/\/localhost:80\/e\/[A-Za-z0-9_-]{22}$|^http:\/\/[^/]+\/e\/[A-Za-z0-9_-]{22}$/);
    expect(made.alt).toMatch(/^web1, eth0: in \d.*now, 95th .*; out .*; data of Sun 15 Mar .* UTC$/);
    const token = made.path.slice('/e/'.length);
    const register = await w.get('embeds');
    expect(register.body).not.toContain(token);
    expect(JSON.stringify(await w.catalog.embeds.list())).not.toContain(token);
  });

  test.each([
    ['.png', 800, PALETTES.light.chrome.bg],
    ['@2x.png', 1600, PALETTES.light.chrome.bg],
    ['-dark.png', 800, PALETTES.dark.chrome.bg],
    ['-dark@2x.png', 1600, PALETTES.dark.chrome.bg],
  ])('with %s is a PNG of that size and theme', async (ending, width, ground) => {
    const { path } = await make(w, id);
    const answer = await w.get(path + ending);
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'image/png']);
    const picture = readPng(answer.rawPayload);
    expect([picture.width, picture.height, picture.at(0, 0)]).toEqual([width, (width * 3) / 8, ground]);
  });

  test('may be shown on any page, gives nothing to a cookie, and lets caches keep it for a slot', async () => {
    const { path } = await make(w, id);
    for (const ending of ['.svg', '.png', '.html']) {
      const { headers } = await w.get(path + ending);
      expect(headers).toMatchObject({ 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' });
      expect(headers['cache-control']).toMatch(/^public, max-age=(\d+), stale-while-revalidate=\1$/);
      expect(String(headers['content-security-policy'])).toMatch(/default-src 'none'.*frame-ancestors \*$/);
      expect([headers['x-frame-options'], headers['set-cookie'], headers['cross-origin-opener-policy']]).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
    }
    expect((await w.get(`${path}.svg`)).body).toContain('prefers-color-scheme:dark');
  });

  test('works where everything else wants a password', async () => {
    const locked = await world({ adminPassword: 'sesame' });
    try {
      const graph = await fill(locked, 'web1');
      expect((await locked.post('embeds', { graph })).statusCode).toBe(401);
      const { token } = await locked.app
        .inject({ method: 'POST', url: '/api/v1/sessions', payload: { password: 'sesame' } })
        .then((answer) => ({ token: answer.cookies[0]?.value ?? '' }));
      const answer = await locked.post('embeds', { graph }, { cookies: { saguaro_session: token } });
      const { link } = answer.json<EmbedCreated>();
      const seen = await locked.get(`${new URL(link).pathname}.svg`);
      expect([seen.statusCode, seen.headers['x-graph-error']]).toEqual([200, undefined]);
      expect((await locked.get('embeds')).statusCode).toBe(401);
      expect((await locked.get(`graphs/${graph}.svg`)).statusCode).toBe(401);
    } finally {
      await locked.close();
    }
  });

  test('is not sent again to who has it, but told when it is revoked', async () => {
    const { path, embed } = await make(w, id);
    for (const ending of ['.svg', '.png', '.html']) {
      const tag = String((await w.get(path + ending)).headers['etag']);
      const again = await w.get(path + ending, { headers: { 'if-none-match': `W/${tag}` } });
      expect([ending, again.statusCode, again.body]).toEqual([ending, 304, '']);
    }
    const tag = String((await w.get(`${path}.svg`)).headers['etag']);
    expect((await w.ask('DELETE', `embeds/${embed.id}`)).statusCode).toBe(204);
    expect(excuse(await w.get(`${path}.svg`, { headers: { 'if-none-match': tag } }))).toContain('revoked');
    expect((await w.ask('DELETE', `embeds/${embed.id}`)).statusCode).toBe(404);
  });

  test('without a cache is asked for each time', async () => {
    const { path } = await make(w, id, { noCache: true });
    const { headers } = await w.get(`${path}.png`);
    expect([headers['cache-control'], typeof headers['etag']]).toEqual(['no-cache', 'string']);
  });

  test('is the address that people use from outside', async () => {
    const published = await world({ publicUrl: 'https://stats.example.org/x/', basePath: '/x' });
    try {
      const graph = await fill(published, 'web1');
      const { link } = (
        await published.app.inject({ method: 'POST', url: '/x/api/v1/embeds', payload: { graph } })
      ).json<EmbedCreated>();
      expect(link).toMatch(/^https:\/\/stats\.example\.org\/x\/e\/[\w-]{22}$/);
      const page = (await published.get(`${new URL(link).pathname}.html`)).body;
      expect(page).toContain(`<meta property="og:image" content="${link}@2x.png">`);
    } finally {
      await published.close();
    }
  });

  test('notes its last use, once a minute at most', async () => {
    const { path, embed } = await make(w, id);
    const usedMs = async () => {
      const { items } = (await w.get('embeds?limit=1000')).json<PageOf<EmbedView>>();
      return items.find((one) => one.id === embed.id)?.usedMs;
    };
    expect(await usedMs()).toBeNull();
    await w.get(`${path}.svg`);
    await expect.poll(usedMs).toBeGreaterThan(NOW_MS - 1);
    const first = await usedMs();
    w.pass(30_000);
    await w.get(`${path}.svg`);
    w.pass(31_000);
    expect(await usedMs()).toBe(first);
    await w.get(`${path}.svg`);
    await expect.poll(usedMs).toBe((first ?? 0) + 61_000);
  });
});

describe('a picture instead of the graph', () => {
  test('is the same for guessed, malformed, revoked and expired links', async () => {
    const revoked = await make(w, id, { title: 'secret name' });
    await w.ask('DELETE', `embeds/${revoked.embed.id}`);
    const expired = await make(w, id, { days: 1, origins: [LISTED] });
    w.pass(86_400_000);
    for (const ending of ['.svg', '.png', '@2x.png', '-dark.png', '.html']) {
      const answers = [];
      for (const path of [`/e/${GUESSED}`, '/e/short', revoked.path, expired.path]) answers.push(await w.get(path + ending));
      const [first] = answers;
      expect(excuse(first as LightMyRequestResponse)).toContain('not known, was revoked or has expired');
      const told = ({ headers: { date: _date, ...headers }, rawPayload }: LightMyRequestResponse) => [
        headers,
        rawPayload.toString('hex'),
      ];
      for (const other of answers) expect(told(other)).toEqual(told(first as LightMyRequestResponse));
    }
    const states = (await w.get('embeds?limit=1000'))
      .json<PageOf<EmbedView>>()
      .items.filter(({ id: one }) => [revoked.embed.id, expired.embed.id].includes(one));
    expect(states.map(({ state }) => state).sort()).toEqual(['expired', 'revoked']);
    w.pass(-86_400_000);
  });

  test('comes when the device was removed later, and says whom to ask', async () => {
    const graph = await fill(w, 'leaving');
    const { path } = await make(w, graph, { owner: 'the <b>network</b> team' });
    expect((await w.get(`${path}.svg`)).headers['x-graph-error']).toBeUndefined();
    await w.catalog.devices.remove('idleaving');
    w.pass(301_000);
    const answer = await w.get(`${path}.svg`);
    expect(excuse(answer)).toMatch(/^This graph is gone: .* Ask the <b>network<\/b> team\.$/);
    expect(answer.body).toContain('Ask the &lt;b&gt;network&lt;/b&gt; team.');
    expect(readPng((await w.get(`${path}@2x.png`)).rawPayload).width).toBe(1600);
    expect((await w.get(`${path}.html`)).body).toContain('src="data:image/svg+xml;base64,');
  });

  test('comes while the history is away, names nothing of it, and the graph comes back', async () => {
    let away = false;
    const real = await createHistory({
      store: createMemoryStore(),
      tiers: DEFAULT_TIERS,
      nowMs: () => NOW_MS,
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    });
    const history: History = {
      ...real,
      latest: (series) =>
        away ? Promise.reject(new ServerAway('InfluxDB at http://10.1.2.3:8086 does not answer')) : real.latest(series),
    };
    const other = await world({}, { history });
    try {
      const { device, eth0 } = await fixtures(other.catalog);
      const { path } = await make(other, `traffic~${device.id}~${eth0.id}`);
      away = true;
      other.pass(301_000);
      const answer = await other.get(`${path}.svg`);
      expect(excuse(answer)).toContain('comes back by itself');
      expect(answer.body + String(answer.headers['x-graph-error'])).not.toContain('10.1.2.3');
      expect(answer.headers['retry-after']).toBe('5');
      away = false;
      expect((await other.get(`${path}.svg`)).headers['x-graph-error']).toBeUndefined();
    } finally {
      await other.close();
      await real.close();
    }
  });

  test('comes as SVG where no PNG can be drawn at all', async () => {
    const fontless = await world({}, { renderer: createRenderer({ fontFolder: 'nowhere' }) });
    try {
      const { path } = await make(fontless, await fill(fontless, 'web1'));
      const answer = await fontless.get(`${path}.png`);
      expect(excuse(answer)).toContain('cannot be drawn');
      expect([answer.headers['content-type'], answer.body.slice(0, 5)]).toEqual(['image/svg+xml; charset=utf-8', '<svg ']);
      expect((await fontless.get(`${path}.svg`)).headers['x-graph-error']).toBeUndefined();
      expect(fontless.logged.join()).toContain('An embed could not be shown.');
    } finally {
      await fontless.close();
    }
  });

  test('comes when links are guessed faster than they can be looked up', async () => {
    const answers = await Promise.all(Array.from({ length: 600 }, (_, i) => w.get(`/e/${GUESSED.slice(4)}${1000 + i}.svg`)));
    const told = new Set(answers.map((answer) => excuse(answer).slice(0, 12)));
    expect([...told].sort()).toEqual(['Not just now', 'This graph i']);
  });

  test('comes when too many different graphs are asked for at once', async () => {
    const { path } = await make(w, id);
    const others = [];
    for (let i = 0; i < 160; i++) others.push(await make(w, id, { width: 300 + i }));
    const raw = w.history.bins.bind(w.history);
    // Nothing is read to its end while all of them ask.
    const gate = Promise.withResolvers<undefined>();
    w.history.bins = (...asked) => gate.promise.then(() => raw(...asked));
    const asked = others.map((one) => w.get(`${one.path}.svg`));
    const told = await Promise.race(asked);
    gate.resolve(undefined);
    w.history.bins = raw;
    expect([excuse(told).slice(0, 12), told.headers['retry-after']]).toEqual(['Not just now', '5']);
    const answers = await Promise.all(asked);
    const busy = answers.filter(({ headers }) => headers['x-graph-error'] !== undefined);
    expect(busy.length).toBeGreaterThan(0);
    expect(busy.length).toBeLessThan(40);
    const crowd = await Promise.all(Array.from({ length: 300 }, () => w.get(`${path}.svg`)));
    expect(crowd.filter(({ headers }) => headers['x-graph-error'] !== undefined)).toEqual([]);
  });
});

describe('what is refused before a link is made', () => {
  test.each<[number, object]>([
    [404, { graph: 'traffic~nowhere~eth9' }],
    [400, { graph: '' }],
    [400, { range: 'teatime' }],
    [400, { width: 5 }],
    [400, { height: 100_000 }],
    [400, { days: 0 }],
    [400, { origins: Array.from({ length: 21 }, (_, i) => `https://a${i}`) }],
    [400, { colour: 'red' }],
  ])('with %i: %j', async (status, more) => {
    const before = (await w.catalog.embeds.list()).length;
    expect((await w.post('embeds', { graph: id, ...more })).statusCode).toBe(status);
    expect((await w.catalog.embeds.list()).length).toBe(before);
  });
});

describe('the live frame', () => {
  test('is small, and of a graph of many the title is its own', async () => {
    const many = exploreId({ ...NOTHING_CHOSEN, title: 'All in', lines: [ALL_IN] });
    const { path, embed } = await make(w, many);
    const { body, headers } = await w.get(`${path}.html`);
    expect([embed.title, headers['x-graph-error']]).toEqual(['', undefined]);
    expect(body).toContain('<title>All in</title>');
    expect(gzipSync(body).length).toBeLessThan(75_000);
  });
});

describe('hostile names', () => {
  test('are text in pictures, in the frame and in what it tells other sites', async () => {
    const graph = await fill(w, 'evil', HOSTILE);
    const { path, alt } = await make(w, graph, { owner: HOSTILE });
    expect(alt).not.toContain('\u202e');
    for (const ending of ['.svg', '.html']) {
      const { body } = await w.get(path + ending);
      expect(body).not.toContain('<script>alert');
      expect(body).not.toContain('\u202e');
      expect(body).toContain('&lt;script&gt;alert(&quot;1&quot;)');
    }
    expect((await w.get(`${path}.png`)).headers['content-type']).toBe('image/png');
  });
});
