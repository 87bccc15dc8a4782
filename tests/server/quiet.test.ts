/** Quiet windows over HTTP: found, handed out as a calendar, and refused in words. */
import { afterAll, beforeAll, expect, it, test } from 'vitest';
import type { QuietView } from '../../core/quiet-view.ts';
import { seriesKey } from '../../core/model.ts';
import { detailOf, fixtures, NOW_MS, world, type World } from './world.ts';

const HOUR = 3_600_000;
let w: World;
let port: string;

beforeAll(async () => {
  w = await world();
  const { device, eth0 } = await fixtures(w.catalog, 'web1');
  await fixtures(w.catalog, 'young');
  port = `${device.id}/${eth0.id}`;
  const series = ['interface.in_bps', 'interface.out_bps'].map((metric) =>
    seriesKey(device.id, eth0.id, metric as 'interface.in_bps'),
  );
  // Busy by day, a nightly job from 01:00 to 03:00, rest on Sunday from 04:00 to 07:00.
  const load = (t: number) => {
    const [hour, day] = [new Date(t).getUTCHours(), new Date(t).getUTCDay()];
    if (hour >= 1 && hour < 3) return 9e8;
    return day === 0 && hour >= 4 && hour < 7 ? 1e6 : 2e8 + 1e8 * Math.sin(((hour - 9) / 24) * 2 * Math.PI);
  };
  const rows = Array.from({ length: 8 * 168 }, (_, i) => {
    const tMs = NOW_MS - (8 * 168 - 1 - i) * HOUR;
    return { device: device.id, tMs, intervalMs: HOUR, series, values: Float64Array.of(load(tMs - 1), load(tMs - 1) / 2) };
  });
  await w.history.append(rows);
});
afterAll(() => w.close());

const find = async (query: string) => (await w.get(`quiet?${query}`)).json<QuietView>();

it('finds the hours that rest, and says how often they did', async () => {
  const view = await find(`of=${port}&hours=3`);
  const [best] = view.windows;
  expect(best).toMatchObject({ words: 'Sunday 04:00–07:00', cron: '0 4 * * 0' });
  expect(best?.load).toBeLessThan(0.01);
  expect([best?.held, (best?.ofWeeks ?? 0) >= 7]).toEqual([best?.ofWeeks, true]);
  expect(view.windows).toHaveLength(5);
  expect(view.week).toHaveLength(168);
  expect(view.week[1]).toBeCloseTo(1, 2);
  expect(view.series.map(({ name }) => name)).toEqual(['web1 eth0 in', 'web1 eth0 out']);
});

it('takes the ports of a device without a load, and is a weekly event', async () => {
  const [device = ''] = port.split('/');
  expect((await find(`of=${device}`)).windows[0]?.words).toBe('Sunday 04:00–07:00');
  const ics = await w.get(`quiet.ics?of=${port}&hours=3&zone=Europe/Paris`);
  expect(ics.headers['content-type']).toContain('text/calendar');
  for (const part of ['RRULE:FREQ=WEEKLY;BYDAY=SU', 'TZID=Europe/Paris', 'DURATION:PT3H', 'web1 eth0 in'])
    expect(ics.body.replace(/\r\n /g, '')).toContain(part);
  const second = (await find(`of=${port}&hours=3`)).windows[1];
  expect((await w.get(`quiet.ics?of=${port}&hours=3&start=${second?.start}`)).body).toContain(`UID:quiet-${second?.start}-3-`);
});

it('takes any series, by names or ids, beside what is picked', async () => {
  const [device = '', instance = ''] = port.split('/');
  const named = await find('series=web1/eth0/interface.in_bps&hours=3');
  expect(named.series).toEqual([
    { series: `${device}/${instance}/interface.in_bps`, name: 'web1/eth0/interface.in_bps', unit: 'bps' },
  ]);
  expect(named.windows[0]?.words).toBe('Sunday 04:00–07:00');
  // What was picked already does not count twice.
  const both = await find(`of=${port}&series=${device}/${instance}/interface.in_bps&hours=3`);
  expect(both.series.map(({ name }) => name)).toHaveLength(2);
  const ics = await w.get('quiet.ics?series=web1/eth0/interface.in_bps&hours=3');
  expect(ics.body.replace(/\r\n /g, '')).toContain('Quiet window: web1/eth0/interface.in_bps');
});

it('says of a series without history that it says nothing', async () => {
  const [, young] = (await w.catalog.devices.list())
    .map(({ id }) => id)
    .sort((a, b) => (a === port.split('/')[0] ? -1 : b === port.split('/')[0] ? 1 : 0));
  const view = await find(`of=${young}`);
  expect(view.windows).toEqual([]);
  expect(view.notes.join(' ')).toMatch(/no known value|There is no series/);
});

test.each([
  ['nothing picked', '', 400, 'of'],
  ['no such series', 'series=web1/eth0/interface.none', 404, 'There is no series'],
  ['what is no series', 'series=web1', 404, 'There is no series'],
  ['too many series', Array.from({ length: 61 }, (_, i) => `series=a/b/c.${i}`).join('&'), 400, 'series'],
  ['no such device', 'of=nobody', 404, 'There is no device "nobody"'],
  ['no such port', 'of=PORT9', 404, 'has no part'],
  ['no hours', 'of=PORT&hours=0', 400, 'hours'],
  ['too many hours', 'of=PORT&hours=49', 400, 'hours'],
  ['no zone', 'of=PORT&zone=Mars/Base', 400, 'is not a time zone'],
])('refuses %s', async (_what, query, status, words) => {
  const answer = await w.get(`quiet?${query.replace('PORT', port)}`);
  expect(answer.statusCode).toBe(status);
  expect(`${detailOf(answer)} ${answer.body}`).toContain(words);
});
test('refuses a calendar of a window that is none', async () => {
  const answer = await w.get(`quiet.ics?of=${port}&hours=3&start=1`);
  expect([answer.statusCode, detailOf(answer)]).toEqual([400, expect.stringContaining('There is no such window')]);
});
