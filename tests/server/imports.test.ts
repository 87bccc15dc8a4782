import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { EventView, ImportResult, PageOf, SeriesData } from '../../core/api.ts';
import type { GraphData, GraphRef } from '../../core/graph.ts';
import { readImport } from '../../server/import-csv.ts';
import { usualIntervalMs } from '../../server/import-plan.ts';
import { importTimeMs } from '../../server/import-time.ts';
import { detailOf, fixtures, NOW_MS, world, type World } from './world.ts';

const HEAD = 'device,instance,metric,unit,time,value\n';
const row = (time: string | number, value: string | number, series = 'old1,eth0,interface.in_bps,bps') =>
  `${series},${time},${value}\n`;
const rawBins = async (w: World, series: string, from = '2026-03-01', to = '2026-03-31') =>
  (await w.get(`series/data?tier=raw&from=${from}&to=${to}&series=${series}`)).json<{ items: SeriesData[] }>().items[0]?.bins ??
  [];

describe('a good file', () => {
  let w: World;
  beforeEach(async () => void (w = await world()));
  afterEach(() => w.close());
  const raw = (series: string) => rawBins(w, series);

  test('makes devices, instances and series, and they can be queried', async () => {
    const answer = await w.csv(
      HEAD +
        row('2026-03-10T10:00:00Z', 10) +
        row('2026-03-10T10:05:00Z', 20) +
        row(1773137400, 30) +
        row('2026-03-10T10:00:00Z', 7, 'old1,/srv,disk.used_bytes,bytes'),
    );
    expect(answer.json<ImportResult>()).toMatchObject({ rows: 4, series: 2, devicesCreated: ['old1'] });
    const [device] = await w.catalog.devices.list();
    expect(device).toMatchObject({ name: 'old1', origin: 'import', sources: [], address: '', intervalMs: 300_000 });
    const instances = await w.catalog.instances.list();
    expect(instances.map((i) => [i.kind, i.key, i.name]).sort()).toEqual([
      ['disk', '/srv', '/srv'],
      ['interface', 'eth0', 'eth0'],
    ]);
    const bins = await raw('old1/eth0/interface.in_bps');
    expect(bins.filter((b) => b.mean !== null).map((b) => [b.t, b.mean])).toEqual([
      [1773136800, 10],
      [1773137100, 20],
      [1773137400, 30],
    ]);
    expect((await raw('old1//srv/disk.used_bytes')).filter((b) => b.mean !== null)).toHaveLength(1);
    const events = (await w.get('events?kind=import')).json<PageOf<EventView>>().items;
    expect(events).toMatchObject([{ deviceName: 'old1', text: 'History was imported into 2 series.' }]);
  });

  test('rows in any order are sorted, the last of equal times counts, an empty value is a gap', async () => {
    const base = 1773136800;
    const times = [600, 0, 300, 900, 300];
    const values = [3, 1, 99, '', 2];
    await w.csv(HEAD + times.map((t, i) => row(base + t, values[i] ?? '')).join(''));
    const bins = await raw('old1/eth0/interface.in_bps');
    expect(bins.filter((b) => b.t >= base).map((b) => [b.t - base, b.mean])).toEqual([
      [0, 1],
      [300, 2],
      [600, 3],
      [900, null],
    ]);
  });

  test('a known device gets the rows under its own instances', async () => {
    const { eth0 } = await fixtures(w.catalog);
    const answer = await w.csv(
      HEAD + row(1773136800, 5, 'web1,eth0,interface.in_bps,bps') + row(1773136800, 5, 'web1,eth0,interface.errors,per_s'),
    );
    expect(answer.json<ImportResult>()).toMatchObject({ devicesCreated: [], series: 2 });
    const instances = (await w.catalog.instances.list('idweb1')).filter((i) => i.kind === 'interface');
    expect(instances.map((i) => i.id)).toEqual([eth0.id]);
    expect(instances[0]?.metrics.map((m) => m.name)).toEqual(['interface.in_bps', 'interface.out_bps', 'interface.errors']);
  });

  test('rows after now are refused where polls would fall behind them', async () => {
    await fixtures(w.catalog);
    const rows = (device: string) =>
      HEAD +
      row('2026-03-15T11:00', 1, `${device},eth0,interface.in_bps,bps`) +
      row('2026-03-15T14:00', 2, `${device},eth0,interface.in_bps,bps`);
    const answer = await w.csv(rows('web1'));
    expect(answer.statusCode).toBe(400);
    expect(detailOf(answer)).toBe(
      'Line 2: "web1/eth0/interface.in_bps" has rows up to 2026-03-15T14:00:00.000Z, which is in the future: polls until then would be dropped as late. Times without an offset are taken as UTC.',
    );
    expect(await rawBins(w, 'web1/eth0/interface.in_bps')).toEqual([]);
    expect((await w.csv(rows('old1'))).statusCode).toBe(200);
  });

  test('the greatest value, the latest time and metrics of anybody are taken; those keep their unit', async () => {
    expect((await w.csv(HEAD + row('2026-03-16T12:00:00Z', '1e30'))).statusCode).toBe(200);
    const own = (unit: string) => HEAD + row(1773136800, 1, `old1,ups,ups.charge,${unit}`);
    expect((await w.csv(own('ratio'))).statusCode).toBe(200);
    const other = await w.csv(own('1'));
    expect([other.statusCode, detailOf(other)]).toEqual([400, 'Line 2: the unit of "old1/ups/ups.charge" is ratio here, not 1.']);
  });

  test('quotes, CRLF, a byte order mark, other column orders and blank lines are fine', async () => {
    const text =
      '\ufeffTime,Value,Device,Instance,Metric,Unit\r\n\r\n2026-03-10 10:00:00,1e3,"a, ""b""","eth,0",interface.in_bps,bps\r\n';
    const answer = await w.csv(text);
    expect(answer.json<ImportResult>()).toMatchObject({ rows: 1, devicesCreated: ['a, "b"'] });
    expect((await w.catalog.instances.list())[0]?.name).toBe('eth,0');
  });

  test('what was exported can be imported', async () => {
    const file =
      HEAD + row('2026-03-10T10:00:00.000Z', 10) + row('2026-03-10T10:05:00.000Z', 20.5) + row('2026-03-10T10:10:00.000Z', '');
    await w.csv(file);
    const url = 'series/data?format=csv&tier=raw&from=2026-03-10T10:00:00Z&to=2026-03-11&series=old1/eth0/interface.in_bps';
    const exported = (await w.get(url)).body;
    expect(exported).toBe(file);
    await w.ask('DELETE', 'devices/old1');
    expect((await w.csv(exported)).statusCode).toBe(200);
    expect((await w.get(url)).body).toBe(exported);
  });

  test('a note becomes one event of its stretch, and a second time none', async () => {
    const noted = (series: string, at: number, value: string, note = '') => `${series},${1773136800 + at},${value},${note}\n`;
    const [eth0, load] = ['old1,eth0,interface.in_bps,bps', 'old1,load,load.one,1'];
    const file =
      'device,instance,metric,unit,time,value,note\n' +
      [eth0, load]
        .map(
          (series) =>
            noted(series, 0, '1') +
            noted(series, 300, '', 'Power work in the cellar') +
            noted(series, 600, '', 'Power work in the cellar') +
            noted(series, 900, '2') +
            noted(series, 1200, '', 'Power work in the cellar'),
        )
        .join('');
    for (let twice = 0; twice < 2; twice++) {
      expect((await w.csv(file)).statusCode).toBe(200);
      const gaps = await w.catalog.events.list({ kinds: ['gap'], limit: 10 });
      expect(gaps.map(({ cause, text, fromMs, toMs }) => [cause, text, fromMs / 1000, (toMs ?? 0) / 1000])).toEqual([
        ['imported gap', 'Power work in the cellar', 1773136800 + 900, 1773136800 + 1200],
        ['imported gap', 'Power work in the cellar', 1773136800, 1773136800 + 600],
      ]);
    }
    const wrong = await w.csv('device,instance,metric,unit,time,value,note\n' + noted(eth0, 0, '1', 'why'));
    expect([wrong.statusCode, detailOf(wrong)]).toEqual([
      400,
      'Line 2: a note says why a value is missing, but here is a value: leave one of them empty.',
    ]);
    const long = await w.csv('device,instance,metric,unit,time,value,note\n' + noted(eth0, 0, '', 'x'.repeat(300)));
    expect(detailOf(long)).toBe('Line 2: the note is longer than 255 characters.');
  });

  test('a note of a filesystem explains no gap of a port', async () => {
    const noted = (series: string, at: number, value: string, note = '') => `${series},${1773136800 + at},${value},${note}\n`;
    const gap = (series: string, note: string) =>
      noted(series, 0, '1') + noted(series, 300, '', note) + noted(series, 600, '', note) + noted(series, 900, '2');
    const file = gap('old1,/srv,disk.used_bytes,bytes', 'The disk was replaced.') + gap('old1,eth0,interface.in_bps,bps', '');
    expect((await w.csv(`device,instance,metric,unit,time,value,note\n${file}`)).statusCode).toBe(200);
    const graphs = (await w.get('devices/old1/graphs')).json<PageOf<GraphRef>>().items;
    const texts = await Promise.all(
      graphs.map(async ({ id, family }) => {
        const range = 'from=2026-03-10T10:00:00Z&to=2026-03-10T10:15:00Z';
        const { gaps } = (await w.get(`graphs/${id}?${range}`)).json<GraphData>();
        return [family, gaps.map(({ text }) => text)];
      }),
    );
    expect(Object.fromEntries(texts)).toEqual({
      disk: ['No data for 10 min: The disk was replaced.'],
      interface: ['No data for 10 min.'],
    });
  });

  test('more notes than events are made for are refused, and nothing is kept', async () => {
    const rows = Array.from(
      { length: 50_000 },
      (_, i) => `old1,/,disk.used_bytes,bytes,${1770000000 + i * 60},${i % 2 ? ',x' : '1,'}\n`,
    );
    const answer = await w.csv(`device,instance,metric,unit,time,value,note\n${rows.join('')}`);
    expect([answer.statusCode, detailOf(answer)]).toEqual([
      400,
      'The notes of the file tell of 25000 gaps: at most 20000 can be told, so leave the notes of short ones empty.',
    ]);
    expect(await w.catalog.devices.list()).toEqual([]);
  });

  test('what is not CSV is refused', async () => {
    for (const options of [{ payload: {} }, { payload: 'x', headers: { 'content-type': 'text/plain' } }, {}]) {
      expect((await w.ask('POST', 'imports', options)).statusCode).toBe(415);
    }
  });

  test('when the history refuses, no device is left behind', async () => {
    w.history.importSamples = () => Promise.reject(new Error('disk full'));
    expect((await w.csv(HEAD + row(1773136800, 1))).statusCode).toBe(500);
    expect(await w.catalog.devices.list()).toEqual([]);
  });
});

