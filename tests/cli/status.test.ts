import { expect, test } from 'vitest';
import type { StatusView } from '../../core/api.ts';
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
  store: { ok: true, reason: '', bytes: 1024 ** 3, series: 480_000, waitingRows: 0, writtenSamples: 1, droppedSamples: 0 },
  process: { rssBytes: 200 * 1024 ** 2, cpuS: 3, uptimeS: 9, eventLoopP99Ms: 3.72 },
};

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
