/** What the adapter for VictoriaMetrics makes of every answer, good or bad. */
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { DEFAULT_TIERS } from '../../core/model.ts';
import type { Log } from '../../core/ports.ts';
import { ServerAway, type Parcel } from '../../store/server/port.ts';
import { createAsking } from '../../store/victoria/asking.ts';
import { createVictoriaStore, type VictoriaOptions } from '../../store/victoria/store.ts';
import { quiet } from './histories.ts';
import { startDouble, type Asked, type HttpDouble } from './victoria-double.ts';

const LINE = 'interface,device=d,instance=i in_bps=1.5 1700000000000';
const PARCEL: Parcel = { tier: 'raw', text: LINE, lines: 1 };
const KEY = 'd/i/interface.in_bps';
const EXPORTED = JSON.stringify({
  metric: { __name__: 'saguaro_raw_interface_in_bps', device: 'd', instance: 'i' },
  values: [1.5],
  timestamps: [1_700_000_000_000],
});

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});
async function double(answer: (asked: Asked, response: ServerResponse) => void): Promise<HttpDouble> {
  const server = await startDouble(answer);
  open.push(() => server.end());
  return server;
}
function storeAt(url: string, more: Partial<VictoriaOptions> = {}) {
  const options = { writeUrl: url, readUrl: url, deleteUrl: null, token: null, prefix: 'saguaro', timeoutMs: 2_000, log: quiet };
  const store = createVictoriaStore({ ...options, ...more });
  open.unshift(() => store.close());
  return store;
}
const always = (status: number, body = '', headers: Record<string, string> = {}) =>
  double((_asked, response) => response.writeHead(status, headers).end(body));

