import { describe, expect, it } from 'vitest';
import type { DeviceView, EventView } from '../../core/api.ts';
import { parseRangeText } from '../../core/time-range.ts';
import {
  count,
  dataAge,
  dayName,
  eventWord,
  isImported,
  moment,
  newestFirst,
  typedRange,
  typedTime,
  when,
  whole,
} from '../../web/words.ts';

const NOW = Date.UTC(2026, 10, 17, 14, 20, 5);
const PARIS = 'Europe/Paris';

describe('times in the named zone', () => {
  it.each([
    [60_000, 'Tue 17 Nov 15:20'],
    [10_000, 'Tue 17 Nov 15:20:05'],
    [86_400_000, 'Tue 17 Nov 2026'],
  ])('a moment in slots of %i ms', (stepMs, text) => expect(moment(NOW, PARIS, stepMs)).toBe(text));

  it.each([
    [Date.UTC(2026, 10, 17, 1), '02:00', 'Today'],
    [Date.UTC(2026, 10, 16, 23, 30), '00:30', 'Today'],
    [Date.UTC(2026, 10, 16, 22, 30), '16 Nov 23:30', 'Yesterday'],
    [Date.UTC(2026, 8, 2, 10), '2 Sep 12:00', 'Wed 2 Sep'],
    [Date.UTC(2025, 10, 17, 14), '17 Nov 2025', '17 Nov 2025'],
  ])('%i', (ms, short, name) => {
    expect(when(ms, NOW, PARIS)).toBe(short);
    expect(dayName(ms, NOW, PARIS)).toBe(name);
  });

  it('writes ranges that are read back as the same moments', () => {
    for (const [from, to] of [
      [Date.UTC(2026, 2, 5, 14), Date.UTC(2026, 2, 9, 8, 5)],
      [Date.UTC(2026, 8, 1, 10, 0, 7), Date.UTC(2026, 8, 1, 10, 4, 59)],
      [Date.UTC(1999, 11, 31, 23), Date.UTC(2026, 0, 1)],
    ] as const) {
      expect(parseRangeText(typedRange(from, to, PARIS), NOW, PARIS)).toEqual({ fromMs: from, toMs: to });
    }
    expect(typedTime(Date.UTC(2026, 8, 1, 10), PARIS, false)).toBe('2026-09-01T12:00');
  });
});

describe('words', () => {
  it.each([
    [null, 'no data yet'],
    [NOW - 40_000, 'data 40 s old'],
    [NOW - 12 * 60_000, 'data 12 min old'],
    [NOW + 3_000, 'data 0 s old'],
  ])('%s', (newest, text) => expect(dataAge(newest, NOW)).toBe(text));

  it.each([
    ['gap', 60_000 * 54, 'note', 'Gap 54 min'],
    ['gap', null, 'note', 'Gap 1 h'],
    ['down', null, 'down', 'Down 1 h'],
    ['down', 120_000, 'note', 'Down 2 min'],
    ['restart', 0, 'note', 'Restart'],
    ['vanished', 0, 'note', 'Gone'],
    ['something new', null, 'note', 'something new'],
  ] as const)('an event %s that lasted %s', (kind, lastedMs, shape, word) => {
    const fromMs = NOW - 59.5 * 60_000;
    const event = { kind, fromMs, toMs: lastedMs === null ? null : fromMs + lastedMs } as EventView;
    expect(eventWord(event, NOW)).toEqual({ shape, word });
  });

  it('calls imported only what was imported and is not polled', () => {
    const device = (origin: string, ...sources: string[]) => ({ origin, sources }) as unknown as DeviceView;
    expect([device('import'), device('import', 'ping'), device('config'), undefined].map(isImported)).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  it('puts events in the order of the times they show', () => {
    const events = [
      { id: 1, fromMs: 5 },
      { id: 2, fromMs: 9 },
      { id: 3, fromMs: 5 },
      { id: 4, fromMs: 1 },
    ] as EventView[];
    expect(newestFirst(events).map((e) => e.id)).toEqual([2, 3, 1, 4]);
  });

  it('counts', () => {
    expect([count(1, 'gap'), count(4, 'gap'), whole(47_512), whole(8)]).toEqual(['1 gap', '4 gaps', '47\u2009512', '8']);
  });
});