describe('a bad line refuses the file and is named', () => {
  let w: World;
  beforeAll(async () => {
    w = await world();
    await fixtures(w.catalog);
  });
  afterAll(() => w.close());
  afterEach(async () => {
    expect((await w.catalog.devices.list()).map((d) => d.name)).toEqual(['web1']);
    expect(await w.catalog.instances.list()).toHaveLength(2);
  });
  const good = row(1773136800, 1);
  const bad = (line: string) => HEAD + good + line + good;
  test.each([
    ['', 'The file is empty: its first line must be device,instance,metric,unit,time,value.'],
    [HEAD, 'The file has a header and no rows, so there is nothing to import.'],
    ['device;instance;metric;unit;time;value\n', 'Line 1: the columns must be separated by commas'],
    ['device,instance,metric,time,value\n', 'Line 1: the column "unit" is missing'],
    ['device,instance,metric,unit,time,value,remark\n', 'Line 1: the column "remark" is not known'],
    ['device,device,instance,metric,unit,time,value\n', 'Line 1: a column is there twice'],
    [good, 'Line 1: the column "device" is missing'],
    [bad('old1,eth0,interface.in_bps,bps,1773136800\n'), 'Line 3: it has 5 columns instead of 6'],
    [bad('old1,eth0,interface.in_bps,bps,1773136800,1,5\n'), 'Line 3: it has 7 columns instead of 6'],
    [bad(row('yesterday', 1)), 'Line 3: "yesterday" is not a time'],
    [bad(row('1773136800000', 1)), 'Line 3: "1773136800000" is not a time: these look like milliseconds, give seconds.'],
    [bad(row('2026-02-31T00:00:00Z', 1)), 'Line 3: "2026-02-31T00:00:00Z" is not a time'],
    [bad(row('0', 1)), 'Line 3: the time "0" is outside 1970 to 2200.'],
    [bad(row('', 1)), 'Line 3: the time is missing.'],
    [bad(row(1773136900, 'NaN')), 'Line 3: "NaN" is not a number'],
    [bad(row(1773136900, 'Infinity')), 'Line 3: "Infinity" is not a number'],
    [bad(row(1773136900, '1e999')), 'Line 3: "1e999" is larger than anything that can be measured.'],
    [bad(row(1773136900, '-1.1e30')), 'Line 3: "-1.1e30" is larger than anything that can be measured.'],
    [bad(row('2026-03-16T12:00:01Z', 1)), 'Line 3: the time "2026-03-16T12:00:01Z" lies in the future'],
    [bad(row(1773136900, 1, 'old1,eth1,interface.in_bps,bytes')), 'Line 3: the unit of interface.in_bps is bps, not bytes'],
    [bad(row(1773136900, 1, 'old1,/,disk.used_bytes,ratio')), 'Line 3: the unit of disk.used_bytes is bytes, not ratio'],
    [bad(row(1773136900, '"1,5"')), 'Line 3: "1,5" is not a number: write it with a point'],
    [bad(row(1773136900, '0x10')), 'Line 3: "0x10" is not a number'],
    [
      bad(row(1773136900, 1, 'old1,eth0,interface.in_bps,Mbps')),
      'Line 3: its unit is "Mbps", but line 2 says "bps" for the same series.',
    ],
    [
      bad(row(1773136900, 1, 'old1,eth0,interface.x,bp')),
      'Line 3: "bp" is not a unit; did you mean bps? use one of bps, bytes, ratio, per_s, s, ms, 1.',
    ],
    [bad(row(1773136900, 1, 'old1,eth0,Traffic,bps')), 'Line 3: "Traffic" is not a metric'],
    [bad(row(1773136900, 1, 'old1,eth0,interface.,bps')), 'Line 3: "interface." is not a metric'],
    [bad(row(1773136900, 1, 'a/b,eth0,interface.x,bps')), 'Line 3: "a/b" cannot be the name of a device'],
    [bad(row(1773136900, 1, ',eth0,interface.x,bps')), 'Line 3: the name of a device must not be empty.'],
    [bad(row(1773136900, 1, 'old1,,interface.x,bps')), 'Line 3: the name of a instance must not be empty.'],
    [
      bad(row(1773136900, 1, `${'d'.repeat(129)},eth0,interface.x,bps`)),
      'Line 3: the name of the device is longer than 128 characters.',
    ],
    [
      bad(row(1773136900, 1, `old1,${'i'.repeat(256)},interface.x,bps`)),
      'Line 3: the name of the instance is longer than 255 characters.',
    ],
    [bad('"old1,eth0,interface.in_bps,bps,1,1\n'), 'Line 3: a quote is opened and not closed.'],
    [bad('"old1"x,eth0,interface.in_bps,bps,1,1\n'), 'Line 3: after a closing quote a comma is expected.'],
    [HEAD + 'x'.repeat(20_000), 'Line 2: it is longer than 10000 characters.'],
  ])('%#: %j', async (text, sentence) => {
    const answer = await w.csv(text);
    expect(answer.statusCode).toBe(400);
    expect(detailOf(answer)).toContain(sentence);
  });

  test('bytes that are no UTF-8', async () => {
    const answer = await w.csv(Buffer.concat([Buffer.from(HEAD + good), Buffer.from([0x6f, 0xff, 0xfe, 0x0a])]));
    expect([answer.statusCode, detailOf(answer)]).toEqual([
      400,
      'Line 1 or one soon after it is not UTF-8 text: save the file as UTF-8.',
    ]);
  });

  test('one series under two names', async () => {
    const answer = await w.csv(
      HEAD + row(1773136800, 1, 'web1,eth0,interface.in_bps,bps') + row(1773136800, 1, 'idweb1,eth0,interface.in_bps,bps'),
    );
    expect(detailOf(answer)).toBe('Line 3: this is the same series as in line 2, under another name; use one.');
  });
});