describe('a parcel', () => {
  it.each([
    [204, '', { result: 'ok' }],
    [500, 'oh', { result: 'retry', reason: 'VictoriaMetrics cannot take rows now (HTTP 500): oh.', afterMs: null }],
    [503, 'the storage is in read-only mode', { result: 'retry' }],
    [408, '', { result: 'retry' }],
    [429, '', { result: 'retry' }],
    [401, '', { result: 'blocked', reason: 'VictoriaMetrics does not let us write (HTTP 401); check the token.' }],
    [403, '', { result: 'blocked' }],
    [404, '', { result: 'blocked', reason: 'VictoriaMetrics takes no rows at this address (HTTP 404); check writeUrl.' }],
    [400, 'unsupported path requested: "/x"', { result: 'blocked' }],
    [301, '', { result: 'blocked' }],
    [400, 'cannot parse', { result: 'rejected', reason: 'VictoriaMetrics refuses the rows (HTTP 400): cannot parse.' }],
    [
      422,
      '{"error":"no such field"}',
      { result: 'rejected', reason: 'VictoriaMetrics refuses the rows (HTTP 422): no such field.' },
    ],
    [413, '', { result: 'too large' }],
  ])('answered %i %s becomes what must be done', async (status, body, wanted) => {
    const server = await always(status, body);
    expect(await storeAt(server.url).send(PARCEL)).toMatchObject(wanted);
    expect(server.asked).toHaveLength(1);
  });

  it.each([
    ['7', 7_000],
    ['0', 0],
    ['99999999', 3_600_000],
    ['soon', null],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ])('waits as long as Retry-After %s says', async (value, afterMs) => {
    const server = await always(503, '', { 'retry-after': value });
    expect(await storeAt(server.url).send(PARCEL)).toMatchObject({ result: 'retry', afterMs });
  });

  it('goes to the address, compressed, with its tier in its name', async () => {
    const server = await always(204);
    const text = Array.from(
      { length: 100 },
      (_line, i) => `in\\,ter_face,device=d\\ 1,instance=i a_b=${i} ${1_700_000_000_000 + i}`,
    );
    const store = storeAt(`${server.url}/insert/7/influx`, { token: 'ops:secret' });
    expect(await store.send({ tier: '5m', text: text.join('\n'), lines: 100 })).toEqual({ result: 'ok' });
    const [asked] = server.asked;
    expect(asked?.path).toMatch(/^\/insert\/7\/influx\/api\/v2\/write\?.*precision=ms/);
    expect(asked?.headers).toMatchObject({
      'content-encoding': 'gzip',
      authorization: `Basic ${Buffer.from('ops:secret').toString('base64')}`,
    });
    expect(asked?.body.split('\n')).toEqual(text.map((line) => line.replace('in\\,ter_face', 'saguaro_5m_in\\,ter__face')));
  });

  it('carries a bearer token, or none', async () => {
    const server = await always(204);
    await storeAt(server.url, { token: 'abc' }).send(PARCEL);
    await storeAt(server.url).send(PARCEL);
    expect(server.asked.map(({ headers }) => headers.authorization)).toEqual(['Bearer abc', undefined]);
  });

  it('goes to the server of its tier', async () => {
    const [here, there] = [await always(204), await always(204)];
    const store = storeAt(here.url, { tiers: { '1d': { writeUrl: there.url, readUrl: there.url } } });
    await store.send(PARCEL);
    await store.send({ ...PARCEL, tier: '1d' });
    expect(here.asked.map(({ body }) => body)).toEqual([`saguaro_raw_${LINE}`]);
    expect(there.asked.map(({ body }) => body)).toEqual([`saguaro_1d_${LINE}`]);
  });

  it('is tried again where nobody listens, and where somebody says nothing', async () => {
    const idle = createServer().listen(0, '127.0.0.1');
    await once(idle, 'listening');
    const { port } = idle.address() as { port: number };
    idle.close();
    await once(idle, 'close');
    const gone = await storeAt(`http://127.0.0.1:${port}`).send(PARCEL);
    expect(gone).toMatchObject({ result: 'retry', afterMs: null });
    expect(gone).toHaveProperty('reason', expect.stringMatching(/^VictoriaMetrics cannot be reached \(.*ECONNREFUSED.*\)\.$/));

    const silent = await double(() => undefined);
    const answer = await storeAt(silent.url, { timeoutMs: 300 }).send(PARCEL);
    expect(answer).toEqual({ result: 'retry', reason: 'VictoriaMetrics did not answer within 0.3 s.', afterMs: null });
  });

  it('is not waited for when the answer trickles', async () => {
    const timers: NodeJS.Timeout[] = [];
    const server = await double((_asked, response) => {
      response.writeHead(500, { 'content-type': 'text/plain' });
      timers.push(setInterval(() => response.write('.'), 50));
    });
    try {
      const store = storeAt(server.url, { timeoutMs: 400 });
      expect(await store.send(PARCEL)).toMatchObject({ result: 'retry' });
      await expect(store.raw([KEY], 0, 1)).rejects.toThrow(ServerAway);
    } finally {
      for (const timer of timers) clearInterval(timer);
    }
  });

  it('brings no more of a long answer than fits a sentence', async () => {
    const server = await always(500, 'x'.repeat(900_000));
    const answer = await storeAt(server.url).send(PARCEL);
    expect(JSON.stringify(answer).length).toBeLessThan(500);
  });
});

