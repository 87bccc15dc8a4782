/** Brings the catalog in line with the devices that the configuration names. */
import { isDeepStrictEqual } from 'node:util';
import type { Config, ConfigDevice } from '../config.ts';
import { NO_FACTS, type Device, type SourceSpec } from '../core/model.ts';
import type { House } from './house.ts';

type Parts = Pick<House, 'catalog' | 'clock' | 'newId' | 'log'>;

export interface Aligned {
  /** Devices that are new, or asked in another way than before. */
  readonly changed: readonly Device[];
  /** Devices that the configuration no longer names: their history stays, they are not polled. */
  readonly left: readonly Device[];
}

/** A device keeps its id, and so its history, as long as it keeps its name. */
export async function alignDevices(parts: Parts, config: Config): Promise<Aligned> {
  const { catalog, log } = parts;
  const before = await catalog.devices.list();
  const byName = new Map(before.map((device) => [device.name, device]));
  const changed: Device[] = [];
  for (const wanted of config.devices) {
    const old = byName.get(wanted.name);
    if (old && old.origin !== 'config' && old.sources.length > 0) {
      log.warn(
        `The device ${wanted.name} of the configuration is left out: another one has this name. Rename or remove one of them.`,
      );
      continue;
    }
    const device = await alignOne(parts, wanted, old ?? null);
    if (device) changed.push(device);
  }
  const names = new Set(config.devices.map(({ name }) => name));
  const left: Device[] = [];
  for (const device of before.filter(({ origin, name }) => origin === 'config' && !names.has(name))) {
    // From now on it can be removed, or given a source, by hand.
    const unpolled: Device = { ...device, origin: 'catalog', sources: [] };
    await catalog.devices.put(unpolled);
    for (const source of device.sources) if (source.type === 'snmp') await catalog.secrets.remove(source.secret);
    left.push(unpolled);
    log.info(`The device ${device.name} is no longer in the configuration; it is not polled any more and keeps its history.`);
  }
  return { changed, left };
}

/** @returns the device as it is now, null when nothing is different from before */
async function alignOne({ catalog, clock, newId }: Parts, wanted: ConfigDevice, old: Device | null): Promise<Device | null> {
  const id = old?.id ?? newId();
  const secretId = `snmp:${id}`;
  const sources = wanted.sources.map((source): SourceSpec => (source.type === 'snmp' ? { ...source, secret: secretId } : source));
  const device: Device = {
    id,
    name: wanted.name,
    address: wanted.address,
    sources,
    intervalMs: wanted.intervalMs,
    site: wanted.site,
    tags: wanted.tags,
    origin: 'config',
    facts: old?.facts ?? NO_FACTS,
    createdMs: old?.createdMs ?? clock.nowMs(),
  };
  const secret = wanted.secret === null ? null : JSON.stringify(wanted.secret);
  const secretChanged = secret !== null && secret !== (await catalog.secrets.get(secretId).catch(() => null));
  if (!secretChanged && isDeepStrictEqual(device, old)) return null;
  await catalog.devices.put(device);
  // Written anew as well when the old one cannot be opened: the configuration knows better.
  if (secret !== null && secretChanged) await catalog.secrets.put(secretId, secret);
  return device;
}