test('a file has an end: rows and bytes are limited', async () => {
  const file = (rows: number) => Readable.from([Buffer.from(HEAD + row(1773136800, 1).repeat(rows))]);
  await expect(readImport(file(4), NOW_MS, { rows: 3, bytes: 1e6 })).rejects.toMatchObject({ statusCode: 413 });
  await expect(readImport(file(400), NOW_MS, { rows: 1e6, bytes: 1000 })).rejects.toMatchObject({ statusCode: 413 });
  await expect(readImport(file(3), NOW_MS, { rows: 3, bytes: 1e6 })).resolves.toMatchObject({ rows: 3 });
});

test('lines may be cut anywhere by the network', async () => {
  const text = Buffer.from(
    HEAD + row(1773136800, 1, 'größe,eth0,interface.in_bps,bps') + row(1773136860, 2, 'größe,eth0,interface.in_bps,bps'),
  );
  const pieces = Array.from(text, (byte) => Buffer.from([byte]));
  const file = await readImport(Readable.from(pieces), NOW_MS);
  expect(file.series.map((s) => [s.device, Array.from(s.value)])).toEqual([['größe', [1, 2]]]);
});

test.each([
  ['1773136800', 1773136800000],
  ['1773136800.25', 1773136800250],
  ['2026-03-10T10:00:00Z', 1773136800000],
  ['2026-03-10T11:00:00+01:00', 1773136800000],
  ['2026-03-10T11:00:00+0100', 1773136800000],
  ['2026-03-10 10:00', 1773136800000],
  ['2026-03-10T10:00:00.5', 1773136800500],
  ['2026-03-10', 1773100800000],
  ['2028-02-29', 1835395200000],
])('the time %s', (text, expected) => expect(importTimeMs(text)).toBe(expected));

test.each(['2027-02-29', '2026-13-01', '2026-00-01', '2026-03-10T24:00:00Z', '2026-03-10T10:60:00Z', '10:00', '1e9', '-5', ' '])(
  '%j is no time',
  (text) => expect(importTimeMs(text)).toHaveProperty('wrong'),
);

test('the interval of an imported device is the usual distance of its rows', () => {
  expect(usualIntervalMs(Float64Array.of(0, 60_000, 120_000, 9_000_000))).toBe(60_000);
  expect(usualIntervalMs(Float64Array.of(5))).toBe(300_000);
  expect(usualIntervalMs(Float64Array.of(0, 10, 20))).toBe(1000);
  expect(usualIntervalMs(Float64Array.of(0, 1e12))).toBe(86_400_000);
});
