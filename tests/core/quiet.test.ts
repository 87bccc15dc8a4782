import { describe, expect, it } from 'vitest';
import { createWeekClock } from '../../core/habit-clock.ts';
import { quietWindows, type QuietOptions } from '../../core/quiet.ts';
import { cronTime, icsText } from '../../core/quiet-calendar.ts';

const HOUR = 3_600_000;
const MONDAY = Date.parse('2026-01-05T00:00Z');
const OPTIONS: QuietOptions = { zone: 'UTC', lengthHours: 3, nightIfPossible: false, count: 5 };

/** Ten weeks by the hour; what an hour of the week carries in a week is up to the caller. */
function series(name: string, load: (hourOfWeek: number, week: number) => number | null, zone = 'UTC') {
  const clock = createWeekClock(zone);
  const timesMs = Array.from({ length: 168 * 10 }, (_, i) => MONDAY + i * HOUR);
  return { name, timesMs, values: timesMs.map((t, i) => load(clock(t).hourOfWeek, Math.floor(i / 168))) };
}
const quietAt =
  (start: number, length = 3) =>
  (hour: number) =>
    hour >= start && hour < start + length ? 1 : 100;

describe('quiet windows', () => {
  it('finds the hours in which nothing goes on', () => {
    const { windows, notes } = quietWindows([series('a', quietAt(51))], OPTIONS);
    expect(windows[0]).toMatchObject({ startHourOfWeek: 51, words: 'Wednesday 03:00–06:00', load: 0.01, held: 8, ofWeeks: 8 });
    expect(windows[0]?.series).toEqual([{ name: 'a', usual: 1, upper: 1 }]);
    expect(windows).toHaveLength(5);
    expect(notes).toEqual([]);
  });

  it('goes over the end of the week', () => {
    const load = (hour: number) => (hour >= 167 || hour < 2 ? 1 : 100);
    expect(quietWindows([series('a', load)], OPTIONS).windows[0]).toMatchObject({
      startHourOfWeek: 167,
      words: 'Sunday 23:00–Monday 02:00',
    });
  });

  it('weighs series of different units alike', () => {
    // Quiet together only on Friday at 04:00.
    const small = series('disk', (hour) => (hour >= 30 && hour < 33 ? 0 : hour >= 100 && hour < 103 ? 0.001 : 0.01));
    const large = series('uplink', (hour) => (hour >= 30 && hour < 33 ? 9e8 : hour >= 100 && hour < 103 ? 1e8 : 9e8));
    expect(quietWindows([small, large], OPTIONS).windows[0]).toMatchObject({ startHourOfWeek: 100, words: 'Friday 04:00–07:00' });
  });

  it('prefers the night only where it costs little', () => {
    const day = series('a', (hour) => (hour >= 38 && hour < 41 ? 40 : hour >= 75 && hour < 78 ? 45 : 100));
    const start = (nightIfPossible: boolean, one = day) =>
      quietWindows([one], { ...OPTIONS, nightIfPossible }).windows[0]?.startHourOfWeek;
    expect([start(false), start(true)]).toEqual([38, 75]);
    const muchQuieter = series('b', (hour) => (hour >= 38 && hour < 41 ? 1 : hour >= 75 && hour < 78 ? 45 : 100));
    expect(start(true, muchQuieter)).toBe(38);
  });

  it('says in how many weeks a window held', () => {
    const { windows } = quietWindows(
      [series('a', (hour, week) => (hour >= 51 && hour < 54 ? (week === 5 ? 60 : 1) : 100))],
      OPTIONS,
    );
    expect(windows[0]).toMatchObject({ startHourOfWeek: 51, held: 7, ofWeeks: 8 });
  });

  it('does not trust an hour that was busy in two weeks of eight', () => {
    const load = (hour: number, week: number) =>
      hour >= 51 && hour < 54 ? (week >= 8 ? 100 : 1) : hour >= 90 && hour < 93 ? 20 : 100;
    expect(quietWindows([series('a', load)], OPTIONS).windows[0]?.startHourOfWeek).toBe(90);
  });

  it('keeps to local hours when clocks change', () => {
    const local = series('a', quietAt(51), 'Europe/Paris');
    const { windows } = quietWindows([local], { ...OPTIONS, zone: 'Europe/Paris' });
    expect(windows[0]).toMatchObject({ startHourOfWeek: 51, held: 8 });
  });

  it('offers no two windows that overlap', () => {
    const { windows } = quietWindows([series('a', (hour) => hour)], { ...OPTIONS, count: 20 });
    const starts = windows.map(({ startHourOfWeek }) => startHourOfWeek).sort((a, b) => a - b);
    expect(starts.every((start, i) => i === 0 || start - (starts[i - 1] ?? 0) >= 3)).toBe(true);
  });

  it.each([
    ['nothing', [], 'There is no series'],
    ['all gaps', [series('a', () => null)], 'a has no known value'],
    [
      'five points',
      [{ name: 'a', timesMs: [1, 2, 3, 4, 5].map((i) => MONDAY + i * HOUR), values: [1, 2, 3, 4, 5] }],
      'a has less than a week',
    ],
    ['NaN', [series('a', () => NaN)], 'a has no known value'],
    ['nothing but zero', [series('a', () => 0)], 'a was always 0'],
    ['times that no calendar has', [{ name: 'a', timesMs: [NaN, 1e300], values: [1, 2] }], 'a has no known value'],
  ])('answers %s with a sentence', (_what, all, sentence) => {
    expect(quietWindows(all, OPTIONS).notes.join('\n')).toContain(sentence);
  });
});

describe('a window for other programs', () => {
  const [window] = quietWindows([series('a', quietAt(147))], OPTIONS).windows;
  if (!window) throw new Error('no window');
  it('is a time of cron', () => expect(cronTime(window)).toBe('0 3 * * 0'));

  it('is a weekly event that is still to come', () => {
    const ics = icsText(
      window,
      'Europe/Paris',
      Date.parse('2026-03-15T02:30Z'),
      'Archive; web1, web2 and everything else that needs its hours',
    );
    expect(ics.split('\r\n').every((line) => new TextEncoder().encode(line).length <= 75)).toBe(true);
    const unfolded = ics.replaceAll('\r\n ', '');
    // That Sunday at 03:00 has just passed; the clocks change on the 29th.
    expect(unfolded).toContain('DTSTART;TZID=Europe/Paris:20260322T030000\r\nDURATION:PT3H\r\nRRULE:FREQ=WEEKLY;BYDAY=SU\r\n');
    expect(unfolded).toContain('SUMMARY:Archive\\; web1\\, web2 and everything');
    expect(unfolded).toContain('DTSTART:20260329T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n');
    expect(icsText(window, 'UTC', Date.parse('2026-03-15T02:30Z'), 'x')).toContain('DTSTART:20260315T030000Z');
  });
});
