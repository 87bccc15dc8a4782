/** Which devices of a list can be added: with what they share, and without those that are there already. */
import type { DeviceInput, DeviceView, SnmpInput } from './api.ts';
import type { DeviceList, ListedDevice, ListFault } from './device-list.ts';
import { cap } from './text.ts';

/** What a list's lines need not say. */
export type SharedSettings = Pick<DeviceInput, 'snmp' | 'ping' | 'intervalMs' | 'site' | 'tags'>;
export type KnownDevice = Pick<DeviceView, 'name' | 'address' | 'snmp'>;

const SNMP_PORT = 161;

/** @returns what can be added, and a sentence for each line that cannot, in the order of the lines */
export function planDevices(list: DeviceList, shared: SharedSettings, known: readonly KnownDevice[]): DeviceList {
  const isKnown = knownBy(known);
  const byPlace = new Map<string, ListedDevice>();
  const byName = new Map<string, ListedDevice>();
  const devices: ListedDevice[] = [];
  const faults: ListFault[] = [...list.faults];
  for (const { line, input: given } of list.devices) {
    const input = withShared(given, shared);
    const listed = { line, input };
    const place = placeOf(input.address, portOf(input));
    const [twin, namesake] = [byPlace.get(place), input.name === undefined ? undefined : byName.get(input.name)];
    const fault = namesake
      ? `The name is that of line ${namesake.line} already: give another one.`
      : twin && (input.name === undefined || twin.input.name === undefined)
        ? `The address is that of line ${twin.line} already: take one away, or give both names of their own.`
        : isKnown(input);
    if (fault !== null) {
      faults.push({ line, text: fault });
      continue;
    }
    devices.push(listed);
    byPlace.set(place, twin ?? listed);
    if (input.name !== undefined) byName.set(input.name, listed);
  }
  return { devices, faults: faults.sort((a, b) => a.line - b.line) };
}

/** Says in a sentence that a device is known already; null when it is new. */
export function knownBy(known: readonly KnownDevice[]): (input: DeviceInput) => string | null {
  const names = new Set(known.map(({ name }) => name));
  const places = new Map(known.map((one) => [placeOf(one.address, one.snmp?.port ?? 0), one.name]));
  return (input) => {
    if (input.name !== undefined)
      return names.has(input.name) ? `A device named "${cap(input.name, 80)}" exists already: give another name.` : null;
    const twin = places.get(placeOf(input.address, portOf(input)));
    return twin === undefined ? null : `It is known already as "${cap(twin, 80)}": give a name to add it once more.`;
  };
}

const placeOf = (address: string, port: number) => `${address.toLowerCase()} ${port}`;
const isPingOnly = ({ snmp, ping }: DeviceInput) => snmp === undefined && ping === true;
const portOf = (input: DeviceInput) => (isPingOnly(input) ? 0 : (input.snmp?.port ?? SNMP_PORT));

/** What a line says counts; what it does not say is what all share. */
export function withShared(input: DeviceInput, shared: SharedSettings): DeviceInput {
  const { snmp, ping = shared.ping, intervalMs = shared.intervalMs, site = shared.site, tags = shared.tags, ...rest } = input;
  const asked = isPingOnly(input) ? undefined : snmpOf(snmp, shared.snmp);
  return {
    ...rest,
    ...(asked === undefined ? {} : { snmp: asked }),
    ...(ping === undefined ? {} : { ping }),
    ...(intervalMs === undefined ? {} : { intervalMs }),
    ...(site === undefined ? {} : { site }),
    ...(tags === undefined ? {} : { tags }),
  };
}

/** Communities do not go with users: of another kind of SNMP only the port and the patience are shared. */
function snmpOf(own: SnmpInput | undefined, shared: SnmpInput | undefined): SnmpInput | undefined {
  if (own === undefined || shared === undefined) return own ?? shared;
  const isV3 = ({ version, user, auth, priv }: SnmpInput) =>
    version === '3' || [user, auth, priv].some((text) => text !== undefined);
  const says = (snmp: SnmpInput) => snmp.version !== undefined || snmp.community !== undefined || isV3(snmp);
  if (!says(own) || isV3(own) === isV3(shared)) return { ...shared, ...own };
  const { port, timeoutMs, retries } = shared;
  const common = Object.entries({ port, timeoutMs, retries }).filter(([, value]) => value !== undefined);
  return { ...(Object.fromEntries(common) as SnmpInput), ...own };
}
