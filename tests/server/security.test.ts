import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostCheck, hostName, isLoopback, listenRefusal } from '../../server/settings.ts';
import { CONFIG, detailOf, fixtures, NOW_MS, world, type World } from './world.ts';

describe('headers', () => {
  let w: World;
  beforeAll(async () => void (w = await world()));
  afterAll(() => w.close());

  test.each(['/api/v1/status', '/api/v1/nothing', '/', '/metrics', '/-/healthy', '/api/v1/openapi.json'])(
    '%s carries them all',
    async (url) => {
      const { headers } = await w.app.inject(url);
      const policy = String(headers['content-security-policy']);
      for (const part of [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
      ]) {
        expect(policy.split('; ')).toContain(part);
      }
      expect(policy).not.toContain('unsafe');
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'x-frame-options': 'DENY',
      });
      expect(headers['access-control-allow-origin']).toBeUndefined();
      expect(headers['x-powered-by']).toBeUndefined();
    },
  );
});

describe('Host', () => {
  const published = { ...CONFIG, publicUrl: 'https://stats.example.org/x', allowedHosts: ['extra.example.org'] };

  test.each([
    ['localhost', true],
    ['localhost:8080', true],
    ['LOCALHOST:1', true],
    ['127.0.0.1:8080', true],
    ['[::1]:8080', true],
    ['stats.example.org', true],
    ['extra.example.org:99', true],
    ['evil.example.org', false],
    ['stats.example.org.evil.net', false],
    ['192.0.2.1', false],
    ['localhost@evil.net', false],
    ['localhost:80:80', false],
    ['', false],
    [undefined, false],
  ])('%s passes: %s', (host, expected) => expect(hostCheck(published)(host)).toBe(expected));

  test('where every address is listened on, literal addresses pass and names do not', () => {
    const everywhere = hostCheck({ ...CONFIG, host: '0.0.0.0' });
    expect(['192.0.2.1:8080', '[2001:db8::1]:8080', 'evil.example.org'].map(everywhere)).toEqual([true, true, false]);
    expect(hostCheck({ ...CONFIG, host: '2001:db8::5' })('[2001:db8::5]:8080')).toBe(true);
  });

  test('another name is refused on every route, and told how to become one', async () => {
    const w = await world();
    try {
      for (const url of ['/', '/api/v1/devices', '/metrics', '/-/healthy', '/nothing']) {
        const answer = await w.app.inject({ url, headers: { host: 'evil.example.org' } });
        expect([url, answer.statusCode]).toEqual([url, 421]);
        expect(answer.headers['content-type']).toContain('application/problem+json');
        expect(detailOf(answer)).toContain('allowedHosts');
      }
    } finally {
      await w.close();
    }
  });
});

describe('Origin', () => {
  let w: World;
  beforeAll(async () => void (w = await world({ publicUrl: 'https://stats.example.org' })));
  afterAll(() => w.close());
  const write = (headers: Record<string, string>) =>
    w.post('devices/test', { address: '192.0.2.1' }, { headers: { host: 'localhost:8080', ...headers } });

  test.each<[Record<string, string>, number]>([
    [{}, 200],
    [{ origin: 'http://localhost:8080' }, 200],
    [{ origin: 'https://stats.example.org' }, 200],
    [{ 'sec-fetch-site': 'same-origin' }, 200],
    [{ 'sec-fetch-site': 'none' }, 200],
    [{ origin: 'http://localhost:9999' }, 403],
    [{ origin: 'https://evil.example.org' }, 403],
    [{ origin: 'null' }, 403],
    [{ origin: 'nonsense' }, 403],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'same-site' }, 403],
    [{ origin: 'http://localhost:8080', 'sec-fetch-site': 'cross-site' }, 403],
  ])('a write with %j -> %d', async (headers, expected) => {
    expect((await write(headers)).statusCode).toBe(expected);
  });

  test('every kind of write is checked', async () => {
    const headers = { origin: 'https://evil.example.org', host: 'localhost' };
    for (const [method, url] of [
      ['DELETE', 'devices/x'],
      ['PATCH', 'devices/x'],
      ['POST', 'imports'],
      ['POST', 'sessions'],
      ['DELETE', 'sessions'],
      ['POST', 'tokens'],
      ['POST', 'devices/x/poll'],
    ] as const) {
      expect((await w.ask(method, url, { headers })).statusCode, `${method} ${url}`).toBe(403);
    }
  });

  test('reading is not hindered by an Origin', async () => {
    expect((await w.get('devices', { headers: { origin: 'https://evil.example.org', host: 'localhost' } })).statusCode).toBe(200);
  });
});

