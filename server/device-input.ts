/** From what a person gives (address, community, user, keys) to sources and the secret they need. */
import { isHost } from '../core/addresses.ts';
import type { DeviceChange, DeviceInput } from '../core/api.ts';
import type { Device, DeviceFacts, SnmpSecret, SnmpSource, SourceSpec } from '../core/model.ts';
import { cap, visible } from '../core/text.ts';
import { badRequest, HttpProblem, quoted } from './problem.ts';

export const INTERVAL_DEFAULT_MS = 60_000;
const PORT_DEFAULT = 161;
const TIMEOUT_DEFAULT_MS = 1_000;
const RETRIES_DEFAULT = 1;
/** RFC 3414 section 11.2: keys are derived from passwords of at least 8 characters. */
const KEY_MIN = 8;
const NAME_MAX = 128;
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

export interface Asked {
  readonly sources: readonly SourceSpec[];
  /** Null when no source needs one. */
  readonly secret: SnmpSecret | null;
}

/** The address as it will be asked, or a refusal. */
export function addressOf(text: string): string {
  const [, host, port] = /^(\[[^\]]*\]|[^:]+):(\d{1,5})$/.exec(text.trim()) ?? [];
  if (host !== undefined && port !== undefined)
    throw wrongField(
      'address',
      `${quoted(text)} holds a port: give ${host.replace(/^\[(.*)\]$/, '$1')} as the address and the port by itself (--port ${port}, or snmp.port in the API).`,
    );
  const address = text.trim().replace(/^\[(.*)\]$/, '$1');
  if (!isHost(address))
    throw wrongField(
      'address',
      `${quoted(text)} is not a host name or address: give one such as 192.0.2.1 or switch1.example.org.`,
    );
  return address;
}

/** A name as it will be kept, or a refusal. */
export function nameOf(text: string, what = 'device'): string {
  const name = text.trim();
  if (name === '') throw wrongField('name', `The name of a ${what} must not be empty.`);
  if (name.includes('/'))
    throw wrongField('name', `${quoted(text)} cannot be the name of a ${what}: "/" separates device, instance and metric.`);
  if (INVISIBLE.test(name))
    throw wrongField('name', `${quoted(text)} cannot be the name of a ${what}: it holds characters that cannot be seen.`);
  return name;
}

/** Free text (site, tags) as it will be kept, or a refusal. */
export function plainText(text: string, field: string): string {
  if (INVISIBLE.test(text)) throw wrongField(field, `"${field}" holds characters that cannot be seen: type it anew.`);
  return text.trim();
}

/** A name made of what the device calls itself; null when it says nothing usable. */
export function nameFromFacts(facts: DeviceFacts): string | null {
  const name = cap(visible(facts.sysName).replaceAll('/', '-').trim(), NAME_MAX);
  return name === '' ? null : name;
}

/**
 * Sources and secret for a new device, or for one that changes: what is not given stays as
 * it was. Without a word on SNMP or ping a device is asked by SNMP v2c with community "public".
 */
export function askedFor(input: DeviceInput | DeviceChange, deviceId: string, before: Asked | null): Asked {
  if (input.snmp === null && input.ping !== true)
    throw badRequest('Without SNMP a device is asked by ping only: give "ping": true as well.');
  const oldSnmp = before?.sources.find((source): source is SnmpSource => source.type === 'snmp') ?? null;
  const hadPing = before?.sources.some((source) => source.type === 'ping') ?? false;
  if (input.ping === false && hadPing && oldSnmp === null && input.snmp === undefined)
    throw wrongField('ping', 'This device is asked by ping only: say how it is asked by SNMP ("snmp") to end the pings.');
  const ping = input.ping ?? hadPing;
  const wantsSnmp = input.snmp !== null && (input.snmp !== undefined || oldSnmp !== null || !ping);
  const sources: SourceSpec[] = [];
  let secret: SnmpSecret | null = null;
  if (wantsSnmp) {
    const made = snmpSource(input.snmp ?? {}, deviceId, oldSnmp, before?.secret ?? null);
    sources.push(made.source);
    secret = made.secret;
  }
  if (ping) sources.push({ type: 'ping' });
  return { sources, secret };
}

