/** Where an embed may be shown, under which addresses, and what other sites are told of it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fill, GUESSED, LISTED, make } from './embedding.ts';
import { detailOf, world, type World } from './world.ts';

let w: World;
let id: string;
beforeAll(async () => {
  w = await world();
  id = await fill(w, 'web1');
});
afterAll(() => w.close());

describe('sites', () => {
  let path: string;
  beforeAll(
    async () =>
      void ({ path } = await make(w, id, { origins: ['wiki.example.org', 'HTTPS://Wiki.Example.org/', 'http://b:81'] })),
  );
  const seen = async (ending: string, headers: Record<string, string>) =>
    (await w.get(path + ending, { headers })).headers['x-graph-error'] === undefined;

  test('may frame it, and no others but this server', async () => {
    const { headers } = await w.get(`${path}.html`);
    expect(headers['content-security-policy']).toContain(`; frame-ancestors 'self' ${LISTED} http://b:81`);
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect(headers['cache-control']).toMatch(/^private/);
  });

  test.each<[boolean, string, Record<string, string>]>([
    [true, '.png', { referer: `${LISTED}/page` }],
    [true, '.png', { referer: 'http://localhost:80/embeds', host: 'localhost:80' }],
    [true, '.png', {}],
    [true, '.svg', { 'sec-fetch-site': 'same-origin' }],
    [true, '.svg', { origin: LISTED, 'sec-fetch-site': 'cross-site' }],
    [true, '.html', { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'iframe', referer: 'https://evil.example.net/' }],
    [true, '.html', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
    [false, '.html', { origin: 'https://evil.example.net' }],
    [false, '.png', { referer: 'https://evil.example.net/page' }],
    [false, '.png', { referer: `${LISTED}.evil.example.net/` }],
    [false, '.png', { referer: 'nonsense' }],
    [false, '.svg', { 'sec-fetch-site': 'cross-site' }],
    [false, '.svg', { origin: 'null' }],
  ])('shown: %s, %s with %j', async (shown, ending, headers) => expect(await seen(ending, headers)).toBe(shown));

  test.each([
    '',
    '*',
    'https://*.example.org',
    'javascript:alert(1)',
    'https://a/b',
    "https://a;script-src 'x'",
    'https://u@a',
    'ftp://a',
  ])('that is none is refused: %s', async (site) => {
    const answer = await w.post('embeds', { graph: id, origins: [site] });
    expect([answer.statusCode, detailOf(answer)]).toEqual([400, expect.stringContaining('is not a site')]);
  });
});

describe('addresses', () => {
  test.each(['/e/', '/e/x', `/e/${GUESSED}`, `/e/${GUESSED}.gif`, '/e/%2e%2e.exe'])('%s is none, and not framed', async (url) => {
    const answer = await w.app.inject(url);
    expect([answer.statusCode, answer.headers['x-frame-options']]).toEqual([404, 'DENY']);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });

  test('every other one says DENY, still', async () => {
    for (const url of ['/', '/embeds', '/api/v1/embeds', '/metrics'])
      expect((await w.app.inject(url)).headers).toMatchObject({ 'x-frame-options': 'DENY' });
  });
});

describe('oEmbed', () => {
  const of = (link: string, more = '') => w.get(`/e/oembed?url=${encodeURIComponent(link)}${more}`);

  test('makes a frame of a link, no larger than is wanted', async () => {
    const { link, embed } = await make(w, id, { title: 'Uplink' });
    const answer = await of(`${link}.html`, '&maxwidth=400&format=json&dnt=1');
    expect(answer.json()).toMatchObject({ type: 'rich', version: '1.0', width: 400, height: 150, title: 'Uplink' });
    expect(answer.json<{ html: string }>().html).toContain(`<iframe src="${link}.html" width="400" height="150"`);
    expect(answer.headers['access-control-allow-origin']).toBe('*');
    expect((await w.get(`${new URL(link).pathname}.html`)).body).toContain('type="application/json+oembed"');
    await w.ask('DELETE', `embeds/${embed.id}`);
    expect((await of(`${link}.html`)).statusCode).toBe(404);
  });

  test.each([
    [400, 'nonsense', ''],
    [404, `http://localhost/e/${GUESSED}.html`, ''],
    [404, 'http://localhost/elsewhere', ''],
    [501, `http://localhost/e/${GUESSED}.html`, '&format=xml'],
  ])('answers %i to %s%s', async (status, url, more) => expect((await of(url, more)).statusCode).toBe(status));
});
