/** Which devices, instances and series of the catalog a file's rows belong to. */
import {
  INTERVAL_MAX_MS,
  INTERVAL_MIN_MS,
  NO_FACTS,
  seriesKey,
  type Device,
  type Instance,
  type NewEvent,
} from '../core/model.ts';
import type { Catalog, ImportSeries } from '../core/ports.ts';
import { newId } from './ids.ts';
import type { ImportedFile, ImportedSeries } from './import-csv.ts';
import { notedOf, stretchesOf, type Noted } from './import-notes.ts';
import { badRequest, quoted } from './problem.ts';

export interface ImportPlan {
  readonly newDevices: readonly Device[];
  /** New ones, and known ones that got a metric or a longer life. */
  readonly instances: readonly Instance[];
  readonly series: readonly ImportSeries[];
  /** Devices touched, with how many series each. */
  readonly touched: ReadonlyMap<string, number>;
  /** Stretches of which the file says why they are unknown. */
  readonly notes: readonly NewEvent[];
}

const LONE_INTERVAL_MS = 300_000;
/** The clock of whoever wrote the file may be ahead by this much. */
const CLOCK_SLACK_MS = 60_000;

/** @throws HttpProblem 400 when a series is known with another unit, or is polled and the rows lie in the future */
export async function planImport(catalog: Catalog, file: ImportedFile, nowMs: number): Promise<ImportPlan> {
  const known = await catalog.devices.list();
  const newDevices = new Map<string, Device>();
  /** Device id -> its instances by "kind\nname". */
  const instances = new Map<string, Map<string, Instance>>();
  const changed = new Map<string, Instance>();
  const series: ImportSeries[] = [];
  const touched = new Map<string, number>();
  const taken = new Map<string, ImportedSeries>();
  const noted: Noted[] = [];

  for (const rows of file.series) {
    let device =
      known.find((d) => d.id === rows.device) ?? known.find((d) => d.name === rows.device) ?? newDevices.get(rows.device);
    if (!device) {
      device = importedDevice(rows, nowMs);
      newDevices.set(rows.device, device);
    }
    const lastMs = rows.tMs.at(-1) ?? 0;
    // Records ascend: a polled series would stand still until time has caught up.
    if (device.sources.length > 0 && lastMs > nowMs + CLOCK_SLACK_MS) {
      throw badRequest(
        `Line ${rows.line}: ${quoted(`${rows.device}/${rows.instance}/${rows.metric}`)} has rows up to ${new Date(lastMs).toISOString()}, which is in the future: polls until then would be dropped as late. Times without an offset are taken as UTC.`,
      );
    }
    let found = instances.get(device.id);
    if (!found)
      instances.set(device.id, (found = byNames(newDevices.has(rows.device) ? [] : await catalog.instances.list(device.id))));
    const kind = rows.metric.slice(0, rows.metric.indexOf('.'));
    const before = found.get(`${kind}\n${rows.instance}`) ?? newInstance(device.id, kind, rows);
    const after = withRows(before, rows);
    for (const name of [after.id, after.key, after.name]) found.set(`${kind}\n${name}`, after);
    changed.set(after.id, after);
    const key = seriesKey(device.id, after.id, rows.metric);
    const twin = taken.get(key);
    if (twin)
      throw badRequest(`Line ${rows.line}: this is the same series as in line ${twin.line}, under another name; use one.`);
    taken.set(key, rows);
    series.push({ series: key, tMs: rows.tMs, value: rows.value });
    touched.set(device.id, (touched.get(device.id) ?? 0) + 1);
    for (const one of notedOf(device.id, after.id, rows)) noted.push(one);
  }
  return {
    newDevices: [...newDevices.values()],
    instances: [...changed.values()],
    series,
    touched,
    notes: stretchesOf(noted),
  };
}

/** Names win over nothing, keys over names, ids over both: as series are resolved elsewhere. */
function byNames(list: readonly Instance[]): Map<string, Instance> {
  const found = new Map<string, Instance>();
  for (const field of ['name', 'key', 'id'] as const)
    for (const instance of list) found.set(`${instance.kind}\n${instance[field]}`, instance);
  return found;
}

function newInstance(device: string, kind: string, rows: ImportedSeries): Instance {
  const [firstSeenMs, lastSeenMs] = span(rows);
  return {
    id: newId(),
    device,
    kind,
    key: rows.instance,
    name: rows.instance,
    alias: '',
    capacity: null,
    metrics: [],
    firstSeenMs,
    lastSeenMs,
    vanishedMs: null,
  };
}

function withRows(instance: Instance, rows: ImportedSeries): Instance {
  const metric = instance.metrics.find((m) => m.name === rows.metric);
  if (metric && metric.unit !== rows.unit) {
    throw badRequest(
      `Line ${rows.line}: the unit of ${quoted(`${rows.device}/${rows.instance}/${rows.metric}`)} is ${metric.unit} here, not ${rows.unit}.`,
    );
  }
  const [firstMs, lastMs] = span(rows);
  return {
    ...instance,
    metrics: metric ? instance.metrics : [...instance.metrics, { name: rows.metric, unit: rows.unit }],
    firstSeenMs: Math.min(instance.firstSeenMs, firstMs),
    lastSeenMs: Math.max(instance.lastSeenMs, lastMs),
  };
}

function span(rows: ImportedSeries): [number, number] {
  return [rows.tMs[0] ?? 0, rows.tMs.at(-1) ?? 0];
}

function importedDevice(rows: ImportedSeries, nowMs: number): Device {
  return {
    id: newId(),
    name: rows.device,
    address: '',
    sources: [],
    intervalMs: usualIntervalMs(rows.tMs),
    site: '',
    tags: [],
    origin: 'import',
    facts: NO_FACTS,
    createdMs: nowMs,
  };
}

/** Median distance of the rows, in whole seconds. */
export function usualIntervalMs(tMs: Float64Array): number {
  const sample = tMs.subarray(0, 10_001);
  const distances = sample
    .subarray(1)
    .map((t, i) => t - (sample[i] ?? t))
    .sort();
  const median = distances[Math.floor(distances.length / 2)] ?? LONE_INTERVAL_MS;
  return Math.min(INTERVAL_MAX_MS, Math.max(INTERVAL_MIN_MS, Math.round(median / 1000) * 1000));
}
