/**
 * InfluxDB 2.x and 3.x: a real one where SAGUARO_TEST_INFLUX2_URL or SAGUARO_TEST_INFLUX3_URL names it, else their wire in front of a
 * real 1.x. And what becomes of every answer that a server may give.
 */
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_TIERS } from '../../core/model.ts';
import { ServerAway } from '../../core/ports.ts';
import { createInfluxStore, type InfluxOptions } from '../../store/influx/store.ts';
import { seriesStoreContract } from '../contracts/series-store.ts';
import { realPart } from '../real-parts.ts';
import { quiet } from './histories.ts';
import { DOUBLE_TOKEN, startInfluxDouble, type InfluxDouble } from './influx-double.ts';
import { startInflux, type InfluxServer } from './influx-server.ts';

const env = process.env;
const open = (options: Partial<InfluxOptions> & { url: string }) =>
  createInfluxStore({
    token: DOUBLE_TOKEN,
    org: 'host',
    version: 'auto',
    prefix: 'p',
    timeoutMs: 20_000,
    log: quiet,
    ...options,
  });

for (const version of [2, 3] as const) {
  const given = env[`SAGUARO_TEST_INFLUX${version}_URL`];
  describe.skipIf(given === undefined && realPart('influxd') === null)(
    given ? `a real ${version}.x` : `the wire of ${version}.x`,
    () => {
      let [real, double]: [InfluxServer | null, InfluxDouble | null] = [null, null];
      beforeAll(async () => {
        if (given !== undefined) return;
        real = await startInflux();
        double = await startInfluxDouble(version, real.url);
      });
      afterAll(async () => {
        await double?.end();
        await real?.end();
      });
      let count = 0;
      seriesStoreContract(
        `InfluxDB ${version}`,
        async () => {
          const prefix = `v${version}x${process.pid}x${count++}`;
          const make = () =>
            given === undefined
              ? open({ url: double?.url ?? '', prefix })
              : open({
                  url: given,
                  token: env[`SAGUARO_TEST_INFLUX${version}_TOKEN`] ?? null,
                  org: env[`SAGUARO_TEST_INFLUX${version}_ORG`] ?? null,
                  prefix,
                });
          const store = make();
          return {
            store,
            reopen: async () => {
              await store.close();
              return make();
            },
            cleanup: async () => undefined,
          };
        },
        { retention: false },
      );
    },
  );
}