describe('a read', () => {
  it.each([
    [500, '', 'VictoriaMetrics cannot answer now (HTTP 500).'],
    [503, 'busy', 'VictoriaMetrics cannot answer now (HTTP 503): busy.'],
    [429, '', 'VictoriaMetrics cannot answer now (HTTP 429).'],
    [401, '', 'VictoriaMetrics does not let us read (HTTP 401); check the token.'],
    [404, '', 'VictoriaMetrics knows nothing at the address it is read at (HTTP 404); check readUrl.'],
    [400, 'unsupported path requested', 'VictoriaMetrics knows nothing at the address it is read at (HTTP 400); check readUrl.'],
  ])('answered %i %s says that the server is away', async (status, body, sentence) => {
    const store = storeAt((await always(status, body)).url);
    const failure = await store.raw([KEY], 0, 1).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ServerAway);
    expect(failure).toHaveProperty('message', sentence);
    await expect(store.bins([KEY], '1h', 0, 1)).rejects.toThrow(ServerAway);
    await expect(store.latest([KEY])).rejects.toThrow(ServerAway);
    await expect(store.keys?.()).rejects.toThrow(ServerAway);
    await expect(store.remove([KEY])).rejects.toThrow(ServerAway);
    expect(await store.health()).toMatchObject({ ok: false });
    await expect(store.ensureTiers(DEFAULT_TIERS)).rejects.toThrow(ServerAway);
  });

  it('that is refused is told in the words of the server, and is no absence', async () => {
    const store = storeAt((await always(422, '{"status":"error","error":"too many series"}')).url);
    const failure = await store.latest([KEY]).catch((error: unknown) => error);
    expect(failure).not.toBeInstanceOf(ServerAway);
    expect(failure).toHaveProperty('message', 'VictoriaMetrics refuses to answer (HTTP 422): too many series.');
  });

  it('does not believe an answer that is cut off', async () => {
    const server = await double((_asked, response) => {
      response.writeHead(200, { 'content-length': '100000' });
      response.write(`${EXPORTED}\n`, () => response.destroy());
    });
    await expect(storeAt(server.url).raw([KEY], 0, Infinity)).rejects.toThrow(ServerAway);
  });

  it.each(['<html>', '{"metric":{}}', '{"metric":{},"values":[1],"timestamps":[]}'])('does not believe %s', async (body) => {
    const store = storeAt((await always(200, body)).url);
    const sentence = 'VictoriaMetrics answers what cannot be read; is it VictoriaMetrics that is at readUrl?';
    await expect(store.raw([KEY], 0, Infinity)).rejects.toThrow(new ServerAway(sentence));
    if (body === '<html>') await expect(store.latest([KEY])).rejects.toThrow(new ServerAway(sentence));
  });

  it('reads no more than it may', async () => {
    const server = await always(200, `${EXPORTED}\n`.repeat(1_000));
    const asking = createAsking({ authorization: null, timeoutMs: 2_000, mostBytes: 10_000 });
    await expect(asking.text(server.url)).rejects.toThrow('answers more than 10000 bytes; ask for less time or fewer series');
    const whole = createAsking({ authorization: null, timeoutMs: 2_000 });
    expect((await whole.text(server.url)).length).toBe(1_000 * (EXPORTED.length + 1));
  });

  it('goes where clusters are read and deleted', async () => {
    const server = await double((asked, response) => response.end(asked.path.includes('/query') ? '{}' : ''));
    const readUrl = `${server.url}/select/7/prometheus`;
    const store = storeAt(server.url, { readUrl });
    await store.raw([KEY], 1e9, 2e9);
    await store.remove([KEY]);
    await storeAt(server.url, { readUrl, deleteUrl: `${server.url}/other` }).removeDevices(['d']);
    expect(server.asked.map(({ path }) => path.replace(/\?.*/, ''))).toEqual([
      '/select/7/prometheus/api/v1/export',
      ...Array.from({ length: 3 }, () => '/select/7/prometheus/api/v1/query'),
      '/delete/7/prometheus/api/v1/admin/tsdb/delete_series',
      '/other/api/v1/admin/tsdb/delete_series',
    ]);
    const [only] = new URLSearchParams(server.asked.at(-1)?.body).getAll('match[]');
    expect(only).toBe('{__name__=~"saguaro_(raw|5m|1h|1d)_.+",device="d"}');
  });

  it('ends with the store', async () => {
    const server = await double(() => undefined);
    const store = storeAt(server.url);
    const reading = store.latest([KEY]);
    const ended = expect(reading).rejects.toThrow('its store was closed');
    await expect.poll(() => server.asked.length).toBe(1);
    await store.close();
    await ended;
  });
});

