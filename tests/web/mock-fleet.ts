/** Twelve devices that never were: healthy, dead, stale, new, imported, and some with hostile names. */
import type { DeviceView, EventView, InstanceView, SeriesView, StatusView } from '../../core/api.ts';
import type { GraphRef } from '../../core/graph.ts';
import { graphRefs } from '../../core/graphs.ts';
import type { Device, Instance, MetricName, Unit } from '../../core/model.ts';

export const ZONE = 'Europe/Paris';
const H = 3_600_000;
const D = 24 * H;

export interface Fleet {
  status(): StatusView;
  devices(): DeviceView[];
  instances(device: string): InstanceView[];
  graphs(device: string): GraphRef[];
  series(device: string): SeriesView[];
  events(device: string | null): EventView[];
  /** Gaps of a device's series. */
  gaps(device: string): { fromMs: number; toMs: number; text: string }[];
}

const NAMES: readonly [name: string, address: string, state: DeviceView['state'], site: string, descr: string, ports: number][] =
  [
    ['this machine', '', 'up', '', 'Debian GNU/Linux 12 (bookworm), 6.1.0-28-amd64', 3],
    ['edge-rtr1.phx', '192.0.2.11', 'up', 'Phoenix DC2', 'Linux router, VyOS 1.4', 7],
    ['core-sw2.phx', '192.0.2.12', 'up', 'Phoenix DC2', 'Arista DCS-7050SX3, EOS 4.31', 48],
    ['nas2.tus', '198.51.100.20', 'up', 'Tucson DC1', 'TrueNAS-SCALE-24.10', 2],
    ['ups-a.flg', '203.0.113.9', 'down', 'Flagstaff', 'APC Web/SNMP Management Card', 1],
    ['sw-acc-14.flg', '203.0.113.14', 'stale', 'Flagstaff', 'ProCurve J9145A', 24],
    [
      'vmhost-12.phx.infrastructure.example-of-a-rather-long-domain-name.net',
      '2001:db8:85a3:8d3:1319:8a2e:370:7348',
      'new',
      'Phoenix DC2',
      '',
      0,
    ],
    ['<script>alert(1)</script>', '192.0.2.66', 'up', 'Tucson DC1', '<img src=x onerror=alert(2)> "quoted" & \'apostrophe\'', 2],
    ['evil\u202Egnp.exe\u0007', '192.0.2.67', 'up', 'Tucson DC1', 'a description with\u0000control\u001b[31m characters', 2],
    ['mail1.tus', '198.51.100.25', 'up', 'Tucson DC1', 'OpenBSD 7.6 GENERIC.MP#338 amd64', 2],
    ['old-import', '', 'not polled', '', '', 1],
    ['電源監視装置-第三棟', '192.0.2.99', 'up', 'Branches', '無停電電源', 1],
  ];

export function createFleet(startMs: number, empty: boolean): Fleet {
  const list = empty ? [] : NAMES.map((_, i) => i);
  const instances = new Map(list.map((i) => [idOf(i), instancesOf(i, startMs)]));
  const now = () => Date.now();
  const view = (i: number) => deviceView(i, now(), startMs, instances.get(idOf(i)) ?? []);
  return {
    status: () => statusView(now(), startMs, empty),
    devices: () => list.map(view),
    instances: (device) => instances.get(device) ?? [],
    graphs(device) {
      const d = list.map(view).find((x) => x.id === device);
      return d ? graphRefs(d as unknown as Device, (instances.get(device) ?? []) as unknown as Instance[]) : [];
    },
    series: (device) => (instances.get(device) ?? []).flatMap((instance) => seriesOf(instance, now())),
    events: (device) => (empty ? [] : eventsOf(now()).filter((e) => device === null || e.device === device)),
    gaps: (device) =>
      device === idOf(10)
        ? []
        : [
            { fromMs: startMs - 11.2 * H, toMs: startMs - 10.3 * H, text: 'No data for 54 min: SNMP did not answer.' },
            {
              fromMs: startMs - 4.6 * D,
              toMs: startMs - 4.35 * D,
              text: 'No data for 6 h: power work at Phoenix DC2.',
            },
          ],
  };
}

export const idOf = (i: number) => `d${String(i).padStart(2, '0')}`;

