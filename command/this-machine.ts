/** The device that is always there: the machine Saguaro runs on, with its snmpd if one answers. */
import { hostname } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config.ts';
import { NO_FACTS, type Device, type SnmpSource } from '../core/model.ts';
import type { House } from './house.ts';

const ADDRESS = '127.0.0.1';
const COMMUNITY = 'public';
/** On the same machine an agent answers at once or not at all. */
const SNMP: Omit<SnmpSource, 'secret'> = {
  type: 'snmp',
  version: '2c',
  port: 161,
  timeoutMs: 700,
  retries: 0,
  user: null,
  auth: null,
  priv: null,
};

type Parts = Pick<House, 'catalog' | 'clock' | 'newId' | 'log' | 'collector'>;

/**
 * Puts this machine into the catalog, or takes it out of polling when the configuration says so.
 * @returns the device to poll, null when there is none
 */
export async function alignThisMachine(parts: Parts, config: Config): Promise<Device | null> {
  const { catalog, clock, collector, newId } = parts;
  const devices = await catalog.devices.list();
  const old = devices.find(({ origin }) => origin === 'self') ?? null;
  if (config.thisMachine === null) {
    if (old && old.sources.length > 0) {
      await catalog.devices.put({ ...old, sources: [] });
      await collector.unwatch(old.id);
    }
    return null;
  }
  const id = old?.id ?? newId();
  const secret = `snmp:${id}`;
  const candidate = { address: ADDRESS, sources: [{ ...SNMP, secret }], secret: { community: COMMUNITY } };
  const answers = config.thisMachine.snmp && (await collector.test(candidate)).ok;
  const taken = new Set(devices.filter((device) => device.id !== id).map(({ name }) => name));
  const device: Device = {
    id,
    name: freeName(config.thisMachine.name ?? old?.name ?? (hostname().replaceAll('/', '-') || 'this-machine'), taken),
    address: ADDRESS,
    sources: [{ type: 'local' }, ...(answers ? candidate.sources : [])],
    intervalMs: config.thisMachine.intervalMs,
    site: old?.site ?? '',
    tags: old?.tags ?? [],
    origin: 'self',
    facts: old?.facts ?? NO_FACTS,
    createdMs: old?.createdMs ?? clock.nowMs(),
  };
  if (answers) await catalog.secrets.put(secret, JSON.stringify(candidate.secret));
  if (!isDeepStrictEqual(device, old)) await catalog.devices.put(device);
  return device;
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  if (!taken.has(wanted)) return wanted;
  for (let i = 2; i < 1000; i++) {
    const name = `${wanted} (${i})`;
    if (!taken.has(name)) return name;
  }
  throw new Error(`no free name for this machine near ${wanted}`);
}