type SnmpChange = NonNullable<DeviceChange['snmp']>;

function snmpSource(
  input: SnmpChange,
  deviceId: string,
  old: SnmpSource | null,
  oldSecret: SnmpSecret | null,
): { source: SnmpSource; secret: SnmpSecret } {
  const version = input.version ?? (input.user !== undefined ? '3' : (old?.version ?? '2c'));
  const v3 = version === '3';
  const keep = old !== null && (old.version === '3') === v3;
  const user = v3 ? (input.user ?? (keep ? old.user : null)) : null;
  const auth = v3 && input.auth !== null ? (input.auth ?? (keep ? old.auth : null)) : null;
  const priv = v3 && input.priv !== null ? (input.priv ?? (keep ? old.priv : null)) : null;
  // A key that is kept goes with its protocol.
  const authKey = input.authKey ?? (keep && auth !== null ? oldSecret?.authKey : undefined);
  const privKey = input.privKey ?? (keep && priv !== null ? oldSecret?.privKey : undefined);
  if (v3) {
    if (input.community !== undefined)
      throw wrongField('snmp.community', 'SNMP v3 has no community: give a user, or version 2c.');
    if (user === null || user === '') throw wrongField('snmp.user', 'SNMP v3 needs a user.');
    if (priv !== null && auth === null)
      throw wrongField('snmp.auth', 'SNMP v3 privacy needs authentication as well: give auth and authKey.');
    needKey('auth', auth, authKey);
    needKey('priv', priv, privKey);
  } else {
    for (const name of ['user', 'auth', 'authKey', 'priv', 'privKey'] as const) {
      if (input[name] !== undefined && input[name] !== null)
        throw wrongField(
          `snmp.${name}`,
          `"${name}" belongs to SNMP v3, but the version is ${version}: give version 3 or a community.`,
        );
    }
    if (input.community === '') throw wrongField('snmp.community', 'The community must not be empty.');
  }
  const source: SnmpSource = {
    type: 'snmp',
    version,
    port: input.port ?? old?.port ?? PORT_DEFAULT,
    timeoutMs: input.timeoutMs ?? old?.timeoutMs ?? TIMEOUT_DEFAULT_MS,
    retries: input.retries ?? old?.retries ?? RETRIES_DEFAULT,
    user,
    auth,
    priv,
    secret: old?.secret ?? `snmp:${deviceId}`,
  };
  if (!v3) return { source, secret: { community: input.community ?? (keep ? oldSecret?.community : undefined) ?? 'public' } };
  return {
    source,
    secret: {
      ...(auth !== null && authKey !== undefined ? { authKey } : {}),
      ...(priv !== null && privKey !== undefined ? { privKey } : {}),
    },
  };
}

function needKey(what: 'auth' | 'priv', protocol: string | null, key: string | undefined): void {
  const field = `snmp.${what}Key`;
  if (protocol === null) {
    if (key !== undefined)
      throw wrongField(field, `"${what}Key" is given without "${what}": say which protocol the device uses.`);
    return;
  }
  if (key === undefined) throw wrongField(field, `"${what}" ${protocol} needs "${what}Key".`);
  if (key.length < KEY_MIN)
    throw wrongField(field, `"${what}Key" is too short: SNMP v3 keys have at least ${KEY_MIN} characters.`);
}

/** A refusal that a form can show at the field it is about. */
const wrongField = (path: string, detail: string) => new HttpProblem(400, detail, [{ path, message: detail }]);

/** Ids of the secrets a device's sources name. */
export function secretIds(device: Device): string[] {
  return device.sources.flatMap((source) => (source.type === 'snmp' ? [source.secret] : []));
}