function deviceView(i: number, now: number, start: number, instances: readonly InstanceView[]): DeviceView {
  const [name, address, state, site, sysDescr] = NAMES[i] ?? NAMES[0]!;
  const intervalMs = i === 0 ? 10_000 : 60_000;
  const lastOkMs =
    state === 'new' || state === 'not polled'
      ? null
      : state === 'down'
        ? start - 5 * H
        : state === 'stale'
          ? start - 12 * 60_000
          : now - ((now - start + i * 5000) % intervalMs);
  const reasons: Record<string, string> = {
    down: 'No answer to SNMP or ping since 09:30: the management card may be off.',
    stale: 'Answers ping, but the last 12 polls timed out.',
    new: 'Waiting for its first discovery.',
    'not polled': 'Imported history; nothing asks it.',
  };
  const counts: Record<string, number> = {};
  for (const { kind } of instances) counts[kind] = (counts[kind] ?? 0) + 1;
  return {
    id: idOf(i),
    name,
    address,
    sources: state === 'not polled' ? [] : i === 0 ? ['local', 'snmp 2c'] : ['snmp 2c', 'ping'],
    intervalMs,
    site,
    tags: i === 1 ? ['edge', 'transit'] : [],
    origin: i === 0 ? 'self' : state === 'not polled' ? 'import' : 'catalog',
    facts: {
      sysName: name,
      sysDescr,
      sysObjectId: '1.3.6.1.4.1.8072.3.2.10',
      sysLocation: i === 1 ? 'row 4, rack 12' : '',
      sysContact: '',
    },
    createdMs: start - 1200 * D,
    state,
    reason: reasons[state] ?? '',
    sinceMs: start - 5 * H,
    lastPollMs: lastOkMs,
    lastOkMs,
    pollMs: 12,
    uptimeS: lastOkMs === null ? null : 212 * 86_400 + i * 40_000,
    counts,
  };
}

const ALIASES = ['Transit A', 'Transit B', 'core-sw2.phx Eth1/1', 'core-sw2.phx Eth1/2', 'IX Phoenix', 'Management', ''];
function instancesOf(device: number, start: number): InstanceView[] {
  const id = idOf(device);
  const make = (
    kind: string,
    key: string,
    capacity: number | null,
    metrics: [string, Unit][],
    more: Partial<InstanceView> = {},
  ): InstanceView => ({
    id: `${id}${kind}${key.replace(/\W/g, '')}`,
    device: id,
    kind,
    key,
    name: key,
    alias: '',
    capacity,
    metrics: metrics.map(([name, unit]) => ({ name: `${kind}.${name}`, unit })),
    firstSeenMs: start - 1000 * D,
    lastSeenMs: start,
    vanishedMs: null,
    ...more,
  });
  const traffic: [string, Unit][] = [
    ['in_bps', 'bps'],
    ['out_bps', 'bps'],
    ['in_errors_per_s', 'per_s'],
    ['out_errors_per_s', 'per_s'],
    ['in_discards_per_s', 'per_s'],
    ['oper_up', '1'],
  ];
  const ports = Array.from({ length: NAMES[device]?.[5] ?? 0 }, (_, n) =>
    make('interface', `eth${n}`, n === 5 ? 1e9 : 1e10, traffic, {
      alias: device === 8 && n === 0 ? 'uplink \u202Eevil\u202C "><svg onload=alert(1)>' : (ALIASES[n % ALIASES.length] ?? ''),
      vanishedMs: device === 1 && n === 6 ? start - 80 * D : null,
    }),
  );
  if (device === 6 || device === 10) return ports;
  const disk: [string, Unit][] = [
    ['used_bytes', 'bytes'],
    ['size_bytes', 'bytes'],
  ];
  const mounts = [
    '/',
    '/var/log',
    '/srv/archive',
    '/boot',
    '/srv/a/very/deeply/nested/mount/point/of/some/volume',
    '/mnt/export-7',
  ];
  return [
    ...ports,
    make('load', 'load', null, [
      ['one', '1'],
      ['five', '1'],
      ['fifteen', '1'],
    ]),
    make('cpu', 'cpu', null, [
      ['used_ratio', 'ratio'],
      ['system_ratio', 'ratio'],
      ['iowait_ratio', 'ratio'],
    ]),
    make('memory', 'memory', 32 * 2 ** 30, [
      ['used_bytes', 'bytes'],
      ['cached_bytes', 'bytes'],
      ['swap_used_bytes', 'bytes'],
    ]),
    ...mounts.slice(0, 3 + (device % 4)).map((m, n) => make('disk', m, (n + 1) * 50 * 2 ** 30, disk)),
    make('ping', 'ping', null, [
      ['rtt_ms', 'ms'],
      ['loss_ratio', 'ratio'],
    ]),
  ];
}

