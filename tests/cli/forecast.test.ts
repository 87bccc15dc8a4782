/** `saguaro forecast` in processes of its own, on files as people have them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { parseSeriesCsv } from '../../core/series-csv.ts';
import { random } from '../core/forecast/series.ts';
import { folder, saguaro, saguaroJson } from './processes.ts';

vi.setConfig({ testTimeout: 60_000 });
const DAY_S = 86_400;
const { path, remove } = folder('forecast');
// No configuration and no data folder: the command needs neither.
const env = { SAGUARO_CONFIG: join(path, 'none.yaml'), SAGUARO_DATA: join(path, 'none') };
afterAll(remove);

function csv(name: string, rows: readonly string[]): string {
  const file = join(path, name);
  writeFileSync(file, `${rows.join('\n')}\n`);
  return file;
}
function disk(endS: number): string[] {
  const { normal } = random(21);
  return [
    'time,value',
    ...Array.from({ length: 120 }, (_, i) => `${endS - (120 - i) * DAY_S},${i % 9 === 4 ? '' : 40 + 0.25 * i + 0.4 * normal()}`),
  ];
}

interface Answer {
  readonly kind: string;
  readonly step: number;
  readonly levels: number[];
  readonly steps: { t: number; median: number; quantiles: number[] }[];
  readonly limit: { days: { low: number; median: number; high: number } | null; dates: { median: string } | null } | null;
  readonly reasons: { code: string; text: string }[];
  readonly backtest: { origins: number; coverage80: number } | null;
}

describe('saguaro forecast', () => {
  const nowS = Math.floor(Date.now() / 1000 / DAY_S) * DAY_S;

  test('--json gives quantiles by the day, a date, and its track record', async () => {
    const file = csv('disk.csv', disk(nowS));
    const answer = await saguaroJson<Answer>(
      ['forecast', '--csv', file, '--kind', 'stock', '--limit', '95', '--horizon', '60d'],
      env,
    );
    expect(answer).toMatchObject({ kind: 'stock', step: DAY_S, levels: [0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975], reasons: [] });
    expect(answer.steps).toHaveLength(60);
    expect(answer.steps[0]?.t).toBe(nowS + DAY_S);
    const median = answer.limit?.days?.median ?? NaN;
    expect(Math.abs(median - (55 / 0.25 - 119))).toBeLessThan(8);
    expect(answer.limit?.dates?.median).toBe(new Date((nowS + median * DAY_S) * 1000).toISOString().slice(0, 10));
    expect(answer.backtest?.origins).toBeGreaterThan(4);
  });

  test('says to a person when, how sure, and how it has held', async () => {
    const { stdout, status } = await saguaro(
      ['forecast', '--csv', '-', '--kind', 'stock', '--limit', '95'],
      env,
      disk(nowS).join('\n'),
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Reaches 95 about \d{4}-\d\d-\d\d \(80 %: /);
    expect(stdout).toMatch(/MEDIAN +50 % +80 % +95 %/);
    expect(stdout).toMatch(/Track record of \d+ forecasts/);
  });

  test('gives no date for what ended long ago, unless asked as of then', async () => {
    const file = csv('old.csv', disk(nowS - 400 * DAY_S));
    const words = ['forecast', '--csv', file, '--kind', 'stock', '--limit', '95'];
    const old = await saguaroJson<Answer>(words, env);
    expect(old.reasons.map(({ code }) => code)).toEqual(['ended']);
    expect(old.limit?.dates).toBeNull();
    const then = await saguaroJson<Answer>([...words, '--now', String(nowS - 400 * DAY_S)], env);
    expect(then.limit?.dates).not.toBeNull();
  });

  test.each([
    [['forecast', '--kind', 'stock'], 2, /--kind is about a file: give it with --csv FILE/],
    [['forecast', '--csv', 'x.csv'], 2, /needs --kind stock\|rate/],
    [['forecast', '--csv', 'x.csv', '--kind', 'heap'], 2, /--kind/],
    [['forecast', '--csv', 'x.csv', '--kind', 'rate', '--horizon', 'soon'], 2, /--horizon soon is no duration/],
    [['forecast', '--csv', 'x.csv', '--kind', 'rate', '--limit', 'much'], 2, /--limit much is not a number/],
    [['forecast', '--csv', 'x.csv', '--kind', 'rate', '--zone', 'Mars/Base'], 2, /--zone Mars\/Base is not a time zone/],
    [['forecast', '--csv', join(path, 'x.csv'), '--kind', 'rate'], 1, /There is no file/],
  ] as const)('%j ends with %i and a sentence', async (words, status, text) => {
    const ended = await saguaro(words, env);
    expect(ended.status).toBe(status);
    expect(ended.stderr).toMatch(text);
    expect(ended.stderr).not.toMatch(/at .*\.ts:\d+/);
  });

  test('a negative limit is a sentence and no failure', async () => {
    const { stdout, status } = await saguaro(
      ['forecast', '--csv', csv('n.csv', disk(nowS)), '--kind', 'stock', '--limit', '-5'],
      env,
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(/a limit must be a number above zero/);
  });
});

describe('rows of a file', () => {
  test('come with or without a heading, in any order of columns, in seconds or ISO', () => {
    const wanted = { timesMs: [1_772_323_200_000, 1_772_323_500_000], values: [1.5, null] };
    for (const text of [
      'time,value\n1772323200,1.5\n1772323500,\n',
      '1772323200,1.5\n1772323500,nan',
      'value;timestamp\n1.5;2026-03-01 00:00:00\n;2026-03-01T01:05:00+01:00\n',
      '\uFEFF"ts","value"\r\n"1772323200","1.5"\r\n"1772323500","null"\r\n',
      'time\tvalue\n2026-03-01T00:00:00Z\t1.5\n2026-03-01T00:05Z\tU',
      '1772323200000,1.5\n1772323500000,',
    ])
      expect(parseSeriesCsv(text)).toMatchObject(wanted);
  });

  test('that cannot be read are unknown and remarked upon; none at all is refused', () => {
    const found = parseSeriesCsv('time,value\n1772323200,much\nlater,2\n1772323500,3\n');
    expect(found?.values).toEqual([null, 3]);
    expect(found?.remarks).toEqual(['2 rows could not be read (line 2) and count as unknown.']);
    expect(parseSeriesCsv('a,b\nc,d\n')).toBeNull();
    expect(parseSeriesCsv('')?.timesMs).toEqual([]);
  });
});

describe('what fills first', () => {
  const own = folder('forecast-list');
  const ownEnv = { SAGUARO_CONFIG: join(own.path, 'saguaro.yaml'), SAGUARO_DATA: join(own.path, 'data') };
  afterAll(own.remove);

  test('is listed from the data folder, for people and programs', async () => {
    const nowS = Math.floor(Date.now() / 1000);
    const rows = Array.from({ length: 120 }, (_, i) => {
      const at = nowS - (119 - i) * DAY_S - 3_600;
      return `nas,/srv,disk.used_bytes,bytes,${at},${(500 + 4 * i) * 2 ** 30}\nnas,/srv,disk.size_bytes,bytes,${at},${1200 * 2 ** 30}`;
    });
    writeFileSync(ownEnv.SAGUARO_CONFIG, 'thisMachine: { poll: false }\n');
    const file = join(own.path, 'disk.csv');
    writeFileSync(file, `device,instance,metric,unit,time,value\n${rows.join('\n')}\n`);
    expect((await saguaro(['import', file], ownEnv)).status).toBe(0);
    const { items } = await saguaroJson<{ items: { name: string; dates: object | null; record: object | null }[] }>(
      ['forecast'],
      ownEnv,
    );
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({ name: '/srv', dates: expect.any(Object) as object });
    const { stdout, status } = await saguaro(['forecast', '--what', 'disk'], ownEnv);
    expect([status, stdout]).toEqual([0, expect.stringMatching(/nas \/srv +[\d.]+ GiB of 1\.17 TiB/)]);
    expect((await saguaro(['forecast', '--what', 'memory'], ownEnv)).stdout).toContain('Nothing that can fill is known');
    expect(await saguaro(['forecast', '--what', 'cpu'], ownEnv)).toMatchObject({ status: 2 });
    const mixed = await saguaro(['forecast', '--limit', '5'], ownEnv);
    expect([mixed.status, mixed.stderr]).toEqual([2, expect.stringContaining('--limit is about a file')]);
  });
});
