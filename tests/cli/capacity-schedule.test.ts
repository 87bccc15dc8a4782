/** When forecasts and their monthly report are made, under a clock that tests drive. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { scheduleCapacityReports } from '../../command/capacity-report-schedule.ts';
import { scheduleForecasts } from '../../command/forecast-schedule.ts';

const HOUR_MS = 3_600_000;
const at = (text: string) => Temporal.PlainDateTime.from(text).toZonedDateTime('Europe/Paris').epochMilliseconds;

beforeEach(() => void vi.useFakeTimers({ now: at('2026-02-28T12:00') }));
afterEach(() => void vi.useRealTimers());

function house(nightlyMinute: number, report: boolean, fails = false) {
  const made: string[] = [];
  const logged: string[] = [];
  const note = (text: string) => void logged.push(text);
  const work = (what: string) => async () => {
    if (fails) throw new Error('the disk is full');
    const now = Temporal.Instant.fromEpochMilliseconds(Date.now()).toZonedDateTimeISO('Europe/Paris');
    made.push(`${what} ${now.toPlainDateTime().toString({ smallestUnit: 'minute' })}`);
  };
  type Config = Parameters<typeof scheduleForecasts>[0]['config'];
  return {
    ...{ made, logged },
    config: { server: { zone: 'Europe/Paris' }, capacityRounds: { nightlyMinute, report } } as Config,
    log: { info: note, warn: note, error: note },
    keepForecasts: work('forecasts'),
    keepCapacityReport: work('report'),
  };
}

test('forecasts are made every night by the clocks of the zone, and the report two hours after', async () => {
  const h = house(4 * 60, true);
  const jobs = [scheduleForecasts(h), scheduleCapacityReports(h)];
  await vi.advanceTimersByTimeAsync(24 * HOUR_MS);
  expect(h.made).toEqual(['forecasts 2026-03-01T04:00', 'report 2026-03-01T06:00']);
  jobs.forEach((job) => job.cancel());
  await vi.advanceTimersByTimeAsync(72 * HOUR_MS);
  expect(h.made).toHaveLength(2);
});

test('the report of a late round is that of the next morning', async () => {
  const h = house(23 * 60 + 5, true);
  const jobs = [scheduleForecasts(h), scheduleCapacityReports(h)];
  await vi.advanceTimersByTimeAsync(24 * HOUR_MS);
  expect(h.made).toEqual(['forecasts 2026-02-28T23:05', 'report 2026-03-01T01:05']);
  jobs.forEach((job) => job.cancel());
});

test('without a report there is none', () => {
  scheduleCapacityReports(house(4 * 60, false)).cancel();
  expect(vi.getTimerCount()).toBe(0);
});

test('goes on after a failure, which is logged', async () => {
  const h = house(4 * 60, true, true);
  const jobs = [scheduleForecasts(h), scheduleCapacityReports(h)];
  await vi.advanceTimersByTimeAsync(48 * HOUR_MS);
  expect(h.logged).toHaveLength(4);
  expect(h.logged[1]).toBe('The capacity report of the last month could not be kept; it is tried again in a day.');
  jobs.forEach((job) => job.cancel());
});
