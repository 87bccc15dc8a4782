/** `saguaro quiet --series` and `saguaro habit --series`: of what is polled, with and without a server. */
import { describe, expect, test, vi } from 'vitest';
import { imported, MODES } from './imported.ts';
import { saguaro, saguaroJson } from './processes.ts';

vi.setConfig({ testTimeout: 90_000 });
const ZONE = 'Europe/Paris';
const HOUR_S = 3_600;
const DAY_S = 86_400;
const WEEKS = 5;
/** Of the hour that began last, so that bins of five minutes are whole. */
const END_S = Math.floor(Date.now() / 1000 / HOUR_S) * HOUR_S;
/** An hour of a night two days ago in which the load was far from usual. */
const PEAK_S = Math.floor((END_S - 2 * DAY_S) / DAY_S) * DAY_S + 3 * HOUR_S;

/** Busy but for some hours of Sunday, by the clocks of Paris. */
function load(tS: number, fromHour: number): number {
  const at = Temporal.Instant.fromEpochMilliseconds((tS - 1) * 1000).toZonedDateTimeISO(ZONE);
  if (at.dayOfWeek === 7 && at.hour >= fromHour && at.hour < fromHour + 5) return 1;
  return 50 + 20 * Math.sin(((tS % DAY_S) / DAY_S - 0.375) * 2 * Math.PI) + 2 * Math.sin(tS * 7.3);
}
/** Every so many seconds until END_S. */
const times = (everyS: number) =>
  Array.from({ length: (WEEKS * 7 * DAY_S) / everyS }, (_, i) => END_S - WEEKS * 7 * DAY_S + i * everyS);
const rows = [
  ...times(300).map((tS) => `web1,load,load.five,1,${tS},${tS > PEAK_S && tS <= PEAK_S + HOUR_S ? 400 : load(tS, 2)}`),
  ...times(900).map((tS) => `edge1,xe0,interface.out_bps,bps,${tS},${1e6 * load(tS, 4)}`),
];

interface Quiet {
  readonly zone: string;
  readonly length: number;
  readonly windows: { start: number; words: string; cron: string; series: { name: string }[] }[];
  readonly notes: string[];
}
interface Habit {
  readonly zone: string;
  readonly learning: boolean;
  readonly notes: string[];
  readonly rows: { t: number; value: number | null; upper: number | null; learning: boolean }[];
  readonly episodes: { from: number; direction: string; worst: number; text: string }[];
}
const QUIET = ['quiet', '--series', 'web1/load/load.five', '--series', 'edge1/xe0/interface.out_bps', '--length', '3h'];
const HABIT = ['habit', '--series', 'web1/load/load.five'];

