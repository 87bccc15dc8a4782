/** Devices with their instances as one picture, kept a while: lists, rankings and the search look at all of them. */
import type { Device, Instance } from '../core/model.ts';
import type { Catalog } from '../core/ports.ts';

export interface Stocked {
  readonly device: Device;
  readonly instances: readonly Instance[];
}
export type Picture = ReadonlyMap<string, Stocked>;
export interface Inventory {
  /** @param wanted reads it anew when the picture at hand does not have what is looked for */
  (wanted?: (picture: Picture) => boolean): Promise<Picture>;
  /** What a device is called or asked every, or whether it is there, has changed: the next one who asks must see it. */
  forget(): void;
}

const KEPT_MIN_MS = 5_000;
/** Reading takes at most this share of the time. */
const SHARE = 0.02;

/**
 * @param monoMs monotonic milliseconds
 * @returns reads the picture; it is 5 s old at most, or older where reading it takes long
 */
export function createInventory(catalog: Catalog, monoMs: () => number): Inventory {
  let held: { readonly untilMs: number; readonly picture: Picture } | null = null;
  let reading: Promise<Picture> | null = null;
  const read = async () => {
    const startMs = monoMs();
    const [devices, instances] = await Promise.all([catalog.devices.list(), catalog.instances.list()]);
    const byDevice = Map.groupBy(instances, ({ device }) => device);
    const picture = new Map(devices.map((device) => [device.id, { device, instances: byDevice.get(device.id) ?? [] }]));
    const nowMs = monoMs();
    return { untilMs: nowMs + Math.max(KEPT_MIN_MS, (nowMs - startMs) / SHARE), picture };
  };
  // Those who ask at once share one reading.
  const readOnce = (): Promise<Picture> => {
    if (reading) return reading;
    const own = read()
      .then((found) => {
        if (reading === own) held = found;
        return found.picture;
      })
      .finally(() => {
        if (reading === own) reading = null;
      });
    return (reading = own);
  };
  const inventory = async (wanted: (picture: Picture) => boolean = () => true): Promise<Picture> => {
    if (held && monoMs() < held.untilMs && wanted(held.picture)) return held.picture;
    // It may have begun before that what is wanted was there.
    const begun = await reading;
    return begun && wanted(begun) ? begun : readOnce();
  };
  return Object.assign(inventory, {
    forget: () => {
      held = null;
      reading = null;
    },
  });
}
