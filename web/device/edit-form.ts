/** A known device as its form, and what changed in the form as a request. */
import type { DeviceChange, DeviceView } from '../../core/api.ts';
import { tagsOf } from '../../core/tags.ts';
import { EMPTY, refusedOfMany, toAsked, type Filled } from './add-form.ts';

const SNMP_PORT = 161;
type SnmpChange = NonNullable<DeviceChange['snmp']>;

/** Secrets are never shown: their fields are empty, and empty keeps them. */
export function filledFrom(device: DeviceView): Filled {
  const { snmp } = device;
  return {
    ...EMPTY,
    address: device.address,
    name: device.name,
    how: snmp ? snmp.version : device.ping ? 'ping' : '2c',
    community: '',
    user: snmp?.user ?? '',
    // For a device that changes to SNMP v3 the usual ones are offered.
    ...(snmp?.version === '3' ? { auth: snmp.auth ?? '', priv: snmp.priv ?? '' } : {}),
    port: snmp && snmp.port !== SNMP_PORT ? String(snmp.port) : '',
    interval: String(device.intervalMs / 1000),
    site: device.site,
    tags: device.tags.join(', '),
    ping: device.ping,
  };
}

/** Which secrets are kept when their fields stay empty, by the ids of the fields. */
export function keptSecrets({ snmp }: DeviceView, filled: Filled): ReadonlySet<string> {
  if (snmp === null || (snmp.version === '3') !== (filled.how === '3')) return new Set();
  if (snmp.version !== '3') return new Set(['community']);
  return new Set([...(snmp.auth ? ['authKey'] : []), ...(snmp.priv ? ['privKey'] : [])]);
}

/** Nothing asks it: its history was imported, or it left the configuration. */
const isUnasked = ({ sources }: DeviceView) => sources.length === 0;

/** Whether the form says how to ask a device that nothing asks. */
function begins(device: DeviceView, filled: Filled): boolean {
  const before = filledFrom(device);
  const said = filled.address.trim() !== device.address || filled.how !== before.how || filled.community !== '';
  return said && filled.address.trim() !== '';
}

/** What cannot be sent as it was filled in. */
export function refusedChange(device: DeviceView, filled: Filled): Record<string, string> {
  const kept = keptSecrets(device, filled);
  const asks = !isUnasked(device) || begins(device, filled);
  const lacks = (id: 'community' | 'authKey' | 'privKey') => asks && filled[id] === '' && !kept.has(id);
  return {
    ...(!isUnasked(device) && filled.address.trim() === '' ? { address: 'Give a host name or an address.' } : {}),
    ...((filled.how === '1' || filled.how === '2c') && lacks('community') ? { 'snmp/community': 'Give the community.' } : {}),
    ...(asks && filled.how === '3' && filled.user.trim() === '' ? { 'snmp/user': 'Give the user.' } : {}),
    ...(filled.how === '3' && filled.auth !== '' && lacks('authKey') ? { 'snmp/authKey': 'Give the key.' } : {}),
    ...(filled.how === '3' && filled.auth !== '' && filled.priv !== '' && lacks('privKey')
      ? { 'snmp/privKey': 'Give the key.' }
      : {}),
    ...refusedOfMany(filled),
    ...(filled.name.trim() === '' ? { name: 'Give a name.' } : {}),
  };
}

/** Only what is different; an empty object when nothing is. */
export function toChange(device: DeviceView, filled: Filled): DeviceChange {
  const address = filled.address.trim();
  const name = filled.name.trim();
  const site = filled.site.trim();
  const tags = tagsOf(filled.tags);
  const intervalMs = Number(filled.interval) * 1000;
  return {
    ...(name === device.name ? {} : { name }),
    ...(address === device.address ? {} : { address }),
    ...(isUnasked(device) && !begins(device, filled) ? {} : askedChange(device, filled)),
    ...(intervalMs === device.intervalMs ? {} : { intervalMs }),
    ...(site === device.site ? {} : { site }),
    // Compared as they were shown: a tag with a comma in it is not taken apart unasked.
    ...(tags.join('\n') === tagsOf(device.tags.join(', ')).join('\n') ? {} : { tags }),
  };
}

function askedChange(device: DeviceView, filled: Filled): Pick<DeviceChange, 'snmp' | 'ping'> {
  if (filled.how === 'ping') return device.snmp === null && device.ping ? {} : { snmp: null, ping: true };
  if (device.snmp === null) return toAsked(filled);
  const snmp = snmpChange(device.snmp, filled);
  return {
    ...(Object.keys(snmp).length === 0 ? {} : { snmp }),
    ...(filled.ping === device.ping ? {} : { ping: filled.ping }),
  };
}

function snmpChange(now: NonNullable<DeviceView['snmp']>, filled: Filled): SnmpChange {
  const port = filled.port.trim() === '' ? SNMP_PORT : Number(filled.port);
  const common: SnmpChange = {
    ...(filled.how === now.version || filled.how === 'ping' ? {} : { version: filled.how }),
    ...(port === now.port ? {} : { port }),
  };
  if (filled.how !== '3') return { ...common, ...(filled.community === '' ? {} : { community: filled.community }) };
  const auth = filled.auth === '' ? null : filled.auth;
  const priv = auth === null || filled.priv === '' ? null : filled.priv;
  const user = filled.user.trim();
  return {
    ...common,
    ...(user === now.user ? {} : { user }),
    ...(auth === now.auth ? {} : { auth }),
    ...(auth === null || filled.authKey === '' ? {} : { authKey: filled.authKey }),
    ...(priv === now.priv ? {} : { priv }),
    ...(priv === null || filled.privKey === '' ? {} : { privKey: filled.privKey }),
  };
}
