/** One device entry of a configuration file, made trustworthy. */
import type { SnmpSecret, SnmpVersion, SourceSpec } from '../core/model.ts';
import type { ConfigDevice, Fail, ReadSecret } from '../config.ts';
import { parseDuration } from './duration.ts';
import type { Path } from './explain.ts';
import type { DeviceEntry, SnmpEntry } from './schema.ts';

const SNMP_PORT = 161;
const TIMEOUT_MS = 2_000;
const RETRIES = 1;
/** RFC 3414: a key is made from at least eight characters. */
const KEY_MIN_LENGTH = 8;

export function trustDevice(entry: DeviceEntry, at: Path, fail: Fail, readSecret: ReadSecret): Omit<ConfigDevice, 'intervalMs'> {
  const snmp = entry.snmp === undefined ? null : trustSnmp(entry.snmp, [...at, 'snmp'], fail, readSecret);
  if (snmp === null && entry.ping !== true) fail(at, 'does not say how it is asked; give it snmp, or ping: true');
  // One colon only: more of them are IPv6.
  if (/^[^:]+:\d+$/.test(entry.address ?? '')) fail([...at, 'address'], 'must not hold a port; give it as snmp.port');
  const sources: SourceSpec[] = [...(snmp ? [snmp.source] : []), ...(entry.ping === true ? [{ type: 'ping' as const }] : [])];
  return {
    name: entry.name,
    address: entry.address,
    sources,
    secret: snmp?.secret ?? null,
    site: entry.site ?? '',
    tags: entry.tags ?? [],
  };
}

function trustSnmp(entry: SnmpEntry, at: Path, fail: Fail, readSecret: ReadSecret): { source: SourceSpec; secret: SnmpSecret } {
  const version = String(entry.version ?? (entry.user === undefined ? '2c' : '3')) as SnmpVersion;
  const timeoutMs = entry.timeout === undefined ? TIMEOUT_MS : (parseDuration(entry.timeout) ?? NaN);
  if (!(timeoutMs >= 100 && timeoutMs <= 60_000)) fail([...at, 'timeout'], 'must be from 100ms to 60s');
  const wrongKeys = (version === '3' ? ['community'] : ['user', 'auth', 'authKey', 'priv', 'privKey']).filter(
    (key) => key in entry,
  );
  for (const key of wrongKeys) fail([...at, key], `does not belong to SNMP version ${version}`);
  const read = (key: 'community' | 'authKey' | 'privKey') => {
    const ref = entry[key];
    return ref === undefined ? undefined : readSecret(ref, [...at, key]);
  };
  const [community, authKey, privKey] = [read('community'), read('authKey'), read('privKey')];
  if (version === '3') {
    if (entry.user === undefined) fail(at, 'needs the key user for SNMP version 3');
    for (const [name, protocol, key] of [
      ['auth', entry.auth, entry.authKey],
      ['priv', entry.priv, entry.privKey],
    ] as const) {
      if ((protocol === undefined) !== (key === undefined)) fail(at, `needs both ${name} and ${name}Key, or neither`);
    }
    if (entry.priv !== undefined && entry.auth === undefined)
      fail(at, 'needs auth and authKey as well, because priv works only with them');
    if (authKey !== undefined && authKey.length < KEY_MIN_LENGTH) fail([...at, 'authKey'], 'must have at least 8 characters');
    if (privKey !== undefined && privKey.length < KEY_MIN_LENGTH) fail([...at, 'privKey'], 'must have at least 8 characters');
  }
  const secret: SnmpSecret =
    version === '3'
      ? { ...(authKey === undefined ? {} : { authKey }), ...(privKey === undefined ? {} : { privKey }) }
      : { community: community ?? 'public' };
  return {
    source: {
      type: 'snmp',
      version,
      port: entry.port ?? SNMP_PORT,
      timeoutMs,
      retries: entry.retries ?? RETRIES,
      user: entry.user ?? null,
      auth: entry.auth ?? null,
      priv: entry.priv ?? null,
      secret: '',
    },
    secret,
  };
}
