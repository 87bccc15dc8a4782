/** One series over a range, as the API, the command line and exports give it. */
import type { SeriesData } from '../core/api.ts';
import { HEARTBEAT, TIER_STEP_MS, seriesKey, splitSeriesKey, type MetricName, type SeriesKey, type Tier } from '../core/model.ts';
import type { Catalog, History } from '../core/ports.ts';
import { eachBin, eachRecord, planQuery, toSlots, type Visit } from '../core/query.ts';

/** More bins than this are refused in words: nobody reads them, and they would fill the memory. */
export const BINS_MAX = 2_000_000;
const POINTS_DEFAULT = 1_000;

export interface SeriesRequest {
  readonly fromMs: number;
  readonly toMs: number;
  /** Exactly this tier; otherwise the tier and step are planned from `points`. */
  readonly tier?: Tier | undefined;
  readonly points?: number | undefined;
}

/** A request that cannot be answered, in one sentence for the person who asked. */
export class TooMuchData extends Error {}

/**
 * Bins of a series between two moments. With a tier: every bin of it that overlaps the range,
 * unknown ones as null (raw: each reading in the range, at the moment it was taken).
 * Otherwise at most `points` slots, never finer than the poll interval.
 * @throws TooMuchData when the tier has more than BINS_MAX bins in the range
 */
export async function readSeries(
  deps: { history: History; catalog: Catalog; nowMs: () => number },
  key: SeriesKey,
  request: SeriesRequest,
): Promise<SeriesData> {
  const { device, instance, metric } = splitSeriesKey(key);
  const found = (await deps.catalog.instances.list(device)).find((i) => i.id === instance);
  const intervalMs = (await deps.catalog.devices.list()).find((d) => d.id === device)?.intervalMs ?? 60_000;
  const head = {
    series: key,
    unit: found?.metrics.find((m) => m.name === metric)?.unit ?? '1',
    interval: intervalMs / 1000,
  };
  const { fromMs, toMs } = request;
  if (request.tier === 'raw')
    return { ...head, tier: 'raw', step: intervalMs / 1000, bins: await rawBins(deps.history, key, fromMs, toMs) };
  const { tier, stepMs } = request.tier
    ? { tier: request.tier, stepMs: TIER_STEP_MS[request.tier] }
    : planQuery({
        fromMs,
        toMs,
        points: request.points ?? POINTS_DEFAULT,
        nowMs: deps.nowMs(),
        intervalMs,
        tiers: deps.history.tiers(),
      });
  // Time after now holds nothing: a range that ends in the future ends now.
  const endMs = Math.min(toMs, Math.max(deps.nowMs() + stepMs, fromMs));
  if ((endMs - fromMs) / stepMs > BINS_MAX) {
    throw new TooMuchData(
      `This range has more than ${BINS_MAX} bins of ${stepMs / 1000} s: ask for a shorter range or a coarser tier.`,
    );
  }
  const startMs = Math.floor(fromMs / stepMs) * stepMs;
  const each = await readEach(deps.history, key, tier, startMs, endMs, intervalMs);
  const slots = toSlots(each, fromMs, endMs, stepMs);
  const bins: SeriesData['bins'] = [];
  for (let i = 0; i < slots.mean.length; i++) {
    bins.push({
      t: (slots.fromMs + i * stepMs) / 1000,
      mean: orNull(slots.mean[i]),
      min: orNull(slots.min[i]),
      max: orNull(slots.max[i]),
      known: slots.known[i] ?? 0,
    });
  }
  return { ...head, tier, step: stepMs / 1000, bins };
}

async function rawBins(history: History, key: SeriesKey, fromMs: number, toMs: number): Promise<SeriesData['bins']> {
  const [raw] = await history.raw([key], fromMs - 1, toMs);
  if (!raw) return [];
  if (raw.tMs.length > BINS_MAX)
    throw new TooMuchData(`This range has more than ${BINS_MAX} readings: ask for a shorter range or a coarser tier.`);
  return Array.from(raw.tMs, (tMs, i) => {
    const value = orNull(raw.value[i]);
    return { t: tMs / 1000, mean: value, min: value, max: value, known: value === null ? 0 : 1 };
  });
}

/**
 * The stored stretches of a series in a tier that overlap the range, for `toSlots`. Raw records
 * are read a heartbeat further, because the one that ends after the range covers its last part.
 */
async function readEach(
  history: History,
  key: SeriesKey,
  tier: Tier,
  fromMs: number,
  toMs: number,
  intervalMs: number,
): Promise<(visit: Visit) => void> {
  if (tier === 'raw') {
    const [raw] = await history.raw([key], fromMs, toMs + HEARTBEAT * intervalMs);
    return (visit) => {
      if (raw) eachRecord(raw, visit);
    };
  }
  const [bins] = await history.bins([key], tier, fromMs, toMs);
  return (visit) => {
    if (bins) eachBin(bins, tier, visit);
  };
}

function orNull(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}

/**
 * The series a person means by `device/instance/metric`, with ids or names. The device ends at
 * the first '/', the metric begins after the last, so that an instance may be "/srv/archive".
 * Null when there is none.
 */
export async function resolveSeries(catalog: Catalog, text: string): Promise<SeriesKey | null> {
  const first = text.indexOf('/');
  const last = text.lastIndexOf('/');
  if (first <= 0 || last <= first) return null;
  const [deviceText, instanceText, metric] = [text.slice(0, first), text.slice(first + 1, last), text.slice(last + 1)];
  const devices = await catalog.devices.list();
  const device = devices.find((d) => d.id === deviceText) ?? devices.find((d) => d.name === deviceText);
  if (!device) return null;
  const kind = metric.slice(0, metric.indexOf('.'));
  const instances = (await catalog.instances.list(device.id)).filter((i) => i.metrics.some((m) => m.name === metric));
  const instance =
    instances.find((i) => i.id === instanceText) ??
    instances.find((i) => i.kind === kind && i.key === instanceText) ??
    instances.find((i) => i.kind === kind && i.name === instanceText);
  return instance ? seriesKey(device.id, instance.id, metric as MetricName) : null;
}
