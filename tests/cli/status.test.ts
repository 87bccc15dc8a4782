import { expect, test } from 'vitest';
import type { DestinationView, StatusView } from '../../core/api.ts';
import { statusText } from '../../command/status.ts';

const HOUR_MS = 3_600_000;
const VIEW: StatusView = {
  version: '1.2.3',
  nowMs: 5 * HOUR_MS,
  zone: 'UTC',
  startedMs: 2 * HOUR_MS,
  loginRequired: false,
  devices: { up: 9_980, down: 12, stale: 8, new: 0 },
  collector: {
    startedMs: 2 * HOUR_MS,
    devices: 10_000,
    silent: 12,
    inFlight: 14,
    lanes: { living: { inFlight: 12, waiting: 0 }, suspect: { inFlight: 2, waiting: 3 } },
    polls: 123_456,
    failures: 78,
    skipped: 4,
    samples: 5_432_100,
    polledPerS: 166.6,
    valuesPerS: 8_010.2,
    lateReplies: 0,
    gaps: { timeout: 900, restarted: 12, wrapped: 3, reset: 2, late: 1 },
    gapsLastHour: { timeout: 300, restarted: 12, wrapped: 3, reset: 2 },
    latenessMs: 41,
    lateness: { p50Ms: 0, p99Ms: 12.3, worstMs: 41 },
    slowest: [
      { device: 'a', name: 'sw1', pollMs: 840, intervalMs: 60_000, reason: 'answers in 840 ms' },
      { device: 'b', name: 'evil\u001b[2J', pollMs: 2_004, intervalMs: HOUR_MS, reason: 'does not answer; probed once a minute' },
    ],
    transport: { sent: 90_000, resent: 5, received: 89_990, foreign: 12, wrongCommunity: 1, late: 2, malformed: 0 },
  },
  store: {
    ok: true,
    reason: '',
    bytes: 1024 ** 3,
    series: 480_000,
    waitingRows: 0,
    writtenSamples: 1,
    droppedSamples: 0,
    destination: null,
  },
  habits: { followed: 10_000, most: 10_000, learning: 12, waiting: 3, unusual: 1 },
  process: { rssBytes: 200 * 1024 ** 2, cpuS: 3, uptimeS: 9, eventLoopP99Ms: 3.72 },
};

const DESTINATION: DestinationView = {
  label: 'InfluxDB',
  state: 'ok',
  sinceMs: 2 * HOUR_MS,
  reason: '',
  waitingLines: 0,
  waitingBytes: 0,
  oldestMs: null,
  sentLines: 1_000,
  droppedLines: 0,
  expiredLines: 0,
  refusedLines: 0,
  damagedBytes: 0,
  alarms: [],
};

/** What is said of the server that keeps the history. */
const told = (change: Partial<DestinationView>, zone = 'UTC') =>
  statusText({ ...VIEW, zone, store: { ...VIEW.store, destination: { ...DESTINATION, ...change } } }, true)
    .replaceAll('\u2009', ' ')
    .split('\n')
    .slice(8, -6);

test('the whole state stands on one screen', () => {
  expect(statusText(VIEW, true).replaceAll('\u2009', ' ').split('\n')).toEqual([
    'Saguaro 1.2.3 runs since 3 h, 200 MiB of memory.',
    'Devices: 9 980 up, 12 down, 8 stale.',
    'Polling: 167 devices, 8 010 values a second; 14 in flight (2 slow or silent), 3 waiting; 4 starts skipped.',
    'Starts: half within 0.0 ms of their time, 99 of 100 within 12 ms, the worst 41 ms late; the event loop 3.7 ms late.',
    'Polls: 123 456, 78 failed; 5 432 100 samples.',
    'Gaps: 317 in the last hour (300 no answer; 12 the device restarted; 3 a 32-bit counter may have gone round twice; 2 others), 918 since the start.',
    'SNMP: 90 000 requests (5 sent again), 89 990 answers: 2 late, 12 from another address, 1 by a wrong community, 0 malformed.',
    'Store: takes samples, 480 000 series, 1.00 GiB.',
    'Habits: 10 000 series, as many as may be; 12 still learning, 3 still to be read from the history; 1 unusual now.',
    '12 devices do not answer.',
    '',
    'SLOWEST        POLL    EVERY  WHY',
    'sw1            840 ms  60 s   answers in 840 ms',
    'evil\\u{1b}[2J  2.00 s  1 h    does not answer; probed once a minute',
  ]);
});