describe('what the server tells only in its metrics', () => {
  const metrics = (counts: { future?: number; old?: number; bad?: number; retention?: string }) =>
    [
      `vm_rows_ignored_total{reason="big_timestamp"} ${counts.future ?? 0}`,
      `vm_rows_ignored_total{reason="small_timestamp"} ${counts.old ?? 0}`,
      `vm_rows_invalid_total{type="influx"} ${counts.bad ?? 0}`,
      `flag{name="retentionPeriod", value="${counts.retention ?? '100y'}", is_set="true"} 1`,
    ].join('\n');

  it('becomes alarms while it grows, and for an hour after', async () => {
    let counts = { future: 5, old: 5, bad: 5 };
    let monoMs = 0;
    const server = await double((_asked, response) => response.end(metrics(counts)));
    const clock = { nowMs: () => Date.now(), monoMs: () => monoMs, sleep: () => Promise.resolve() };
    const store = storeAt(server.url, { clock });
    const alarms = () => {
      monoMs += 60_000;
      return store.alarms();
    };
    expect(await alarms()).toEqual([]);
    expect(await alarms()).toEqual([]);
    counts = { future: 1_205, old: 6, bad: 5 };
    const both = [
      'VictoriaMetrics ignored 1,200 rows: too far in the future; compare the clocks of both machines.',
      'VictoriaMetrics ignored 1 row: older than its retention.',
    ];
    expect(await alarms()).toEqual(both);
    // It was restarted and counts anew.
    counts = { future: 0, old: 0, bad: 2 };
    expect(await alarms()).toEqual([...both, 'VictoriaMetrics ignored 2 rows: lines it could not read.']);
    monoMs += 3_600_000;
    expect(await alarms()).toEqual([]);
    expect(new Set(server.asked.map(({ path }) => path))).toEqual(new Set(['/metrics']));
  });

  it('is asked of the server at a bounded rate', async () => {
    const server = await double((_asked, response) => response.end(metrics({})));
    const store = storeAt(server.url, { clock: { nowMs: () => 0, monoMs: () => 0, sleep: () => Promise.resolve() } });
    await Promise.all(Array.from({ length: 20 }, () => store.alarms()));
    expect(server.asked).toHaveLength(1);
  });

  it('may be missing', async () => {
    const server = await always(404);
    const store = storeAt(`${server.url}/insert/0/influx`);
    expect(await store.alarms()).toEqual([]);
    expect(server.asked.map(({ path }) => path)).toEqual(['/metrics']);
  });

  it.each([
    ['1', ['5m', '1h', '1d']],
    ['10d', ['raw', '5m', '1h', '1d']],
    ['60w', ['1h', '1d']],
    ['6y', ['1d']],
    ['100y', []],
    ['?', []],
  ])('warns of tiers that are to be kept longer than a retention of %s', async (retention, wanted) => {
    const warned: string[] = [];
    const log: Log = { ...quiet, warn: (text) => warned.push(text) };
    const server = await double((asked, response) => {
      if (asked.path === '/metrics') response.end(metrics({ retention }));
      else response.writeHead(asked.path.includes('write') ? 204 : 200).end();
    });
    await storeAt(server.url, { log }).ensureTiers(DEFAULT_TIERS);
    expect(warned.map((text) => /the tier (\S+)/.exec(text)?.[1])).toEqual(wanted);
    if (retention === '10d')
      expect(warned[0]).toBe(
        'VictoriaMetrics keeps rows 10 days, the tier raw is to be kept 14 days: set -retentionPeriod there.',
      );
  });

  it('is read of each server for the tiers it keeps', async () => {
    const warned: string[] = [];
    const log: Log = { ...quiet, warn: (text) => warned.push(text) };
    const kept = (retention: string) =>
      double((asked, response) => {
        if (asked.path === '/metrics') response.end(metrics({ retention }));
        else response.writeHead(asked.path.includes('write') ? 204 : 200).end();
      });
    const [short, long] = [await kept('20d'), await kept('100y')];
    const tiers = { raw: { writeUrl: short.url, readUrl: short.url }, '1h': { writeUrl: short.url, readUrl: short.url } };
    await storeAt(long.url, { log, tiers }).ensureTiers(DEFAULT_TIERS);
    expect(warned.map((text) => /the tier (\S+)/.exec(text)?.[1])).toEqual(['1h']);
  });
});
