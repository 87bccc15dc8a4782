/** Trend reviews over HTTP: figures, bounds, refusals, CSV. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { seriesKey, type Instance } from '../../core/model.ts';
import type { ReviewView } from '../../core/review-view.ts';
import { detailOf, fixtures, NOW_MS, world, type World } from './world.ts';

const MIN = 60_000;
const DAY = 86_400_000;
let w: World;
beforeEach(async () => {
  w = await world({ zone: 'Europe/Paris' });
});
afterEach(() => w.close());

/** Samples every five minutes, from (excluded) to (included). */
async function fill(series: string, fromMs: number, toMs: number, value: (t: number) => number) {
  const tMs = Float64Array.from({ length: (toMs - fromMs) / (5 * MIN) + 1 }, (_, i) => fromMs + i * 5 * MIN);
  await w.history.importSamples([{ series, tMs, value: tMs.map((t, i) => (i === 0 ? NaN : value(t))) }]);
}
const monday = (weeksAgo: number) => Date.UTC(2026, 2, 8, 23) - weeksAgo * 7 * DAY;
const review = async (query = '') => (await w.get(`reviews/current${query}`)).json<ReviewView>();

async function traffic() {
  const { device, eth0 } = await fixtures(w.catalog, 'web1');
  await w.catalog.devices.put({ ...device, intervalMs: 5 * MIN });
  const series = seriesKey(device.id, eth0.id, 'interface.in_bps');
  return { device, eth0, series };
}

describe('the running week', () => {
  test('stands beside the same part of the one before', async () => {
    const { series } = await traffic();
    await fill(series, monday(1), monday(0), () => 8e6);
    await fill(series, monday(0), NOW_MS, (t) => (t === NOW_MS - 3 * 60 * MIN ? 40e6 : 12e6));
    const found = await review('?metric=interface.in_bps');
    expect(found).toMatchObject({
      period: 'week',
      running: true,
      zone: 'Europe/Paris',
      unit: 'bps',
      totalUnit: 'bytes',
      matched: 1,
    });
    expect(found.spans.map(({ words }) => words)).toEqual([
      '9 Mar 2026 to 15 Mar 2026 13:00',
      '2 Mar 2026 to 8 Mar 2026 13:00',
      '10 Mar 2025 to 16 Mar 2025 13:00',
    ]);
    const [row] = found.rows;
    expect(row?.figures[1]).toMatchObject({ mean: 8e6, p95: 8e6, peak: 8e6, known: 1, p95StepMs: 5 * MIN });
    expect(row?.figures[1]?.total).toBe((6 * 24 + 13) * 3600 * 1e6);
    expect(row?.figures[0]).toMatchObject({ p95: 12e6, peak: 40e6, peakAtMs: NOW_MS - 3 * 60 * MIN - 5 * MIN, busyHour: 9 });
    expect(row?.changes[0]?.p95).toEqual({ ratio: 0.5, reason: '' });
    expect(row?.changes[0]?.peak).toEqual({ ratio: 4, reason: '' });
    expect(row?.changes[1]?.mean).toEqual({ ratio: null, reason: 'nothing is known of the week a year before' });
    expect(row?.graph).toMatch(/^traffic~/);
    expect(found.notes.join(' ')).toContain('still running');
  });

  test('says nothing of a change where less than half is known', async () => {
    const { series } = await traffic();
    await fill(series, monday(1), monday(1) + 2 * DAY, () => 8e6);
    await fill(series, monday(0), NOW_MS, () => 12e6);
    const [row] = (await review('?metric=interface.in_bps')).rows;
    expect(row?.changes[0]?.mean).toEqual({ ratio: null, reason: 'only 30 % of the week before is known' });
    expect(row?.figures[1]?.mean).toBe(8e6);
  });
});

describe('other periods', () => {
  test('a year reads hours where five minutes are gone, and says so', async () => {
    const { series } = await traffic();
    await fill(series, Date.UTC(2024, 11, 31, 23), Date.UTC(2025, 1, 28, 23), () => 8e6);
    const found = await review('?period=year&metric=interface.in_bps');
    expect(found.spans).toHaveLength(2);
    expect(found.rows[0]?.figures.map(({ p95StepMs }) => p95StepMs)).toEqual([5 * MIN, 60 * MIN]);
    expect(found.notes.join(' ')).toContain('The 95th of the year before is from hourly means');
  });

  test('of what is older than the hours that are kept nothing is said', async () => {
    await traffic();
    const found = await review('?period=month&at=2015-03&metric=interface.in_bps');
    expect(found.rows[0]?.figures[0]?.mean).toBeNull();
    expect(found.notes.join(' ')).toContain('nothing can be said');
  });
});