test('where nothing polls, nothing is told of polling', () => {
  expect(statusText({ ...VIEW, collector: null, devices: {} }, true)).not.toMatch(/Polling|SLOWEST/);
  const idle = statusText(VIEW, false);
  expect(idle).toMatch(/^No server runs on this data folder/);
  expect(idle).not.toMatch(/Polling|SNMP|SLOWEST/);
});

test('a store that takes nothing says so', () => {
  const text = statusText({ ...VIEW, store: { ...VIEW.store, ok: false, reason: 'the disk is full' } }, true);
  expect(text).toContain('Store: the disk is full, 480');
});

test('a server that keeps the history is told of: that it takes it, and what still waits', () => {
  expect(statusText(VIEW, true)).not.toContain('InfluxDB');
  expect(told({})).toEqual(['InfluxDB takes history.']);
  expect(told({ waitingLines: 1, waitingBytes: 300, oldestMs: 5 * HOUR_MS - 40_000 })).toEqual([
    'InfluxDB takes history. 1 line waits on disk (300 B), the oldest for 40 s.',
  ]);
  expect(told({ state: 'starting' })).toEqual(['InfluxDB has not been asked yet.']);
});

test('of one that is away it is said since when, by the clock of the place, what waits, and why', () => {
  const away: Partial<DestinationView> = {
    state: 'away',
    sinceMs: 4 * HOUR_MS - 60_000,
    reason: 'InfluxDB does not answer at http://127.0.0.1:8086 (ECONNREFUSED).',
    waitingLines: 12_345,
    waitingBytes: 4.2 * 1024 ** 2,
    oldestMs: 4 * HOUR_MS - 60_000,
  };
  const rest =
    '12 345 lines wait on disk (4.20 MiB), the oldest for 1 h 1 min. InfluxDB does not answer at http://127.0.0.1:8086 (ECONNREFUSED).';
  expect(told(away)).toEqual([`InfluxDB has been away since 03:59 (1 h 1 min). ${rest}`]);
  expect(told(away, 'Asia/Tokyo')).toEqual([`InfluxDB has been away since 12:59 (1 h 1 min). ${rest}`]);
  const long = { ...away, sinceMs: 4 * HOUR_MS - 86_400_000 };
  expect(told(long)).toEqual([`InfluxDB has been away since 1969-12-31 04:00 (25 h). ${rest}`]);
});

test('of one that is blocked it is said what to do; what was lost, refused or damaged has a line each', () => {
  const lines = told({
    state: 'blocked',
    sinceMs: 4 * HOUR_MS,
    reason: 'The token may not write; give it the right to.',
    waitingLines: 5,
    waitingBytes: 900,
    droppedLines: 6_000,
    refusedLines: 3,
    damagedBytes: 2_048,
    alarms: ['InfluxDB has dropped 7 points without saying so.'],
  });
  expect(lines).toEqual([
    'InfluxDB has taken nothing since 04:00 (1 h). 5 lines wait on disk (900 B). Somebody must act: The token may not write; give it the right to.',
    '  6 000 lines waited too long or were too many, and were given up: a gap in InfluxDB.',
    '  InfluxDB refused 3 lines for good; the refused-… files say which, and why.',
    '  2.00 KiB of what waited could not be read back; the damaged-… files hold it.',
    '  InfluxDB has dropped 7 points without saying so.',
  ]);
});
