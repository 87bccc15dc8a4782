/** What of the inside is shown outside. Fields are named one by one, so that nothing slips out. */
import type {
  CollectorView,
  DestinationView,
  DeviceView,
  EventView,
  InstanceView,
  PreviewView,
  SeriesView,
} from '../core/api.ts';
import type { Device, Event, Instance, SnmpSource, SourceSpec } from '../core/model.ts';
import type { CollectorStatus, Destination, DeviceStatus, Latest, Preview, TransportCounts } from '../core/ports.ts';
import { deviceKind } from '../core/kind.ts';
import { seriesKey } from '../core/model.ts';
import type { InstanceSummary } from './instance-summary.ts';

const sourceName = (source: SourceSpec): string => (source.type === 'snmp' ? `snmp ${source.version}` : source.type);

export function deviceView(device: Device, status: DeviceStatus | null, summary: InstanceSummary): DeviceView {
  const { counts, historySinceMs } = summary;
  const state = status?.state ?? (device.sources.length === 0 ? 'not polled' : 'new');
  return {
    id: device.id,
    name: device.name,
    address: device.address,
    sources: device.sources.map(sourceName),
    snmp: snmpView(device),
    ping: device.sources.some(({ type }) => type === 'ping'),
    intervalMs: device.intervalMs,
    site: device.site,
    tags: [...device.tags],
    origin: device.origin,
    kind: deviceKind(device, counts),
    facts: { ...device.facts },
    createdMs: device.createdMs,
    historySinceMs,
    state,
    reason: status?.reason ?? (device.sources.length === 0 ? whyNotPolled(device) : 'It was not polled yet.'),
    sinceMs: status?.sinceMs ?? device.createdMs,
    lastPollMs: status?.lastPollMs ?? null,
    lastOkMs: status?.lastOkMs ?? null,
    pollMs: status?.pollMs ?? null,
    uptimeS: status?.uptimeS ?? null,
    counts: { ...counts },
  };
}

/** How it is asked, without the name of its secret. */
function snmpView({ sources }: Device): DeviceView['snmp'] {
  const source = sources.find((one): one is SnmpSource => one.type === 'snmp');
  if (!source) return null;
  const { version, port, timeoutMs, retries, user, auth, priv } = source;
  return { version, port, timeoutMs, retries, user, auth, priv };
}

/** Of a device without sources: imported, or no longer in the configuration. */
function whyNotPolled(device: Pick<Device, 'origin'>): string {
  return device.origin === 'import'
    ? 'Its history was imported; it is not polled.'
    : 'It is not polled: nothing asks it any more.';
}

export function destinationView(destination: Destination): DestinationView {
  return {
    label: destination.label,
    state: destination.state,
    sinceMs: destination.sinceMs,
    reason: destination.reason,
    waitingLines: destination.waitingLines,
    waitingBytes: destination.waitingBytes,
    oldestMs: destination.oldestMs,
    sentLines: destination.sentLines,
    droppedLines: destination.droppedLines,
    expiredLines: destination.expiredLines,
    refusedLines: destination.refusedLines,
    damagedBytes: destination.damagedBytes,
    alarms: [...destination.alarms],
  };
}

export function collectorView(status: CollectorStatus): CollectorView {
  const { living, suspect } = status.lanes;
  const { p50Ms, p99Ms, worstMs } = status.lateness;
  return {
    startedMs: status.startedMs,
    devices: status.devices,
    silent: status.silent,
    inFlight: status.inFlight,
    lanes: {
      living: { inFlight: living.inFlight, waiting: living.waiting },
      suspect: { inFlight: suspect.inFlight, waiting: suspect.waiting },
    },
    polls: status.polls,
    failures: status.failures,
    skipped: status.skipped,
    samples: status.samples,
    polledPerS: status.polledPerS,
    valuesPerS: status.valuesPerS,
    lateReplies: status.lateReplies,
    gaps: { ...status.gaps },
    gapsLastHour: { ...status.gapsLastHour },
    latenessMs: status.latenessMs,
    lateness: { p50Ms, p99Ms, worstMs },
    slowest: status.slowest.map(({ device, name, pollMs, intervalMs, reason }) => ({ device, name, pollMs, intervalMs, reason })),
    transport: status.transport && transportView(status.transport),
  };
}

function transportView(counts: TransportCounts): CollectorView['transport'] {
  const { sent, resent, received, foreign, wrongCommunity, late, malformed } = counts;
  return { sent, resent, received, foreign, wrongCommunity, late, malformed };
}

export function instanceView(instance: Instance): InstanceView {
  const { id, device, kind, key, name, alias, capacity, firstSeenMs, lastSeenMs, vanishedMs } = instance;
  const metrics = instance.metrics.map((metric) => ({ name: metric.name, unit: metric.unit }));
  return { id, device, kind, key, name, alias, capacity, metrics, firstSeenMs, lastSeenMs, vanishedMs };
}

/** One series of a device, with names as people type them. */
export interface NamedSeries {
  readonly key: string;
  readonly name: string;
  readonly device: Device;
  readonly instance: Instance;
  readonly metric: string;
  readonly unit: string;
}

export function seriesOf(device: Device, instances: readonly Instance[]): NamedSeries[] {
  return instances.flatMap((instance) =>
    instance.metrics.map((metric) => ({
      key: seriesKey(device.id, instance.id, metric.name),
      name: `${device.name}/${instance.name}/${metric.name}`,
      device,
      instance,
      metric: metric.name,
      unit: metric.unit,
    })),
  );
}

export function seriesView(series: NamedSeries, latest: Latest | null): SeriesView {
  return {
    series: series.key,
    name: series.name,
    device: series.device.id,
    instance: series.instance.id,
    metric: series.metric,
    unit: series.unit,
    latest: latest === null ? null : { t: latest.tMs / 1000, value: Number.isFinite(latest.value) ? latest.value : null },
  };
}

export function eventView(event: Event, deviceName: string | null): EventView {
  const { id, kind, device, instance, cause, text, fromMs, toMs } = event;
  return { id, kind, device, deviceName, instance, cause, text, fromMs, toMs };
}

export function previewView(preview: Preview): PreviewView {
  if (!preview.ok) return { ok: false, text: preview.text, cause: preview.cause };
  const metrics = new Map<string, string[]>();
  for (const column of preview.columns) {
    const at = `${column.kind} ${column.key}`;
    const names = metrics.get(at) ?? [];
    names.push(column.metric);
    metrics.set(at, names);
  }
  return {
    ok: true,
    text: preview.text,
    facts: { ...preview.facts },
    roundTripMs: preview.roundTripMs,
    instances: preview.instances.map(({ kind, key, name, alias, capacity }) => ({
      kind,
      key,
      name,
      alias,
      capacity,
      metrics: metrics.get(`${kind} ${key}`) ?? [],
    })),
    notes: [...preview.notes],
  };
}