describe('proxies', () => {
  const tries = async (w: World, address: (i: number) => string) => {
    const statuses: number[] = [];
    for (let i = 0; i < 7; i++) {
      const headers = { 'x-forwarded-for': address(i) };
      statuses.push((await w.post('sessions', { password: 'wrong' }, { headers, remoteAddress: '192.0.2.50' })).statusCode);
    }
    return statuses;
  };
  const changing = (i: number) => `203.0.113.${i}`;

  test('a proxy nobody trusts cannot claim other addresses to get more tries', async () => {
    const w = await world({ adminPassword: 'long password' });
    try {
      expect(await tries(w, changing)).toEqual([401, 401, 401, 401, 401, 429, 429]);
    } finally {
      await w.close();
    }
  });

  test('a trusted one speaks for its clients', async () => {
    const w = await world({ adminPassword: 'long password', trustedProxies: ['192.0.2.0/24'] });
    try {
      expect(await tries(w, changing)).toEqual([401, 401, 401, 401, 401, 401, 401]);
    } finally {
      await w.close();
    }
  });

  test('X-Forwarded-Host opens no door', async () => {
    const w = await world({ trustedProxies: ['127.0.0.1'] });
    try {
      const answer = await w.get('devices', { headers: { host: 'evil.example.org', 'x-forwarded-host': 'localhost' } });
      expect(answer.statusCode).toBe(421);
    } finally {
      await w.close();
    }
  });
});

test('names with markup come back as data, never as a page', async () => {
  const w = await world();
  try {
    const { device, eth0 } = await fixtures(w.catalog);
    const name = '<img src=x onerror=alert(1)>';
    await w.catalog.devices.put({ ...device, name, site: '<b>' });
    await w.catalog.instances.put([{ ...eth0, name: '"><script>alert(2)</script>', alias: '=HYPERLINK("x")' }]);
    await w.catalog.events.add([
      { kind: 'changed', device: device.id, instance: null, cause: null, text: '<script>', fromMs: NOW_MS, toMs: NOW_MS },
    ]);
    for (const url of [
      'devices',
      `devices/${device.id}`,
      'instances',
      'series',
      'events',
      `devices/${encodeURIComponent('<script>')}`,
    ]) {
      const answer = await w.get(url);
      expect(String(answer.headers['content-type'])).toMatch(/^application\/(problem\+)?json/);
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
    }
    expect((await w.get('devices')).body).toContain(name);
    const csv = await w.get(`series/data?format=csv&series=${device.id}/${eth0.id}/interface.in_bps`);
    expect(csv.headers['content-type']).toBe('text/csv; charset=utf-8');
    expect(csv.headers['content-disposition']).toMatch(/^attachment/);
  } finally {
    await w.close();
  }
});

test('routes for the control socket are shut to the network', async () => {
  const w = await world(
    {},
    { socketRoutes: (app) => void app.post('/backups', { config: { socketOnly: true } }, () => ({ ok: true })) },
  );
  try {
    const answer = await w.app.inject({ method: 'POST', url: '/api/v1/backups' });
    expect([answer.statusCode, detailOf(answer)]).toEqual([
      403,
      'This is for the command line on the server itself: run it there.',
    ]);
  } finally {
    await w.close();
  }
});

describe('settings', () => {
  test.each([
    ['127.0.0.1', true],
    ['127.8.9.1', true],
    ['localhost', true],
    ['::1', true],
    ['[::1]', true],
    ['::ffff:127.0.0.1', true],
    ['0.0.0.0', false],
    ['::', false],
    ['192.0.2.1', false],
    ['127.example.org', false],
    ['', false],
  ])('%s is this machine only: %s', (host, expected) => {
    expect(isLoopback(host)).toBe(expected);
    expect(listenRefusal(host, null) === null).toBe(expected);
    expect(listenRefusal(host, '') === null).toBe(expected);
    expect(listenRefusal(host, 'a password')).toBeNull();
  });

  test.each([
    ['a.example.org:80', 'a.example.org'],
    ['A.EXAMPLE.org.', 'a.example.org'],
    ['[2001:db8::1]:8080', '2001:db8::1'],
    ['192.0.2.1', '192.0.2.1'],
    ['a/b', null],
    ['a b', null],
    ['', null],
  ])('the name in %j is %j', (header, name) => expect(hostName(header)).toBe(name));
});
