/** What a device becomes by a change, and the secret it is then asked with. */
import type { DeviceChange } from '../core/api.ts';
import type { Device, SnmpSecret } from '../core/model.ts';
import { SecretUnreadable, type Catalog, type CollectorControl, type Preview } from '../core/ports.ts';
import { addressOf, askedFor, nameOf, plainText, secretIds } from './device-input.ts';
import { nameIsTaken } from './devices.ts';
import { HttpProblem } from './problem.ts';

interface Deps {
  readonly catalog: Catalog;
  readonly collector: CollectorControl | null;
}

export interface Changed {
  readonly device: Device;
  /** Null where no source needs one, or nothing about asking changed. */
  readonly secret: SnmpSecret | null;
}

/** The device with what is given; the rest stays, its secrets too. Nothing is kept yet. */
export async function changedBy(deps: Deps, device: Device, input: DeviceChange): Promise<Changed> {
  const asksAnew = input.address !== undefined || input.snmp !== undefined || input.ping !== undefined;
  const asked = asksAnew
    ? askedFor(input, device.id, { sources: device.sources, secret: await secretBefore(deps, device, input) })
    : null;
  const sources = asked?.sources ?? device.sources;
  const changed: Device = {
    ...device,
    name: input.name === undefined ? device.name : nameOf(input.name),
    address: input.address === undefined ? device.address : addressOf(input.address),
    sources,
    intervalMs: input.intervalMs ?? device.intervalMs,
    site: input.site === undefined ? device.site : plainText(input.site, 'site'),
    tags: input.tags === undefined ? device.tags : input.tags.map((tag) => plainText(tag, 'tags')),
    // An imported device that gets an address is polled from now on.
    origin: sources.length > 0 ? 'catalog' : device.origin,
  };
  if (changed.address === '' && sources.length > 0) {
    const detail = 'This device has no address yet: give one as well.';
    throw new HttpProblem(400, detail, [{ path: 'address', message: detail }]);
  }
  const others = (await deps.catalog.devices.list()).filter(({ id }) => id !== device.id);
  if (others.some(({ name }) => name === changed.name)) throw nameIsTaken(changed.name);
  return { device: changed, secret: asked?.secret ?? null };
}

/** Keeps a change and polls by it. @returns how the device answered; null when nothing asks it */
export async function keepChange(deps: Deps, before: Device, { device, secret }: Changed): Promise<Preview | null> {
  const { catalog, collector } = deps;
  await catalog.devices.put(device);
  await keepSecret(deps, device, secret);
  const needed = secretIds(device);
  for (const id of secretIds(before)) if (!needed.includes(id)) await catalog.secrets.remove(id);
  return device.sources.length > 0 && collector ? collector.watch(device) : null;
}

export async function keepSecret(deps: Pick<Deps, 'catalog'>, device: Device, secret: SnmpSecret | null): Promise<void> {
  if (secret === null) return;
  for (const id of secretIds(device)) await deps.catalog.secrets.put(id, JSON.stringify(secret));
}

/** The secret of a device's SNMP source, null when it has none. */
export async function storedSecret(deps: Pick<Deps, 'catalog'>, device: Device): Promise<SnmpSecret | null> {
  const id = secretIds(device)[0];
  const text = id === undefined ? null : await deps.catalog.secrets.get(id);
  return text === null ? null : (JSON.parse(text) as SnmpSecret);
}

/** One that cannot be opened is no loss where a new one is given. */
async function secretBefore(deps: Deps, device: Device, { snmp }: DeviceChange): Promise<SnmpSecret | null> {
  if (snmp === null) return null;
  try {
    return await storedSecret(deps, device);
  } catch (error) {
    if (error instanceof SecretUnreadable && (snmp?.community ?? snmp?.authKey ?? snmp?.privKey) !== undefined) return null;
    throw error;
  }
}
