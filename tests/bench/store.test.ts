/** What the store benchmark says without timing: numbers of answers, arithmetic of disk, and a report in which a peer is missing. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bytesASeries } from '../../bench/store/disk.ts';
import { fillFiles, fillOurs, fillServer } from '../../bench/store/filling.ts';
import { DAY, grouped, MINUTE, NOW, PER_DEVICE, rowsAt, seriesOf } from '../../bench/store/fleet.ts';
import type { Ingested } from '../../bench/store/ingest.ts';
import { unpackedPackages } from '../../bench/store/packages.ts';
import { agree, ask, graphQuestions, numbersOf, rankingQuestions } from '../../bench/store/questions.ts';
import { openPipe, rrdPrograms } from '../../bench/store/rrd.ts';
import { peersOf, sayAnswered, sayIngested, type Answered } from '../../bench/store/sentences.ts';
import { SERVERS, startServer, storeOn } from '../../bench/store/servers.ts';
import { valueAt } from '../../bench/store/traffic.ts';
import { cpuSecondsIn, cpuSecondsOf, createMeter, rssMBOf } from '../../bench/store/usage.ts';
import { realPart } from '../real-parts.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'saguaro-store-bench-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the fleet', () => {
  it('has the same rows for every store', () => {
    const series = seriesOf(100);
    expect([series[0], series[47], series[48]]).toEqual([
      'dev0/if0/interface.in_bps',
      'dev0/if47/interface.in_bps',
      'dev1/if0/interface.in_bps',
    ]);
    const rows = rowsAt(grouped(series), NOW);
    expect(rows.map(({ device, series: { length } }) => [device, length])).toEqual([
      ['dev0', 48],
      ['dev1', 48],
      ['dev2', 4],
    ]);
    expect(rows[1]?.values[3]).toBe(valueAt(NOW, PER_DEVICE + 3));
    expect(NOW % DAY).toBe(0);
  });
});

describe('what rrdtool answers', () => {
  it('becomes times and values', () => {
    const text =
      '                          v\n\n1700000040: 1.2345000000e+08\n1700000100: -nan\n1700000160: 7.0000000000e+00\nOK u:0.00 s:0.00 r:0.01\n';
    expect([...numbersOf(text)]).toEqual([1_700_000_040, 123_450_000, 1_700_000_100, NaN, 1_700_000_160, 7]);
    expect([...numbersOf('OK u:0.00 s:0.00 r:0.00\n')]).toEqual([]);
  });

  const programs = rrdPrograms();
  it.skipIf('missing' in programs)('is what was filled in', async () => {
    if ('missing' in programs) return;
    const pipe = openPipe(programs, folder);
    try {
      expect(await fillFiles(pipe, 2, 1)).toEqual(['r0.rrd', 'r1.rrd']);
      const numbers = numbersOf(
        await pipe.ask(`fetch r1.rrd AVERAGE -r 60 -s ${(NOW - 10 * MINUTE) / 1000} -e ${NOW / 1000 - 1}`),
      );
      expect([...numbers].filter((_n, i) => i % 2 === 0)).toEqual(
        Array.from({ length: 10 }, (_t, i) => (NOW - (9 - i) * MINUTE) / 1000),
      );
      for (let i = 0; i < numbers.length; i += 2) expect(numbers[i + 1]).toBeCloseTo(valueAt((numbers[i] ?? 0) * 1000, 1), -2);
      await expect(pipe.ask('fetch none.rrd AVERAGE')).rejects.toThrow('rrdtool: ERROR');
    } finally {
      await pipe.close();
    }
  });
});

it('tells bytes of a series at full retention from a small store, whatever number of series it holds', async () => {
  const bytesOf = async (count: number) => {
    const { store, history } = await fillOurs(folder, `disk${count}`, count, 46);
    const path = join(folder, `whole${count}.db`);
    await store.backupTo(path);
    await history.close();
    return bytesASeries(path);
  };
  const [few, more] = [await bytesOf(4), await bytesOf(8)];
  // 671,000 values are kept: some are packed to a few bytes, none takes more than its eight and its share of pages.
  for (const bytes of [few, more]) {
    expect(bytes).toBeGreaterThan(671_000);
    expect(bytes).toBeLessThan(671_000 * 9);
  }
  // Stamps and pages are shared.
  expect(more).toBeLessThan(few);
  expect(more).toBeGreaterThan(few / 2);
});

describe('what a process uses', () => {
  it('is read whatever its name is', () => {
    const rest = Array.from({ length: 30 }, (_f, i) => String(i)).join(' ');
    // utime and stime stand eleven and twelve places after the state, which comes first behind the name.
    expect(cpuSecondsIn(`12 (a) b (c) R ${rest}`)).toBe((10 + 11) / 100);
    expect(cpuSecondsIn('')).toBeNull();
  });
  it('is unknown of one that is not there', () => {
    expect([cpuSecondsOf(2 ** 30), rssMBOf(2 ** 30)]).toEqual([null, null]);
  });
  it('is added up over the turns of a peer, and unknown when a turn could not be read', async () => {
    const own = createMeter(null);
    await own.turn(1_000, () => Promise.resolve(execFileSync(process.execPath, ['-e', ''])));
    expect(own.usASample()).toBeGreaterThan(0);
    expect(own.rssMB()).toBeGreaterThan(10);
    const none = createMeter(2 ** 30);
    expect(await none.turn(10, () => Promise.resolve('done'))).toBe('done');
    expect([none.usASample(), none.rssMB()]).toEqual([null, null]);
  });
});

describe('the report', () => {
  const taken = { thousandSamplesPerS: 512.345, cpuUsASample: 1.5678, rssMB: 170.4 };
  const ingested: Ingested = {
    series: 1_000,
    ours: taken,
    rrdtool: { ...taken, thousandSamplesPerS: 19.32, files: 200 },
    rrdcached: { ...taken, files: 200 },
    servers: { VictoriaMetrics: { ...taken, cpuUsASample: null } },
  };
  const answered: Answered = {
    question: 'daily maximum over a year',
    series: 48,
    oursMs: 2.3456,
    rrdtoolMs: 11.4,
    servers: { VictoriaMetrics: { ms: 6.4, times: 2 } },
  };

  it('names a server that is missing, and has figures of the others', () => {
    const peers = peersOf({
      ingested: [ingested],
      answered: [answered],
      rrdBytes: 4_070_216,
      rrdMissing: null,
      missing: { InfluxDB: 'not installed: influxdb' },
    });
    expect(Object.keys(peers)).toEqual(['ours', 'rrdtool', 'rrdcached', ...SERVERS]);
    expect(peers['InfluxDB']).toBe('not installed: influxdb');
    expect(peers['VictoriaMetrics']).toEqual({
      ingest: [{ series: 1_000, thousandSamplesPerS: 512, cpuUsASample: null, rssMB: 170 }],
      answersMs: { 'daily maximum over a year, 48 series': 6.4 },
    });
    expect(peers['rrdtool']).toEqual({
      bytesPerSeries: 4_070_216,
      ingest: [{ series: 1_000, files: 200, thousandSamplesPerS: 19.3, cpuUsASample: 1.57, rssMB: 170 }],
      answersMs: { 'daily maximum over a year, 48 series': 11.4 },
    });
  });

  it('says why there is no rrdtool', () => {
    const without: Ingested = { ...ingested, rrdtool: null, rrdcached: null, servers: {} };
    const peers = peersOf({
      ingested: [without],
      answered: [{ ...answered, rrdtoolMs: null, servers: {} }],
      rrdBytes: null,
      rrdMissing: 'not installed: rrdtool',
      missing: {},
    });
    expect([peers['rrdtool'], peers['rrdcached']]).toEqual(['not installed: rrdtool', 'not installed: rrdtool']);
    expect(peers['ours']).toMatchObject({ answersMs: { 'daily maximum over a year, 48 series': 2.35 } });
    expect(sayIngested(without)).toEqual([
      '1,000 series, thousands of samples a second: ours 512',
      '1,000 series, µs of CPU a sample: ours 1.57',
      '1,000 series, RSS in MB: ours 170',
    ]);
  });

  it('says of a server that failed why it has no figure', () => {
    const servers = { InfluxDB: { failed: 'it is full' } };
    expect(sayIngested({ ...ingested, servers }).slice(2)).toEqual([
      '1,000 series, RSS in MB: ours 170, rrdtool 170, rrdcached 170',
      '1,000 series: InfluxDB could not be measured: it is full',
    ]);
    expect(sayAnswered({ ...answered, servers })).toEqual([
      'daily maximum over a year, 48 series kept: ours 2.35 ms, rrdtool 11.40 ms',
      'daily maximum over a year, 48 series kept: InfluxDB could not be measured: it is full',
    ]);
    const told = { ingested: [{ ...ingested, servers }], answered: [{ ...answered, servers }] };
    expect(peersOf({ ...told, rrdBytes: null, rrdMissing: null, missing: {} })['InfluxDB']).toEqual({
      ingest: [{ series: 1_000, failed: 'it is full' }],
      answersMs: { 'daily maximum over a year, 48 series': 'it is full' },
    });
  });

  it('says what is not as it seems: few files, few answers, figures that cannot be read', () => {
    expect(sayIngested(ingested)[0]).toBe(
      '1,000 series, thousands of samples a second: ours 512, rrdtool 19.3, rrdcached 512, VictoriaMetrics 512 (rrdtool and rrdcached with 200 files)',
    );
    expect(sayIngested(ingested)[1]).toContain('VictoriaMetrics –');
    expect(sayAnswered({ ...answered, series: 1_000, files: 96 })).toEqual([
      'daily maximum over a year, 1,000 series kept: ours 2.35 ms, rrdtool 11.40 ms (with 96 files), VictoriaMetrics 6.40 ms (asked 2 times)',
    ]);
  });
});

it('finds programs of packages with their libraries, or says which packages it would need', () => {
  const asked = ['some', 'usr/bin/program', ['package', 'other'], false, folder] as const;
  expect(unpackedPackages(...asked)).toEqual({ missing: expect.stringContaining('not installed: package and other') as string });
  const root = join(folder, 'some', 'root');
  const libraries = join(root, 'usr', 'lib', 'some-linux-gnu');
  mkdirSync(join(root, 'usr', 'bin'), { recursive: true });
  mkdirSync(libraries, { recursive: true });
  writeFileSync(join(root, 'usr', 'bin', 'program'), '');
  expect(unpackedPackages(...asked)).toEqual({ root, env: { LD_LIBRARY_PATH: libraries } });
});

it('takes another answer for another answer', () => {
  const bins = (max: number[]) => ({
    tMs: Float64Array.of(1, 2),
    mean: Float64Array.of(),
    min: Float64Array.of(),
    max: Float64Array.from(max),
    known: Float64Array.of(1, 1),
  });
  expect(agree([bins([1, 2])], [bins([1, 2 + 1e-12])])).toBe(true);
  expect(agree([bins([1, 2])], [bins([1, 2.001])])).toBe(false);
  expect(agree([bins([1, 2])], [bins([1])])).toBe(false);
  expect(agree([{ value: Float64Array.of(1, NaN) }], [{ value: Float64Array.of(1, NaN) }])).toBe(true);
  expect(agree([100, 90], [100.5, 90.2], 0.01)).toBe(true);
});

describe.each(SERVERS)('%s beside ours', (name) => {
  const program = name === 'InfluxDB' ? 'influxd' : 'victoria-metrics';
  let stop: (() => Promise<void>) | null = null;
  afterEach(() => stop?.());

  it.skipIf(realPart(program) === null)('answers every question with the same numbers, and ends with its process', async () => {
    const server = await startServer(name, join(folder, program));
    if ('missing' in server) throw new Error(server.missing);
    stop = () => server.stop();
    expect(cpuSecondsOf(server.pid)).toBeGreaterThanOrEqual(0);
    expect(rssMBOf(server.pid)).toBeGreaterThan(1);
    const filled = await fillOurs(folder, `beside-${program}`, 50, 2);
    const store = storeOn(server, 'reads');
    try {
      await fillServer(store, filled, { raw: DAY + 3_600_000, '5m': 2 * DAY, '1h': 2 * DAY, '1d': 2 * DAY });
      await server.settle();
      const asked = { filled, pipe: null, files: [], holders: [{ server, store, prefix: 'reads' }] };
      for (const question of [...graphQuestions(asked), ...rankingQuestions(asked)]) {
        const answer = await ask(asked, question, { rounds: 2, serverMs: 0 });
        const found = answer.servers[name];
        // Twice at least, whoever is slow; one question is not for servers.
        if (question.server) expect(found, question.name).toMatchObject({ times: 2, ms: expect.any(Number) as number });
        else expect(found).toBeUndefined();
        expect(answer).toMatchObject({ series: 50, rrdtoolMs: null });
      }
      const [question] = rankingQuestions(asked);
      if (!question) throw new Error('there is no ranking');
      const wrong = { ...question, server: () => Promise.resolve([1]) };
      expect((await ask(asked, wrong, { rounds: 1, serverMs: 0 })).servers[name]).toEqual({
        failed: 'it answers other numbers than ours',
      });
      const broken = { ...question, server: () => Promise.reject(new Error('it is away')) };
      expect((await ask(asked, broken, { rounds: 1, serverMs: 0 })).servers[name]).toEqual({ failed: 'it is away' });
    } finally {
      await store.close();
      await filled.history.close();
    }
    await server.stop();
    expect(() => readFileSync(`/proc/${server.pid}/stat`)).toThrow('ENOENT');
  });
});
