/** What only a real VictoriaMetrics can show: freshness, deletion, odd names, its silence about rows it throws away. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_TIERS, seriesKey, type MetricName, type SeriesKey } from '../../core/model.ts';
import type { Batch, BinRow, RawRow } from '../../core/ports.ts';
import type { ServerStore } from '../../store/server/port.ts';
import { createHistory } from '../../store/history.ts';
import { realPart } from '../real-parts.ts';
import { DAY, HOUR, MINUTE } from './histories.ts';
import { startVictoria, victoriaStore, type VictoriaServer } from './victoria-server.ts';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const T0 = Date.UTC(2021, 5, 1);
const LINE = 'interface,device=d,instance=i in_bps=1';
const only = (raw: RawRow[]): Batch => ({ raw, bins: [] });

function row(series: readonly SeriesKey[], tMs: number, values = series.map((_key, i) => tMs / MINUTE + i)): RawRow {
  const device = series[0]?.split('/')[0] ?? '';
  return { device, tMs, intervalMs: MINUTE, series, values: Float64Array.from(values) };
}
function bins(series: readonly SeriesKey[], tMs: number): BinRow {
  const column = (value: number) => new Float64Array(series.length).fill(value);
  const device = series[0]?.split('/')[0] ?? '';
  return { tier: '5m', device, tMs, series, mean: column(2), min: column(1), max: column(3), known: column(1) };
}
const write = async (store: ServerStore, batch: Batch) => expect(await store.write(batch)).toEqual({ result: 'ok' });
const timesOf = async (store: ServerStore, series: readonly SeriesKey[], fromMs = -Infinity, toMs = Infinity) =>
  (await store.raw(series, fromMs, toMs)).map(({ tMs }) => [...tMs]);

describe.skipIf(realPart('victoria-metrics') === null)('a real VictoriaMetrics', () => {
  let server: VictoriaServer;
  beforeAll(async () => {
    server = await startVictoria();
  });
  afterAll(() => server?.end());

  it('shows what was measured just now', async () => {
    const store = victoriaStore(server);
    const key = seriesKey('now', 'i', 'load.one');
    const nowMs = Date.now();
    // Only that a series has begun may take it ten seconds.
    await write(store, only([row([key], nowMs - 1_000, [1])]));
    await server.settle();
    expect(await store.latest([key])).toEqual([{ tMs: nowMs - 1_000, value: 1 }]);
    await write(store, only([row([key], nowMs, [2])]));
    await expect.poll(() => store.latest([key]), { timeout: 5_000 }).toEqual([{ tMs: nowMs, value: 2 }]);
    expect(await timesOf(store, [key], nowMs - HOUR, nowMs + HOUR)).toEqual([[nowMs - 1_000, nowMs]]);
  });

  it('finds the record before, however long it was silent', async () => {
    const store = victoriaStore(server);
    const keys = [HOUR, HOUR + 1, DAY + HOUR, 2 * DAY, 41 * DAY, 400 * DAY].map((agoMs) => {
      const key = seriesKey('silent', `ago${agoMs}`, 'load.one');
      return [key, T0 - agoMs] as const;
    });
    for (const [key, tMs] of keys) await write(store, only([row([key], tMs - DAY), row([key], tMs), row([key], T0 + MINUTE)]));
    const answers = await store.raw(
      keys.map(([key]) => key),
      T0,
      T0 + HOUR,
    );
    expect(answers.map(({ tMs, previousMs }) => [[...tMs], previousMs])).toEqual(keys.map(([, tMs]) => [[T0 + MINUTE], tMs]));
  });

  it('finds a day of which the first moment alone is asked for', async () => {
    const store = victoriaStore(server);
    const key = seriesKey('midnight', 'i', 'load.one');
    await write(store, { raw: [row([key], T0), row([key], T0 + MINUTE)], bins: [bins([key], T0)] });
    expect(await timesOf(store, [key], T0 - MINUTE, T0)).toEqual([[T0]]);
    expect(await store.raw([key], T0 + HOUR, T0 + 2 * HOUR)).toMatchObject([{ previousMs: T0 + MINUTE }]);
    for (const [fromMs, toMs, found] of [
      [T0 - HOUR, T0 + 1, 1],
      [T0 - HOUR, T0, 0],
      [T0 + 5 * MINUTE - 1, T0 + HOUR, 1],
      [T0 + 5 * MINUTE, T0 + HOUR, 0],
    ] as const)
      expect((await store.bins([key], '5m', fromMs, toMs))[0]?.tMs).toHaveLength(found);
  });

  it('keeps odd ids and names apart', async () => {
    const store = victoriaStore(server);
    const ids = [
      'a',
      'A',
      'a.b',
      'a+b',
      'a|b',
      '.*',
      'é',
      '日本',
      'a b',
      'a,b',
      'a=b',
      'a"b',
      "a'b",
      'a\\b',
      '\\n',
      '{}',
      '[x]',
      '$1',
    ];
    const metrics: MetricName[] = [
      'load.one_gap',
      'load.one_gap_',
      'load.one_known',
      'load.time',
      'in_ter_face.in_bps',
      'in_ter.face_in_bps',
      'in.ter_face_in_bps',
      'load.one',
      'load.o.n.e',
    ];
    const all = ids.map((id) => metrics.flatMap((metric) => [seriesKey(id, 'i', metric), seriesKey(id, id, metric)]));
    for (const [i, keys] of all.entries())
      await write(store, {
        raw: [
          row(
            keys,
            T0 + i,
            keys.map((_key, k) => i * 100 + k),
          ),
        ],
        bins: [bins(keys, T0)],
      });
    const flat = all.flat();
    const latest = await store.latest(flat);
    expect(latest).toEqual(all.flatMap((keys, i) => keys.map((_key, k) => ({ tMs: T0 + i, value: i * 100 + k }))));
    expect(await timesOf(store, flat.toReversed())).toEqual(latest.toReversed().map((last) => [last?.tMs]));
    expect((await store.keys?.())?.toSorted()).toEqual(flat.toSorted());
    await store.remove(all[5] ?? []);
    expect((await store.keys?.())?.toSorted()).toEqual(flat.filter((key) => !all[5]?.includes(key)).toSorted());
  });

  it('keeps collectors with other prefixes apart', async () => {
    const [one, two] = [victoriaStore(server), victoriaStore(server)];
    const key = seriesKey('d', 'i', 'load.one');
    await write(one, only([row([key], T0)]));
    await write(two, only([row([key], T0 + MINUTE)]));
    expect([await timesOf(one, [key]), await timesOf(two, [key])]).toEqual([[[T0]], [[T0 + MINUTE]]]);
    await one.removeDevices(['d']);
    expect([await one.keys?.(), await two.keys?.()]).toEqual([[], [key]]);
  });

  it('forgets what was written a moment ago, and takes the series again, also after a restart', async () => {
    const store = victoriaStore(server);
    const [a, b, c] = ['a', 'b', 'c'].map((device) => seriesKey(device, 'i', 'load.one')) as [string, string, string];
    const nowMs = Date.now();
    for (const key of [a, b, c]) await write(store, { raw: [row([key], nowMs)], bins: [bins([key], nowMs - HOUR)] });
    await store.remove([a]);
    await store.removeDevices(['b']);
    await write(store, only([row([a], nowMs + 1), row([b], nowMs + 1)]));
    await server.settle();
    expect(await timesOf(store, [a, b, c])).toEqual([[nowMs + 1], [nowMs + 1], [nowMs]]);
    await server.stop();
    expect(await store.send({ tier: 'raw', text: LINE, lines: 1 })).toMatchObject({ result: 'retry' });
    expect(await store.reachable()).toMatchObject({ ok: false });
    await server.start();
    expect(await store.reachable()).toEqual({ ok: true });
    expect(await timesOf(store, [a, b, c])).toEqual([[nowMs + 1], [nowMs + 1], [nowMs]]);
    expect((await store.bins([a, b, c], '5m', 0, Infinity)).map(({ tMs }) => tMs.length)).toEqual([0, 0, 1]);
  });

  it('answers a delivery that came twice once', async () => {
    const store = victoriaStore(server);
    const keys = ['i', 'j'].map((instance) => seriesKey('twice', instance, 'load.one'));
    const rows = Array.from({ length: 200 }, (_row, i) => row(keys, T0 + i * MINUTE, [i % 5 === 0 ? NaN : i, -i]));
    const parcels = store.encode({ raw: rows, bins: rows.map(({ tMs }) => bins(keys, tMs * 5 - 4 * T0)) });
    for (const parcel of [...parcels, ...parcels, ...parcels.toReversed()])
      expect(await store.send(parcel)).toEqual({ result: 'ok' });
    const answers = await store.raw(keys, -Infinity, Infinity);
    expect(answers.map(({ tMs }) => [...tMs])).toEqual(keys.map(() => rows.map(({ tMs }) => tMs)));
    expect([...(answers[0]?.value ?? [])]).toEqual(rows.map((_row, i) => (i % 5 === 0 ? NaN : i)));
    expect((await store.bins(keys, '5m', T0, Infinity)).map(({ tMs, max }) => [tMs.length, max.length])).toEqual([
      [200, 200],
      [200, 200],
    ]);
  });

  it('gets a bin once, also when a sample reaches back into what was sealed', async () => {
    const store = victoriaStore(server);
    const history = await createHistory({ store, tiers: DEFAULT_TIERS, nowMs: () => T0 + 30 * MINUTE, log: quiet });
    const key = seriesKey('late', 'i', 'load.one');
    for (let i = 0; i <= 11; i++) await history.append([row([key], T0 + i * MINUTE, [i])]);
    await history.maintain(T0 + 20 * MINUTE);
    const sealed = await store.bins([key], '5m', T0, T0 + HOUR);
    expect([...(sealed[0]?.known ?? [])]).toEqual([1, 1, 0.2]);
    // It was silent for long enough to be sealed, and speaks again within the heartbeat of a device that is asked less often.
    await history.append([{ ...row([key], T0 + 14 * MINUTE, [100]), intervalMs: 5 * MINUTE }]);
    await history.append([row([key], T0 + 16 * MINUTE, [100])]);
    await history.maintain(T0 + 30 * MINUTE);
    await server.settle();
    const found = await store.bins([key], '5m', T0, T0 + 15 * MINUTE);
    expect(found).toEqual(sealed);
    // What the server itself has of it, before any reader takes the last of two.
    const match = encodeURIComponent('{__name__=~".*load.*one_mean",device="late"}');
    const answer = await fetch(`${server.url}/api/v1/export?match[]=${match}`, { signal: AbortSignal.timeout(20_000) });
    const kept = (await answer.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { timestamps: number[]; values: number[] });
    const means = kept.flatMap(({ timestamps, values }) =>
      timestamps.flatMap((t, i) => (t === T0 + 10 * MINUTE ? [values[i]] : [])),
    );
    expect(means).toEqual([11]);
    await history.close();
  });

  it('answers ten thousand series in one call', async () => {
    const store = victoriaStore(server);
    const metrics: MetricName[] = ['interface.in_bps', 'interface.out_bps'];
    const devices = Array.from({ length: 100 }, (_device, d) =>
      Array.from({ length: 100 }, (_key, i) => seriesKey(`m${d}`, `if${i % 50}`, metrics[i < 50 ? 0 : 1] ?? 'a.b')),
    );
    const values = devices.map((keys, d) => keys.map((_key, i) => (i === 7 ? NaN : d * 1000 + i)));
    await write(store, {
      raw: devices.flatMap((keys, d) => [row(keys, T0, values[d]), row(keys, T0 + MINUTE, values[d])]),
      bins: devices.map((keys) => bins(keys, T0)),
    });
    const all = devices.flat();
    const wanted = values.flat();
    const raw = await store.raw(all, T0, T0 + HOUR);
    expect(raw.map(({ value }) => [...value])).toEqual(wanted.map((value) => [value]));
    expect(raw.every(({ previousMs }) => previousMs === T0)).toBe(true);
    expect((await store.latest(all)).map((last) => last?.value)).toEqual(wanted);
    expect((await store.bins(all, '5m', T0, T0 + HOUR, ['max'])).map(({ max }) => [...max])).toEqual(wanted.map(() => [3]));
    expect(await store.keys?.()).toHaveLength(10_000);
    expect(await store.health()).toMatchObject({ ok: true, reason: '', series: 10_000 });
  }, 60_000);

  it('tells of rows that the server throws away without a word', async () => {
    let monoMs = 0;
    const clock = { nowMs: () => Date.now(), monoMs: () => (monoMs += 60_000), sleep: () => Promise.resolve() };
    const store = victoriaStore(server, { clock });
    expect(await store.alarms()).toEqual([]);
    const lines = [`${LINE} ${Date.now() + 5 * DAY}`, `${LINE} ${Date.now() + 6 * DAY}`, 'interface,device= what ever'];
    expect(await store.send({ tier: 'raw', text: lines.join('\n'), lines: 3 })).toEqual({ result: 'ok' });
    await expect
      .poll(() => store.alarms(), { timeout: 10_000, interval: 300 })
      .toEqual([
        'VictoriaMetrics ignored 2 rows: too far in the future; compare the clocks of both machines.',
        'VictoriaMetrics ignored 1 row: lines it could not read.',
      ]);
  });

  it('keeps eleven digits of every number, and fifteen of the largest nearby', async () => {
    const store = victoriaStore(server);
    const kinds: ((i: number) => number)[] = [
      (i) => 1 / (i + 1),
      (i) => 1e9 * Math.abs(Math.sin(i)),
      (i) => Math.sqrt(i) * 1e-9,
      (i) => 2 ** 53 - i,
      (i) => (i % 2 === 0 ? 1e15 / (i + 1) : 1 / (i + 1)),
    ];
    const keys = kinds.map((_kind, k) => seriesKey('digits', `i${k}`, 'load.one'));
    const rows = Array.from({ length: 2_000 }, (_row, i) => row(keys, T0 + i * MINUTE, kinds.map((kind) => kind(i)))); // prettier-ignore
    await write(store, only(rows));
    const answers = await store.raw(keys, -Infinity, Infinity);
    answers.forEach(({ value }, k) => {
      const largest = rows.reduce((most, { values }) => Math.max(most, values[k] ?? 0), 0);
      const wrong = [...value].filter((found, i) => {
        const wanted = rows[i]?.values[k] ?? NaN;
        return !(Math.abs(found - wanted) <= Math.max(1e-11 * wanted, 2e-15 * largest));
      });
      expect(wrong, `kind ${k}`).toEqual([]);
    });
  });

  it('says what keeps a server from taking rows', async () => {
    const other = await startVictoria([
      '-httpAuth.username=ops',
      '-httpAuth.password=secret',
      '-storage.minFreeDiskSpaceBytes=9000000GB',
    ]);
    try {
      const parcel = { tier: 'raw', text: `${LINE} ${Date.now()}`, lines: 1 } as const;
      expect(await victoriaStore(other).send(parcel)).toMatchObject({ result: 'blocked' });
      expect(await victoriaStore(other).reachable()).toMatchObject({ ok: false });
      const store = victoriaStore(other, { token: 'ops:secret' });
      expect(await store.send(parcel)).toEqual({
        result: 'retry',
        reason: expect.stringMatching(/^VictoriaMetrics cannot take rows now \(HTTP 503\): .*read-only mode/) as string,
        afterMs: null,
      });
      expect(await victoriaStore({ url: `${other.url}/wrong` }, { token: 'ops:secret' }).send(parcel)).toMatchObject({
        result: 'blocked',
      });
    } finally {
      await other.end();
    }
  });
});