function seriesOf(instance: InstanceView, now: number): SeriesView[] {
  const n = instance.id.split('').reduce((sum, c) => sum + c.charCodeAt(0), 0);
  return instance.metrics.map(({ name, unit }) => {
    const field = name.split('.')[1] as string;
    const values: Record<string, number> = {
      in_bps: ((n * 37) % 70) * 8e7,
      out_bps: ((n * 17) % 60) * 6e7,
      in_errors_per_s: n % 11 === 0 ? 3.1 : 0,
      in_discards_per_s: n % 13 === 0 ? 0.02 : 0,
      oper_up: n % 17 === 5 ? 0 : 1,
      used_bytes: (instance.capacity ?? 0) * (0.2 + (n % 70) / 100),
      size_bytes: instance.capacity ?? 0,
    };
    const series = `${instance.device}/${instance.id}/${name as MetricName}`;
    return {
      series,
      name: series,
      device: instance.device,
      instance: instance.id,
      metric: name,
      unit,
      latest: { t: now / 1000, value: values[field] ?? 0 },
    };
  });
}

function eventsOf(now: number): EventView[] {
  const event = (
    id: number,
    kind: string,
    device: number | null,
    text: string,
    agoMs: number,
    lastedMs: number | null,
    cause: string | null = null,
  ): EventView => ({
    id,
    kind,
    device: device === null ? null : idOf(device),
    deviceName: device === null ? null : (NAMES[device]?.[0] ?? null),
    instance: null,
    cause,
    text,
    fromMs: now - agoMs,
    toMs: lastedMs === null ? null : now - agoMs + lastedMs,
  });
  return [
    event(
      31,
      'gap',
      5,
      'No data since the last 12 polls timed out: it answers ping, so the agent may hang.',
      12 * 60_000,
      null,
      'timeout',
    ),
    event(30, 'down', 4, 'No answer to SNMP or ping.', 5 * H, null, 'timeout'),
    event(29, 'gap', 1, 'No data 03:08–04:02: no answer to SNMP, 54 polls.', 11.2 * H, 0.9 * H, 'timeout'),
    event(28, 'restart', 1, 'It restarted after 212 days: its counters began again at 0, and no spike was stored.', 11 * H, 0),
    event(27, 'added', 6, 'Added by hand; discovery is waiting for its first answer.', 20 * H, 0),
    event(26, 'changed', 2, 'Ethernet7 is now called Ethernet7/1; its history goes on.', 26 * H, 0),
    event(25, 'vanished', 1, 'eth6 is gone.', 2.2 * D, 0),
    event(24, 'collector', null, 'Saguaro was not running for 4 min.', 3 * D, 240_000, 'collector down'),
    event(23, 'gap', 8, 'No data: uplink \u202Eevil answered <b>nonsense</b>.', 3.1 * D, 300_000, 'bad reply'),
    event(22, 'gap', 1, 'No data 02:10–08:25: power work at Phoenix DC2, planned.', 4.6 * D, 0.25 * D, 'maintenance'),
  ];
}

function statusView(now: number, start: number, empty: boolean): StatusView {
  return {
    version: '0.1.0',
    nowMs: now,
    zone: ZONE,
    startedMs: start - 3 * D,
    loginRequired: false,
    devices: {},
    collector: {
      startedMs: start - 3 * D,
      devices: empty ? 0 : 11,
      inFlight: 0,
      polls: 47_512,
      failures: 312,
      skipped: 0,
      samples: 4_113_002,
      lateReplies: 4,
      gaps: { timeout: 12 },
      latenessMs: 12,
    },
    store: {
      ok: true,
      reason: '',
      bytes: 2.14 * 2 ** 30,
      series: 1286,
      waitingRows: 0,
      writtenSamples: 4_113_002,
      droppedSamples: 0,
    },
    process: { rssBytes: 9e7, cpuS: 120, uptimeS: 3 * 86_400, eventLoopP99Ms: 4 },
  };
}
