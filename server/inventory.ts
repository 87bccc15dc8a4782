/** Devices with their instances as one picture, kept a while: lists, rankings and the search look at all of them. */
import type { Device, Instance } from '../core/model.ts';
import type { Catalog } from '../core/ports.ts';

export interface Stocked {
  readonly device: Device;
  readonly instances: readonly Instance[];
}
export type Inventory = (
  /** Reads it anew when the picture at hand does not have what is looked for. */
  wanted?: (picture: ReadonlyMap<string, Stocked>) => boolean,
) => Promise<ReadonlyMap<string, Stocked>>;

const KEPT_MIN_MS = 5_000;
/** Reading takes at most this share of the time. */
const SHARE = 0.02;

/**
 * @param monoMs monotonic milliseconds
 * @returns reads the picture; it is 5 s old at most, or older where reading it takes long
 */
export function createInventory(catalog: Catalog, monoMs: () => number): Inventory {
  let held: { readonly untilMs: number; readonly picture: ReadonlyMap<string, Stocked> } | null = null;
  let reading: Promise<ReadonlyMap<string, Stocked>> | null = null;
  const read = async () => {
    const startMs = monoMs();
    const [devices, instances] = await Promise.all([catalog.devices.list(), catalog.instances.list()]);
    const byDevice = Map.groupBy(instances, ({ device }) => device);
    const picture = new Map(devices.map((device) => [device.id, { device, instances: byDevice.get(device.id) ?? [] }]));
    const nowMs = monoMs();
    held = { untilMs: nowMs + Math.max(KEPT_MIN_MS, (nowMs - startMs) / SHARE), picture };
    return picture;
  };
  return (wanted = () => true) => {
    if (held && monoMs() < held.untilMs && wanted(held.picture)) return Promise.resolve(held.picture);
    // Those who ask at once share one reading.
    reading ??= read().finally(() => (reading = null));
    return reading;
  };
}