describe('selection', () => {
  test('is that of dashboards', async () => {
    await fixtures(w.catalog, 'web1');
    await fixtures(w.catalog, 'web2');
    const select = encodeURIComponent(JSON.stringify({ device: ['web*'], not: { device: 'web1' } }));
    const found = await review(`?select=${select}`);
    expect(found.rows.map(({ deviceName, metric }) => [deviceName, metric])).toEqual([
      ['web2', 'interface.in_bps'],
      ['web2', 'interface.out_bps'],
    ]);
    expect(found.selected).toBe('device is "web*", not where device is "web1"');
  });

  test('shows so many, and says what it left out', async () => {
    const { device, eth0 } = await fixtures(w.catalog);
    await w.catalog.instances.put(
      Array.from({ length: 250 }, (_, i): Instance => ({ ...eth0, id: `p${i}`, key: `port${i}`, name: `port${i}` })),
    );
    const found = await review(`?metric=interface.in_bps&select=${encodeURIComponent(JSON.stringify({ device: device.name }))}`);
    expect(found.rows).toHaveLength(200);
    expect(found.matched).toBe(251);
    expect(found.notes[0]).toBe('51 of 251 series are left out: a review shows the first 200 by name. Select fewer.');
  });

  test('without a match is an empty review with a sentence', async () => {
    const found = await review('?metric=tape.used_bytes');
    expect(found.rows).toEqual([]);
    expect(found.notes[0]).toBe('Nothing that is selected has tape.used_bytes.');
  });
});

describe('refusals', () => {
  test.each([
    ['select=%7B', 'The selector is not valid JSON.'],
    ['select=%5B%5D', 'A selector is an object'],
    ['select=%7B%22colour%22%3A%22red%22%7D', 'A selector does not know "colour"'],
    ['select=%7B%22site%22%3A7%7D', 'In a selector, site is a text'],
    ['zone=Mars/Olympus', '"Mars/Olympus" is not a time zone'],
    ['at=tomorrowish', '"tomorrowish" is not a time'],
    ['at=2031-01-01', 'This period has not begun yet'],
    ['at=1950-01-01', 'A review looks back to 1970 at most.'],
  ])('%s', async (query, sentence) => {
    const answer = await w.get(`reviews/current?${query}`);
    expect(answer.statusCode).toBe(400);
    expect(detailOf(answer)).toContain(sentence);
  });

  test.each(['period=decade', 'metric=nothing', 'metric=a.b&metric=a.c&metric=a.d&metric=a.e&metric=a.f', 'colour=red'])(
    '%s is not taken',
    async (query) => expect((await w.get(`reviews/current?${query}`)).statusCode).toBe(400),
  );

  test('metrics of two units are no review', async () => {
    await fixtures(w.catalog);
    const answer = await w.get('reviews/current?metric=interface.in_bps&metric=disk.used_bytes');
    expect(answer.statusCode).toBe(400);
    expect(detailOf(answer)).toMatch(/is in bytes and interface.in_bps in bps: a review has one unit/);
  });
});

test('CSV has a line for each series and period, and no formulas', async () => {
  const { device, eth0, series } = await traffic();
  await w.catalog.instances.put([{ ...eth0, name: '=1+1', alias: '"quoted", with comma' }]);
  await fill(series, monday(1), NOW_MS, () => 8e6);
  const answer = await w.get('reviews/current.csv?metric=interface.in_bps');
  expect(answer.headers['content-disposition']).toBe('attachment; filename="review-week-2026-03-09.csv"');
  const lines = answer.body.trimEnd().split('\n');
  expect(lines).toHaveLength(4);
  expect(lines[1]).toContain(
    `${device.name},cellar,'=1+1,"""quoted"", with comma",interface.in_bps,bps,Week 11 of 2026,this week,2026-03-08T23:00:00.000Z,2026-03-15T12:00:00.000Z,1,8000000,8000000,300,`,
  );
  expect(lines[2]).toMatch(/,0,0,0,0,$/);
  expect(lines[3]).toMatch(/,,,,,nothing is known of the week a year before$/);
});
