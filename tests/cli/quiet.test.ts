/** `saguaro quiet` in processes of its own, on files as people have them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { folder, saguaro, saguaroJson } from './processes.ts';

vi.setConfig({ testTimeout: 60_000 });
const { path, remove } = folder('quiet');
// No configuration and no data folder: the command needs neither.
const env = { SAGUARO_CONFIG: join(path, 'none.yaml'), SAGUARO_DATA: join(path, 'none') };
afterAll(remove);

/** Hours of five weeks that end on Sunday 15 March 2026: busy but for some hours of one weekday, 0 = Sunday, in UTC. */
function csv(name: string, day: number, from: number, to: number): string {
  const file = join(path, name);
  const endS = Date.UTC(2026, 2, 15, 23) / 1000;
  const rows = Array.from({ length: 5 * 168 }, (_, i) => {
    const at = new Date((endS - i * 3_600) * 1000);
    const rests = at.getUTCDay() === day && at.getUTCHours() >= from && at.getUTCHours() < to;
    return `${at.toISOString()},${i % 50 === 7 ? '' : rests ? 1 : 100 + 20 * Math.sin(i)}`;
  });
  writeFileSync(file, `time,value\n${rows.reverse().join('\n')}\n`);
  return file;
}
const web = csv('web.csv', 0, 3, 9);
const uplink = csv('uplink.csv', 0, 5, 11);

interface Found {
  readonly zone: string;
  readonly length: number;
  readonly windows: { start: number; words: string; load: number; held: number; ofWeeks: number; cron: string }[];
  readonly notes: string[];
}

test('finds the hours in which all of them rest, by the clocks of a zone', async () => {
  const both = await saguaroJson<Found>(['quiet', '--csv', web, uplink, '--length', '3h'], env);
  expect(both.windows[0]).toMatchObject({ words: 'Sunday 05:00–08:00', cron: '0 5 * * 0', start: 149 });
  const paris = await saguaroJson<Found>(
    ['quiet', '--csv', web, '--csv', uplink, '--length', '150m', '--zone', 'Europe/Paris'],
    env,
  );
  expect(paris).toMatchObject({ zone: 'Europe/Paris', length: 3, windows: [{ words: 'Sunday 06:00–09:00' }, {}, {}, {}, {}] });
});

test('tells people, and hands out the best as a calendar', async () => {
  const told = await saguaro(['quiet', '--csv', web, '--length', '4h', '--count', '2'], env);
  expect(told.stdout).toMatch(/Sunday 0[345]:00/);
  expect(told.stdout).toMatch(/For cron: CRON_TZ=UTC/);
  const { stdout } = await saguaro(['quiet', '--csv', web, '--length', '3h', '--zone', 'Europe/Paris', '--ics'], env);
  for (const part of ['BEGIN:VCALENDAR', 'RRULE:FREQ=WEEKLY;BYDAY=SU', 'TZID:Europe/Paris', 'DURATION:PT3H', 'END:VCALENDAR'])
    expect(stdout).toContain(part);
});

test.each([
  [['quiet', '--length', '3h'], 2, /needs --csv FILE/],
  [['quiet', '--csv', web], 2, /needs --length/],
  [['quiet', '--csv', web, '--length', '3d'], 2, /no duration up to 48h/],
  [['quiet', '--csv', web, '--length', '3h', '--zone', 'Mars/Base'], 2, /Mars\/Base is not a time zone/],
  [['quiet', '--csv', join(path, 'none.csv'), '--length', '3h'], 1, /There is no file/],
] as const)('%j ends with %i and a sentence', async (words, status, text) => {
  const ended = await saguaro(words, env);
  expect([ended.status, ended.stderr]).toEqual([status, expect.stringMatching(text)]);
});