describe('what a server answers', () => {
  let double: InfluxDouble;
  beforeAll(async () => {
    double = await startInfluxDouble(2, null);
  });
  afterAll(() => double.end());
  const parcel = { tier: 'raw' as const, text: 'interface,device=d,instance=i in_bps=1 1700000000000', lines: 1 };
  const sent = async (onWrite: InfluxDouble['onWrite'], options: Partial<InfluxOptions> = {}) => {
    const store = open({ url: double.url, ...options });
    double.onWrite = onWrite;
    try {
      return await store.send(parcel);
    } finally {
      await store.close();
      double.onWrite = null;
    }
  };
  const says =
    (status: number, body: string, headers: Record<string, string> = {}) =>
    (_body: string, response: ServerResponse) =>
      void response.writeHead(status, headers).end(body);

  it.each([
    ['204', says(204, ''), { result: 'ok' }],
    ['401', says(401, ''), { result: 'blocked', reason: expect.stringMatching(/HTTP 401.*check influxdb\.token/) as string }],
    ['403', says(403, ''), { result: 'blocked', reason: expect.stringMatching(/HTTP 403/) as string }],
    ['413', says(413, ''), { result: 'too large' }],
    [
      '429 with Retry-After in seconds',
      says(429, '', { 'retry-after': '7' }),
      { result: 'retry', reason: 'InfluxDB cannot take lines now (HTTP 429).', afterMs: 7_000 },
    ],
    [
      '429 that wants a day',
      says(429, '', { 'retry-after': '86400' }),
      { result: 'retry', reason: 'InfluxDB cannot take lines now (HTTP 429).', afterMs: 300_000 },
    ],
    [
      '500',
      says(500, '{"error":"engine: out of disk"}'),
      { result: 'retry', reason: 'InfluxDB cannot take lines now (HTTP 500): engine: out of disk.', afterMs: null },
    ],
    ['503', says(503, ''), { result: 'retry', reason: 'InfluxDB cannot take lines now (HTTP 503).', afterMs: null }],
    [
      '400 for a line that is none',
      says(400, '{"code":"invalid","message":"unable to parse"}'),
      { result: 'rejected', reason: 'InfluxDB refuses the lines (HTTP 400): unable to parse.' },
    ],
    [
      '422 in part',
      says(422, '{"message":"failure writing points: field type conflict dropped=1"}'),
      { result: 'rejected', reason: expect.stringMatching(/field type conflict/) as string },
    ],
    [
      '400 for what is older than it keeps',
      says(400, '{"error":"partial write: points beyond retention policy dropped=1"}'),
      { result: 'ok', expired: 1 },
    ],
    ['302', says(302, ''), { result: 'blocked', reason: expect.stringMatching(/check influxdb\.url/) as string }],
  ] as const)('to a write: %s', async (_name, answer, wanted) => {
    expect(await sent(answer)).toEqual(wanted);
  });

  it('850 kB of words become one sentence', async () => {
    const answer = await sent(says(400, `{"error":"${'partial write \\u0007'.repeat(40_000)}"}`));
    if (answer.result !== 'rejected') throw new Error(answer.result);
    expect(answer.reason.length).toBeLessThan(400);

    expect(answer.reason).not.toMatch(/[\u0000-\u001f]/);
  });
  it('nothing, for too long', async () => {
    expect(await sent(() => 'hang', { timeoutMs: 1_000 })).toEqual({
      result: 'retry',
      reason: 'InfluxDB did not answer within 1 s.',
      afterMs: null,
    });
  });
  it('a cut connection', async () => {
    expect(await sent(() => false)).toMatchObject({ result: 'retry', afterMs: null });
  });
  it('nothing for a while: which version it is, is asked again', async () => {
    const store = open({ url: double.url });
    const pings = () => double.asked.filter((what) => what === 'GET /ping').length;
    double.asked.length = 0;
    double.onWrite = says(204, '');
    await store.send(parcel);
    await store.send(parcel);
    expect(pings()).toBe(1);
    double.onWrite = () => false;
    expect(await store.send(parcel)).toMatchObject({ result: 'retry' });
    expect(pings()).toBe(1);
    double.onWrite = says(204, '');
    expect(await store.send(parcel)).toEqual({ result: 'ok' });
    expect(pings()).toBe(2);
    double.onWrite = null;
    await store.close();
  });
  it('a bucket that is gone is made anew, once', async () => {
    double.asked.length = 0;
    const store = open({ url: double.url });
    await store.ensureTiers(DEFAULT_TIERS.slice(0, 1));
    expect(double.asked).toContain('POST /api/v2/buckets');
    double.asked.length = 0;
    double.onWrite = says(404, '{"code":"not found","message":"bucket \\"p_raw\\" not found"}');
    expect(await store.send(parcel)).toMatchObject({
      result: 'blocked',
      reason: expect.stringMatching(/no such database or bucket/) as string,
    });
    expect(double.asked.filter((what) => what === 'POST /api/v2/write')).toHaveLength(2);
    double.onWrite = null;
    await store.close();
  });
  it('a token that is wrong, when tiers are made and when it is read; and never says it', async () => {
    const store = open({ url: double.url, token: 'very-secret' });
    for (const work of [store.ensureTiers(DEFAULT_TIERS), store.latest(['d/i/interface.in_bps'])]) {
      const error: unknown = await work.then(
        () => null,
        (cause: unknown) => cause,
      );
      expect(error).toBeInstanceOf(ServerAway);
      expect(String(error)).toMatch(/HTTP 401.*check influxdb\.token/);
      expect(String(error)).not.toContain('very-secret');
    }
    await store.close();
  });
  it('no organisation: nothing is sent, so that nothing is refused for it', async () => {
    const store = open({ url: double.url, org: null });
    await expect(store.ensureTiers(DEFAULT_TIERS)).rejects.toThrow(/set influxdb\.org/);
    await store.close();
    expect(await sent(says(400, '{"message":"Please provide either orgID or org"}'), { org: null })).toEqual({
      result: 'blocked',
      reason: 'InfluxDB 2.x keeps everything under an organisation; set influxdb.org.',
    });
  });
  it('an organisation nobody knows', async () => {
    const store = open({ url: double.url, org: 'nobody' });
    await expect(store.ensureTiers(DEFAULT_TIERS)).rejects.toThrow(/no organisation nobody; check influxdb\.org/);
    await store.close();
  });
  it('nobody there', async () => {
    const store = open({ url: 'http://127.0.0.1:9' });
    expect(await store.send(parcel)).toMatchObject({
      result: 'retry',
      reason: expect.stringMatching(/cannot be reached/) as string,
    });
    await expect(store.raw(['d/i/interface.in_bps'], 0, 1)).rejects.toThrow(ServerAway);
    expect(await store.reachable()).toMatchObject({ ok: false });
    await store.close();
  });
});
