/** Quiet windows over what somebody picked: devices, by their load, ports, by their traffic, and series as they are. */
import { quietWindows, type QuietReport, type QuietSeries } from '../core/quiet.ts';
import { seriesKey, splitSeriesKey, type Instance, type MetricName, type SeriesKey, type Unit } from '../core/model.ts';
import type { Catalog, Clock, History } from '../core/ports.ts';
import { visible } from '../core/text.ts';
import type { Inventory, Picture, Stocked } from './inventory.ts';
import { badRequest, notFound, quoted } from './problem.ts';
import { resolveSeries } from './series-data.ts';
import { seriesOf } from './views.ts';

/** As far back as windows look. */
const BACK_MS = 8 * 7 * 86_400_000;
export const PICKS_MAX = 20;
export const SERIES_MAX = 60;

export interface QuietRequest {
  /** Ids of devices, or of a device and one of its parts: `device/instance`. */
  readonly of: readonly string[];
  /** Series besides, as `device/instance/metric` by ids or names. */
  readonly named: readonly string[];
  readonly hours: number;
  readonly night: boolean;
  readonly count: number;
  readonly zone: string;
}
export interface QuietFound extends QuietReport {
  readonly series: readonly { readonly series: SeriesKey; readonly name: string; readonly unit: Unit }[];
}

interface Deps {
  readonly history: History;
  readonly inventory: Inventory;
  readonly catalog: Catalog;
  readonly clock: Clock;
}

/** @throws HttpProblem 404 for what is not there, 400 for what cannot say when it is quiet */
export async function findQuiet(deps: Deps, request: QuietRequest): Promise<QuietFound> {
  const { history, inventory, clock } = deps;
  const { of, named, hours, night, count, zone } = request;
  if (of.length + named.length === 0)
    throw badRequest('Nothing is picked: give "of" (a device, or one of its ports) or "series" (device/instance/metric).');
  const picture = await inventory((known) => of.every((pick) => known.has(pick.split('/')[0] ?? '')));
  const series = of.flatMap((pick) => {
    const [device = '', instance] = pick.split('/');
    const stocked = picture.get(device);
    if (!stocked) throw notFound(`There is no device ${quoted(device)}.`);
    const found = instance === undefined ? ofDevice(stocked) : ofPart(stocked, instance);
    if (found.length === 0)
      throw badRequest(`${quoted(nameOf(stocked, instance))} measures nothing that tells when it is quiet.`);
    return found;
  });
  for (const text of named) series.push(await bySeries(deps, text));
  const own = [...new Map(series.map((one) => [one.series, one])).values()];
  if (own.length > SERIES_MAX)
    throw badRequest(
      `These are ${own.length} series, and at most ${SERIES_MAX} are looked at: pick fewer, or a port instead of its device.`,
    );
  const nowMs = clock.nowMs();
  const bins = await history.bins(
    own.map((one) => one.series),
    '1h',
    nowMs - BACK_MS,
    nowMs,
    ['mean', 'known'],
  );
  const measured = own.map(({ name }, i): QuietSeries => {
    const { tMs, mean, known } = bins[i] ?? { tMs: [], mean: [], known: [] };
    return {
      name,
      timesMs: [...tMs],
      values: Array.from(tMs, (_t, n) => ((known[n] ?? 0) > 0 ? (mean[n] ?? null) : null)),
    };
  });
  return { ...quietWindows(measured, { zone, lengthHours: hours, nightIfPossible: night, count }), series: own };
}

/** Whatever is measured: who names a series knows that what is low in it is quiet. */
async function bySeries({ catalog, inventory }: Deps, text: string): Promise<QuietFound['series'][number]> {
  const unknown = () =>
    notFound(`There is no series ${quoted(text)}: write device/instance/metric, as listed by /api/v1/series.`);
  const key = await resolveSeries(catalog, text);
  if (key === null) throw unknown();
  const { device, instance } = splitSeriesKey(key);
  const has = (known: Picture) => known.get(device)?.instances.some(({ id }) => id === instance) === true;
  const stocked = (await inventory(has)).get(device);
  const found = stocked && seriesOf(stocked.device, stocked.instances).find((one) => one.key === key);
  if (!found) throw unknown();
  return { series: found.key, name: visible(found.name), unit: found.unit as Unit };
}

/** What tells of a server how busy it is, the first it has; of a switch the traffic of its described ports. */
const BUSY: readonly (readonly [MetricName, Unit, string])[] = [
  ['load.five', '1', 'load'],
  ['cpu.used_ratio', 'ratio', 'CPU'],
];
const PORTS_MAX = 12;

function ofDevice(stocked: Stocked): QuietFound['series'][number][] {
  const { device } = stocked;
  const instances = stocked.instances.filter(({ vanishedMs }) => vanishedMs === null);
  for (const [metric, unit, word] of BUSY) {
    const one = instances.find(({ key, kind, metrics }) => key === kind && metrics.some(({ name }) => name === metric));
    if (one) return [{ series: seriesKey(device.id, one.id, metric), name: visible(`${device.name} ${word}`), unit }];
  }
  const ports = instances.filter(({ kind }) => kind === 'interface');
  const described = ports.filter(({ alias }) => alias !== '');
  return (described.length > 0 ? described : ports).slice(0, PORTS_MAX).flatMap((port) => traffic(stocked, port));
}

function ofPart(stocked: Stocked, id: string): QuietFound['series'][number][] {
  const part = stocked.instances.find((one) => one.id === id);
  if (!part) throw notFound(`${quoted(stocked.device.name)} has no part ${quoted(id)}.`);
  return traffic(stocked, part);
}

function traffic({ device }: Stocked, part: Instance): QuietFound['series'][number][] {
  return (['in', 'out'] as const).flatMap((way) => {
    const metric: MetricName = `interface.${way}_bps`;
    if (!part.metrics.some(({ name }) => name === metric)) return [];
    return [
      {
        series: seriesKey(device.id, part.id, metric),
        name: visible(`${device.name} ${part.name} ${way}`),
        unit: 'bps' as const,
      },
    ];
  });
}

function nameOf({ device, instances }: Stocked, instance: string | undefined): string {
  return instance === undefined ? device.name : (instances.find(({ id }) => id === instance)?.name ?? instance);
}
