import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { detailOf, world, type World } from './world.ts';

const PASSWORD = 'correct horse battery';
const login = (on: World, password: string) => on.post('sessions', { password });
const cookieOf = (answer: { headers: Record<string, unknown> }) => String(answer.headers['set-cookie']).split(';')[0] ?? '';

describe('whoever knows the password', () => {
  let w: World;
  beforeEach(async () => void (w = await world({ adminPassword: PASSWORD })));
  afterEach(() => w.close());

  test('the right password gives a session cookie that scripts cannot read', async () => {
    const answer = await login(w, PASSWORD);
    expect(answer.statusCode).toBe(204);
    const cookie = String(answer.headers['set-cookie']);
    expect(cookie).toMatch(/^saguaro_session=[A-Za-z0-9_-]{32};/);
    for (const attribute of ['HttpOnly', 'SameSite=Strict', 'Path=/', 'Max-Age=604800']) expect(cookie).toContain(attribute);
    expect(cookie).not.toContain('Secure');
    const inside = await w.get('status', { headers: { cookie: cookieOf(answer) } });
    expect([inside.statusCode, inside.json<{ loginRequired: boolean }>().loginRequired]).toEqual([200, true]);
  });

  test('behind https and a path, the cookie is bound to both', async () => {
    const published = await world({
      adminPassword: PASSWORD,
      publicUrl: 'https://stats.example.org/saguaro',
      basePath: '/saguaro',
    });
    try {
      const cookie = String((await login(published, PASSWORD)).headers['set-cookie']);
      expect(cookie).toContain('Secure');
      expect(cookie).toContain('Path=/saguaro');
    } finally {
      await published.close();
    }
  });

  test('a wrong password is refused, and too many are held off', async () => {
    for (const wrong of ['x', `${PASSWORD} `, PASSWORD.toUpperCase()]) {
      const answer = await login(w, wrong);
      expect([answer.statusCode, detailOf(answer)]).toEqual([401, 'This password is not right.']);
      expect(answer.headers['set-cookie']).toBeUndefined();
    }
    await login(w, 'x');
    await login(w, 'x');
    const held = await login(w, PASSWORD);
    expect([held.statusCode, detailOf(held)]).toEqual([429, 'Too many tries to log in: wait a minute, then try again.']);
    expect(held.headers['retry-after']).toBeDefined();
  });

  test('a session ends by logout and by time', async () => {
    const first = { cookie: cookieOf(await login(w, PASSWORD)) };
    const second = { cookie: cookieOf(await login(w, PASSWORD)) };
    expect((await w.ask('DELETE', 'sessions', { headers: first })).statusCode).toBe(204);
    expect((await w.get('status', { headers: first })).statusCode).toBe(401);
    expect((await w.get('status', { headers: second })).statusCode).toBe(200);
    w.pass(7 * 86_400_000 + 1);
    expect((await w.get('status', { headers: second })).statusCode).toBe(401);
  });

  test('tokens: shown once, accepted as Bearer, revocable', async () => {
    const cookie = cookieOf(await login(w, PASSWORD));
    const headers = { cookie };
    const created = await w.post('tokens', { name: 'prometheus' }, { headers });
    expect(created.statusCode).toBe(201);
    const { id, token } = created.json<{ id: string; token: string }>();
    const bearer = { headers: { authorization: `Bearer ${token}` } };
    expect((await w.app.inject({ url: '/metrics', ...bearer })).statusCode).toBe(200);
    expect((await w.get('devices', bearer)).statusCode).toBe(200);
    const listed = await w.get('tokens', { headers });
    expect(listed.json<{ items: unknown[] }>().items).toMatchObject([{ id, name: 'prometheus' }]);
    expect(listed.body).not.toContain(token);
    expect(await w.catalog.settings.get('api-tokens')).not.toContain(token);
    expect((await w.post('tokens', { name: 'prometheus' }, { headers })).statusCode).toBe(409);
    expect((await w.ask('DELETE', `tokens/${id}`, { headers })).statusCode).toBe(204);
    expect((await w.ask('DELETE', `tokens/${id}`, { headers })).statusCode).toBe(404);
    expect((await w.get('devices', bearer)).statusCode).toBe(401);
  });

  test('many tokens made at once are all kept', async () => {
    const cookie = cookieOf(await login(w, PASSWORD));
    await Promise.all(Array.from({ length: 8 }, (_, i) => w.post('tokens', { name: `t${i}` }, { headers: { cookie } })));
    expect((await w.get('tokens', { headers: { cookie } })).json<{ items: unknown[] }>().items).toHaveLength(8);
  });

  test('the password is nowhere to be seen', async () => {
    const cookie = cookieOf(await login(w, PASSWORD));
    const answers = await Promise.all(
      ['status', 'tokens', 'openapi.json', 'devices'].map((url) => w.app.inject({ url: `/api/v1/${url}`, headers: { cookie } })),
    );
    answers.push(await w.app.inject({ url: '/metrics', headers: { cookie } }), await login(w, 'wrong'));
    for (const answer of answers) expect(answer.body).not.toContain(PASSWORD);
    expect(w.logged.join()).not.toContain(PASSWORD);
  });
});

describe('whoever does not', () => {
  let w: World;
  beforeAll(async () => void (w = await world({ adminPassword: PASSWORD })));
  afterAll(() => w.close());

  test('without login only the doors are open', async () => {
    const open = ['/-/healthy', '/-/ready', '/', '/devices', '/login', '/graphs/x'];
    const shut = [
      '/metrics',
      ...[
        'status',
        'devices',
        'devices/x',
        'devices/x/graphs',
        'instances',
        'series',
        'series/data?series=x',
        'graphs/x',
        'graphs/x/csv',
        'events',
        'tokens',
      ].map((url) => `/api/v1/${url}`),
      '/api/v1/openapi.json',
    ];
    for (const url of open) expect((await w.app.inject(url)).statusCode, url).not.toBe(401);
    for (const url of shut) {
      const answer = await w.app.inject(url);
      expect(answer.statusCode, url).toBe(401);
      expect(answer.headers['www-authenticate'], url).toMatch(/^Bearer/);
      expect(detailOf(answer)).toContain('Log in first');
    }
    for (const [method, url] of [
      ['POST', 'devices'],
      ['POST', 'devices/test'],
      ['PATCH', 'devices/x'],
      ['DELETE', 'devices/x'],
      ['POST', 'imports'],
      ['POST', 'tokens'],
      ['DELETE', 'tokens/x'],
    ] as const) {
      expect((await w.ask(method, url)).statusCode, `${method} ${url}`).toBe(401);
    }
  });

  test.each([
    'Bearer',
    'Bearer x',
    `Bearer ${PASSWORD}`,
    `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}`,
    'Bearer sgr_0000',
  ])('Authorization: %s opens nothing', async (authorization) => {
    expect((await w.get('devices', { headers: { authorization } })).statusCode).toBe(401);
  });

  test('a made-up cookie opens nothing', async () => {
    for (const cookie of ['saguaro_session=', 'saguaro_session=__proto__', `saguaro_session=${'A'.repeat(32)}`]) {
      expect((await w.get('status', { headers: { cookie } })).statusCode).toBe(401);
    }
  });
});

test('without a password there is nothing to log in to', async () => {
  const free = await world();
  try {
    expect((await login(free, 'x')).statusCode).toBe(409);
    expect((await free.get('status')).json<{ loginRequired: boolean }>().loginRequired).toBe(false);
    expect((await free.ask('DELETE', 'sessions')).statusCode).toBe(204);
  } finally {
    await free.close();
  }
});
