/** The adapter for InfluxDB against a real server of version 1. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_TIERS, seriesKey } from '../../core/model.ts';
import { createInfluxStore } from '../../store/influx/store.ts';
import { seriesStoreContract } from '../contracts/series-store.ts';
import { realPart } from '../real-parts.ts';
import { quiet } from './histories.ts';
import { DOUBLE_TOKEN, startInfluxDouble } from './influx-double.ts';
import { startInflux, type InfluxServer } from './influx-server.ts';

describe.skipIf(realPart('influxd') === null)('on a real server', () => {
  let server: InfluxServer;
  beforeAll(async () => {
    server = await startInflux();
  });
  afterAll(() => server?.end());

  let count = 0;
  seriesStoreContract(
    'InfluxDB 1',
    async () => {
      const prefix = `contract${count++}`;
      const open = () =>
        createInfluxStore({ url: server.url, token: null, org: null, version: 'auto', prefix, timeoutMs: 20_000, log: quiet });
      const store = open();
      return {
        store,
        reopen: async () => {
          await store.close();
          return open();
        },
        cleanup: async () => undefined,
      };
    },
    { retention: false },
  );

  const direct = (prefix: string) =>
    createInfluxStore({ url: server.url, token: null, org: null, version: 'auto', prefix, timeoutMs: 20_000, log: quiet });

  it('keeps odd ids apart, and refuses those that no line can say', async () => {
    const store = direct('odd');
    try {
      await store.ensureTiers(DEFAULT_TIERS.map(({ tier }) => ({ tier, retentionMs: null })));
      const ids = ['a', 'A', 'é', 'a b', 'a,b', 'a=b', 'a"b', "a'b", 'a\\b', '\\n', 'C:\\x', '#', '{}'];
      const keys = ids.map((id) => seriesKey(id, id, 'interface.in_bps'));
      const tMs = Date.UTC(2026, 0, 1);
      const row = (i: number) => ({
        device: ids[i] ?? '',
        tMs,
        intervalMs: 60_000,
        series: [keys[i] ?? ''],
        values: Float64Array.of(i),
      });
      expect(await store.write({ raw: ids.map((_id, i) => row(i)), bins: [] })).toEqual({ result: 'ok' });
      expect(await store.latest(keys)).toEqual(ids.map((_id, value) => ({ tMs, value })));
      expect((await store.keys()).toSorted()).toEqual(keys.toSorted());
      const why =
        'a part of it is empty, holds a new line, or a backslash stands at its end or before a comma, a space, = or another one.';
      for (const device of ['a\\', 'a\nb', 'a\\,b']) {
        const bad = { ...row(0), device, series: [seriesKey(device, 'i', 'interface.in_bps')] };
        expect(await store.write({ raw: [bad], bins: [] })).toMatchObject({
          result: 'rejected',
          reason: `The series ${JSON.stringify(seriesKey(device, 'i', 'interface.in_bps'))} cannot be written to a server: ${why}`,
        });
      }
      expect((await store.keys()).toSorted()).toEqual(keys.toSorted());
    } finally {
      await store.close();
    }
  });

  it('keeps metrics apart that look like what is added to a field, or like what the server calls its own', async () => {
    const store = direct('fields');
    try {
      await store.ensureTiers(DEFAULT_TIERS.map(({ tier }) => ({ tier, retentionMs: null })));
      const fields = ['x', 'x_gap', 'x_gap_', 'x_mean', 'x_known', 'time', 'device', 'instance'];
      const series = fields.map((field) => seriesKey('d', 'i', `family.${field}`));
      const tMs = Date.UTC(2026, 0, 1);
      const values = Float64Array.from(fields, (_field, i) => (i === 2 ? NaN : i));
      const known = values.map(() => 1);
      const bin = {
        tier: '1h' as const,
        device: 'd',
        tMs,
        series,
        mean: values.map((_v, i) => i),
        min: known,
        max: known,
        known,
      };
      const raw = { device: 'd', tMs, intervalMs: 60_000, series, values };
      expect(await store.write({ raw: [raw], bins: [bin] })).toEqual({ result: 'ok' });
      expect(await store.latest(series)).toEqual([...values].map((value) => ({ tMs, value })));
      expect((await store.raw(series, tMs - 1, tMs)).map(({ value }) => [...value])).toEqual([...values].map((value) => [value]));
      const bins = await store.bins(series, '1h', tMs, tMs + 1);
      expect(bins.map(({ mean }) => [...mean])).toEqual(fields.map((_field, i) => [i]));
      expect((await store.keys()).toSorted()).toEqual(series.toSorted());
      await store.remove([series[1] ?? '']);
      expect((await store.keys()).toSorted()).toEqual(series.filter((_key, i) => i !== 1).toSorted());
      expect(await store.latest(series.slice(0, 3))).toEqual([{ tMs, value: 0 }, null, { tMs, value: NaN }]);
    } finally {
      await store.close();
    }
  });

  it('makes a database anew that somebody dropped: when it is asked how it is, and when lines come', async () => {
    const said: string[] = [];
    const store = createInfluxStore({
      ...{ url: server.url, token: null, org: null, version: 'auto', prefix: 'dropped', timeoutMs: 20_000 },
      log: { ...quiet, warn: (text) => void said.push(text) },
    });
    const ask = async (statement: string) => {
      const url = `${server.url}/query?q=${encodeURIComponent(statement)}`;
      const response = await fetch(url, { method: 'POST', signal: AbortSignal.timeout(10_000) });
      const answer = (await response.json()) as { results: { series?: { values: unknown[][] }[] }[] };
      return answer.results[0]?.series?.[0]?.values ?? [];
    };
    const drop = (tier: string) => ask(`DROP DATABASE "dropped_${tier}"`);
    const databases = async () =>
      (await ask('SHOW DATABASES')).map(([name]) => String(name)).filter((name) => name.startsWith('dropped_'));
    const all = DEFAULT_TIERS.map(({ tier }) => `dropped_${tier}`).toSorted();
    try {
      await store.ensureTiers(DEFAULT_TIERS.map(({ tier }) => ({ tier, retentionMs: 10 * 86_400_000 })));
      expect(await store.reachable()).toEqual({ ok: true });
      expect((await databases()).toSorted()).toEqual(all);
      expect(said).toEqual([]);

      await drop('5m');
      await drop('1d');
      expect(await databases()).toHaveLength(all.length - 2);
      expect(await store.reachable()).toEqual({ ok: true });
      expect((await databases()).toSorted()).toEqual(all);
      expect(said).toEqual(['InfluxDB has no database dropped_5m, dropped_1d any more. What is missing is made anew.']);
      // It keeps as long as the one before did.
      expect((await ask('SHOW RETENTION POLICIES ON "dropped_5m"'))[0]?.slice(0, 2)).toEqual(['autogen', '240h0m0s']);

      await drop('raw');
      const series = [seriesKey('d', 'i', 'interface.in_bps')];
      const tMs = Date.now();
      const row = { device: 'd', tMs, intervalMs: 60_000, series, values: Float64Array.of(5) };
      expect(await store.write({ raw: [row], bins: [] })).toEqual({ result: 'ok' });
      expect(await store.latest(series)).toEqual([{ tMs, value: 5 }]);
      expect(said).toHaveLength(2);
      expect((await ask('SHOW RETENTION POLICIES ON "dropped_raw"'))[0]?.slice(0, 2)).toEqual(['autogen', '240h0m0s']);
    } finally {
      await store.close();
    }
  });

  it('reads long times of many series in answers of a bounded size', async () => {
    // The wire of 3.x in front of it, to count what is asked.
    const double = await startInfluxDouble(3, server.url);
    const store = createInfluxStore({
      url: double.url,
      token: DOUBLE_TOKEN,
      org: null,
      version: 'auto',
      prefix: 'bounded',
      timeoutMs: 20_000,
      log: quiet,
    });
    try {
      await store.ensureTiers(DEFAULT_TIERS.map(({ tier }) => ({ tier, retentionMs: null })));
      const series = Array.from({ length: 40 }, (_none, i) =>
        seriesKey('d', `if${i >> 1}`, i % 2 === 0 ? 'interface.in_bps' : 'interface.out_bps'),
      );
      const tMs = Date.UTC(2024, 0, 1);
      const values = Float64Array.from(series, (_key, i) => i);
      const known = values.map(() => 1);
      const bin = { tier: '5m' as const, device: 'd', tMs, series, mean: values, min: values, max: values, known };
      const raw = { device: 'd', tMs, intervalMs: 60_000, series, values };
      expect(await store.write({ raw: [raw], bins: [bin] })).toEqual({ result: 'ok' });
      const asked = async <T>(work: () => Promise<T>): Promise<[T, number]> => {
        double.asked.length = 0;
        const found = await work();
        return [found, double.asked.filter((what) => what === 'POST /query').length];
      };
      const day = 86_400_000;
      const [hour, hourCount] = await asked(() => store.bins(series, '5m', tMs, tMs + day / 24));
      const [year, yearCount] = await asked(() => store.bins(series, '5m', tMs - 200 * day, tMs + 200 * day));
      const [ever, everCount] = await asked(() => store.bins(series, '5m', -Infinity, Infinity, ['known']));
      expect([hour, year, ever].map((found) => found.map((bins) => [...bins.tMs]))).toEqual(
        [0, 1, 2].map(() => series.map(() => [tMs])),
      );
      expect(year.map(({ mean }) => mean[0])).toEqual([...values]);
      expect([hourCount, yearCount, everCount]).toEqual([1, 40, 10]);
      const [records, count] = await asked(() => store.raw(series, tMs - 30 * day, tMs));
      expect(records.map(({ value }) => [...value])).toEqual(series.map((_key, i) => [i]));
      // Two interfaces at a time; and those with nothing before are asked for an older record, a field at a time.
      expect(count).toBe(10 + 2);
    } finally {
      await store.close();
      await double.end();
    }
  });
});
