import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StatusView } from '../../core/api.ts';
import type { Destination, DeviceStatus } from '../../core/ports.ts';
import { fixtures, NOW_MS, world, type World } from './world.ts';

let w: World;
beforeAll(async () => {
  w = await world();
  await fixtures(w.catalog);
});
afterAll(() => w.close());

test('the status tells of devices, collector, store and process', async () => {
  const status = (await w.get('status')).json<StatusView>();
  expect(status).toMatchObject({
    version: '1.2.3',
    nowMs: NOW_MS,
    zone: 'UTC',
    devices: { up: 0, down: 0, stale: 0, new: 1, 'not polled': 0 },
    collector: {
      polls: 7,
      silent: 1,
      polledPerS: 166.5,
      lanes: { suspect: { inFlight: 2, waiting: 4 } },
      lateness: { p50Ms: 0.1, p99Ms: 1.2, worstMs: 1.5 },
      gaps: { timeout: 3, restarted: 1 },
      gapsLastHour: { timeout: 2 },
      slowest: [{ name: 'web1', reason: 'answers in 840 ms, 12 requests, 3 of them sent again' }],
      transport: { foreign: 12 },
    },
    store: { ok: true },
    habits: { followed: 0, most: 10_000, learning: 0, waiting: 0, unusual: 0 },
  });
  expect(status.process.rssBytes).toBeGreaterThan(1e6);
});

test('devices are counted by state: as the collector says, the others by what asks them', async () => {
  const other = await world();
  try {
    const { device } = await fixtures(other.catalog);
    await other.catalog.devices.put({ ...device, id: 'b', name: 'b', sources: [] });
    await other.catalog.devices.put({ ...device, id: 'c', name: 'c' });
    const devices = async () => (await other.get('status')).json<StatusView>().devices;
    expect(await devices()).toEqual({ up: 0, down: 0, stale: 0, new: 2, 'not polled': 1 });
    other.collector.statuses.set('c', { device: 'c', state: 'down', reason: '', sinceMs: 0 } as DeviceStatus);
    expect(await devices()).toEqual({ up: 0, down: 1, stale: 0, new: 1, 'not polled': 1 });
  } finally {
    await other.close();
  }
});

const AWAY: Destination = {
  label: 'InfluxDB',
  state: 'away',
  sinceMs: NOW_MS - 3_660_000,
  reason: 'InfluxDB does not answer.',
  waitingLines: 12_345,
  waitingBytes: 4_400_000,
  oldestMs: NOW_MS - 3_600_000,
  sentLines: 99,
  droppedLines: 1,
  expiredLines: 2,
  refusedLines: 3,
  damagedBytes: 4,
  alarms: ['InfluxDB has dropped 7 points without saying so.'],
};

test('a server that keeps the history is told of where there is one, and nowhere else', async () => {
  expect((await w.get('status')).json<StatusView>().store.destination).toBeNull();
  expect((await w.app.inject('/metrics')).body).not.toContain('saguaro_store_destination');
  const other = await world();
  try {
    const health = await other.history.health();
    const becomes = (destination: Destination) => {
      other.history.health = async () => ({ ...health, destination });
    };
    becomes(AWAY);
    expect((await other.get('status')).json<StatusView>().store.destination).toEqual(AWAY);
    const figures = (text: string) =>
      Object.fromEntries(
        [...text.matchAll(/^saguaro_store_destination_(\S+) (\S+)$/gm)].map(
          ([, name = '', value = '']) => [name, value] as const,
        ),
      );
    expect(figures((await other.app.inject('/metrics')).body)).toEqual({
      up: '0',
      waiting_lines: '12345',
      waiting_bytes: '4400000',
      waiting_seconds: '3600',
      sent_lines_total: '99',
      dropped_lines_total: '1',
      expired_lines_total: '2',
      refused_lines_total: '3',
      damaged_bytes: '4',
      alarms: '1',
    });
    expect((await other.get('/-/ready')).statusCode, 'what is on disk is safe').toBe(200);
    becomes({ ...AWAY, state: 'ok', waitingLines: 0, waitingBytes: 0, oldestMs: null });
    expect(figures((await other.app.inject('/metrics')).body)).toMatchObject({ up: '1', waiting_seconds: '0' });
  } finally {
    await other.close();
  }
});

test('health answers while the store works, readiness fails when it does not', async () => {
  expect((await w.get('/-/healthy')).json()).toEqual({ ok: true });
  expect((await w.get('/-/ready')).statusCode).toBe(200);
  const sick = await world();
  try {
    const health = await sick.history.health();
    sick.history.health = async () => ({ ...health, ok: false, reason: 'the disk of /srv is full' });
    const answer = await sick.get('/-/ready');
    expect(answer.statusCode).toBe(503);
    expect(answer.body).not.toContain('/srv');
    expect((await sick.get('/-/healthy')).statusCode).toBe(200);
    expect((await sick.app.inject('/metrics')).body).toContain('saguaro_store_up 0');
  } finally {
    await sick.close();
  }
});

test('metrics are what Prometheus reads', async () => {
  await w.get('devices');
  await w.get('devices/x');
  const answer = await w.app.inject('/metrics');
  expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  const types = new Map<string, string>();
  const seen = new Set<string>();
  for (const line of answer.body.trimEnd().split('\n')) {
    const type = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line);
    if (type) types.set(type[1] ?? '', type[2] ?? '');
    if (line.startsWith('#')) continue;
    const sample = /^([a-z_0-9]+)(\{(?:[a-z]+="(?:[^"\\]|\\.)*",?)*\})? -?[0-9.e+-]+$/.exec(line);
    expect(sample, line).not.toBeNull();
    const name = sample?.[1] ?? '';
    expect(types.has(name) || types.get(name.replace(/_(bucket|sum|count)$/, '')) === 'histogram', line).toBe(true);
    expect(seen.has(line.split(' ').slice(0, -1).join(' ')), `${line} is there once`).toBe(false);
    seen.add(line.split(' ').slice(0, -1).join(' '));
  }
  expect(answer.body).toContain('saguaro_collector_gaps_total{cause="timeout"} 3');
  expect(answer.body).toContain('saguaro_collector_lane_waiting{lane="suspect"} 4');
  expect(answer.body).toContain('saguaro_collector_start_delay_seconds{quantile="0.99"} 0.0012');
  expect(answer.body).toContain('saguaro_snmp_requests_total 90');
  expect(answer.body).toContain('saguaro_snmp_replies_dropped_total{reason="foreign sender"} 12');
  expect(answer.body).toContain('saguaro_http_requests_total{method="GET",route="/api/v1/devices/:id",status="404"} 1');
  expect(answer.body).toContain('saguaro_devices{state="new"} 1');
  expect(answer.body).toMatch(/saguaro_process_event_loop_delay_p99_seconds \d/);
});