describe.each(MODES)('with %s', (mode) => {
  const csv = ['device,instance,metric,unit,time,value', ...rows].join('\n');
  const { env } = imported('polled', mode, ZONE, csv);

  test('quiet finds the hours in which all of them rest, by the zone of the server', async () => {
    const found = await saguaroJson<Quiet>(QUIET, env);
    expect(Object.keys(found)).toEqual(['zone', 'length', 'windows', 'notes']);
    expect(found).toMatchObject({ zone: ZONE, length: 3 });
    expect(found.windows[0]).toMatchObject({
      words: 'Sunday 04:00–07:00',
      cron: '0 4 * * 0',
      series: [{ name: 'web1/load/load.five' }, { name: 'edge1/xe0/interface.out_bps' }],
    });
    expect(found.windows).toHaveLength(5);
    const told = await saguaro([...QUIET, '--night', '--count', '1', '--zone', 'UTC'], env);
    expect(told.stdout).toMatch(/WINDOW \(UTC\)[^]*Sunday 0[23]:00–0[56]:00[^]*CRON_TZ=UTC/);
    const { stdout } = await saguaro([...QUIET, '--ics'], env);
    for (const part of ['BEGIN:VCALENDAR', 'RRULE:FREQ=WEEKLY;BYDAY=SU', `TZID:${ZONE}`, 'DURATION:PT3H', 'END:VCALENDAR'])
      expect(stdout).toContain(part);
  });

  test('habit shows the range that is asked for, and has learnt from what was before it', async () => {
    const answer = await saguaroJson<Habit>([...HABIT, '--from', '-4d'], env);
    expect(Object.keys(answer)).toEqual(['zone', 'learning', 'notes', 'rows', 'episodes']);
    expect(answer).toMatchObject({ zone: ZONE, learning: false });
    const [first, second] = answer.rows;
    expect((second?.t ?? 0) - (first?.t ?? 0)).toBe(300);
    expect(first?.t).toBeGreaterThan(Date.now() / 1000 - 4 * DAY_S - 900);
    expect(first).toMatchObject({ learning: false, upper: expect.any(Number) as number });
    expect(answer.episodes).toMatchObject([{ from: PEAK_S, direction: 'above', worst: 400 }]);
    const later = await saguaroJson<Habit>([...HABIT, '--from', '-1d', '--to', '-12h'], env);
    expect(later.episodes).toEqual([]);
    // Only bins that lie wholly within the range.
    expect(later.rows.length).toBeGreaterThanOrEqual(143);
    expect(later.rows.length).toBeLessThanOrEqual(144);
    // Of what is measured more rarely, means of an hour.
    const rare = await saguaroJson<Habit>(['habit', '--series', 'edge1/xe0/interface.out_bps', '--from', '-1d'], env);
    expect((rare.rows[1]?.t ?? 0) - (rare.rows[0]?.t ?? 0)).toBe(HOUR_S);
    const told = await saguaro([...HABIT, '--from', '-4d', '--zone', 'UTC'], env);
    expect(told.stdout).toMatch(/^web1\/load\/load\.five in 1, means of 5 min\nTIME \(UTC\)/);
    expect(told.stdout).toMatch(/03:00 for .* unusually high: .* 03:00 usually .*–.*; was 400\.$/m);
  });

  test('habit without enough history says so, and of no history that nothing is known', async () => {
    const early = await saguaroJson<Habit>([...HABIT, '--from', '-6w', '--to', '-4w'], env);
    expect(early.learning).toBe(true);
    expect(early.notes.join(' ')).toMatch(/Still learning: a habit needs 21 d of known history/);
    const none = await saguaro([...HABIT, '--from', '2001-01', '--to', '2001-02'], env);
    expect(none).toMatchObject({ status: 0, stdout: expect.stringContaining('nothing is known of what is usual') as string });
  });

  test.each([
    [['quiet', '--series', 'web1/load/load.six', '--length', '3h'], /There is no series "web1\/load\/load\.six"/],
    [['habit', '--series', 'nobody/load/load.five'], /There is no series "nobody\/load\/load\.five"/],
  ])('%j is not there, and ends with 1', async (words, text) => {
    const ended = await saguaro(words, env);
    expect([ended.status, ended.stderr]).toEqual([1, expect.stringMatching(text)]);
  });

  test.each([
    [[...HABIT, '--from', 'yesterdays'], /"yesterdays" is not a time range/],
    [[...HABIT, '--from', '2999-01-01'], /swap "from" and "to"|lies in the future/],
  ])('%j is not understood, and ends with 2', async (words, text) => {
    const ended = await saguaro(words, env);
    expect([ended.status, ended.stderr]).toEqual([2, expect.stringMatching(text)]);
  });
});

describe('what does not fit together', () => {
  test.each([
    [['quiet', '--series', 'a/b/load.five', '--csv', 'x.csv', '--length', '3h'], /Give either --series or files: "x\.csv"/],
    [['quiet', '--series', 'a/b/load.five', 'c/d/load.five', '--length', '3h'], /each series needs its own --series/],
    [['quiet', '--series', 'a/b/load.five'], /needs --length/],
    [['habit', '--series', 'a/b/load.five', '--csv', 'x.csv'], /Give either --series or --csv/],
    [['habit', '--csv', 'x.csv', '--from', '-3d'], /--from is about what is polled: give it with --series/],
    [['habit', '--csv', 'x.csv', '--to', 'now'], /--to is about what is polled/],
    [['habit', '--series', 'a/b/load.five', '--zone', 'Mars/Base'], /Mars\/Base is not a time zone/],
  ])('%j ends with 2 and a sentence', async (words, text) => {
    const ended = await saguaro(words, {});
    expect([ended.status, ended.stderr]).toEqual([2, expect.stringMatching(text)]);
  });
});
