/** The environment variables that override a configuration file. */
import { readFileSync } from 'node:fs';
import type { ConfigError, Environment } from '../config.ts';
import { nearest } from '../core/text.ts';
import { explain } from './explain.ts';
import { codeOf } from './files.ts';
import { ConfigFile } from './schema.ts';

const list = (text: string) =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean);

/** Variable, the key it overrides, and how its text becomes the key's value. */
const OVERRIDES: readonly {
  readonly variable: string;
  readonly key: keyof ConfigFile;
  readonly read: (text: string) => unknown;
}[] = [
  { variable: 'SAGUARO_DATA', key: 'data', read: String },
  { variable: 'SAGUARO_LISTEN', key: 'listen', read: String },
  { variable: 'SAGUARO_PUBLIC_URL', key: 'publicUrl', read: String },
  { variable: 'SAGUARO_BASE_PATH', key: 'basePath', read: String },
  { variable: 'SAGUARO_TRUSTED_PROXIES', key: 'trustedProxies', read: list },
  { variable: 'SAGUARO_ALLOWED_HOSTS', key: 'allowedHosts', read: list },
  { variable: 'SAGUARO_ADMIN_PASSWORD', key: 'adminPassword', read: String },
  { variable: 'SAGUARO_TIME_ZONE', key: 'timeZone', read: String },
  { variable: 'SAGUARO_LOG', key: 'log', read: String },
  { variable: 'SAGUARO_PROFILES', key: 'profiles', read: String },
  { variable: 'SAGUARO_DASHBOARDS', key: 'dashboards', read: String },
  { variable: 'SAGUARO_INTERVAL', key: 'interval', read: String },
  { variable: 'SAGUARO_SNMP_ENGINE', key: 'snmpEngine', read: String },
  { variable: 'SAGUARO_STORE', key: 'store', read: String },
  { variable: 'SAGUARO_INFLUXDB_URL', key: 'influxdb', read: (url) => ({ url }) },
  { variable: 'SAGUARO_INFLUXDB_TOKEN', key: 'influxdb', read: (token) => ({ token }) },
  { variable: 'SAGUARO_INFLUXDB_ORG', key: 'influxdb', read: (org) => ({ org }) },
  { variable: 'SAGUARO_VICTORIAMETRICS_WRITE_URL', key: 'victoriametrics', read: (writeUrl) => ({ writeUrl }) },
  { variable: 'SAGUARO_VICTORIAMETRICS_READ_URL', key: 'victoriametrics', read: (readUrl) => ({ readUrl }) },
  { variable: 'SAGUARO_VICTORIAMETRICS_TOKEN', key: 'victoriametrics', read: (token) => ({ token }) },
  { variable: 'SAGUARO_DISCOVERY_NETWORKS', key: 'discovery', read: (text) => ({ networks: list(text) }) },
];
export const OVERRIDE_VARIABLES = OVERRIDES.map(({ variable }) => variable);
/** Each may be given as NAME_FILE as well: the path of a file that holds it. */
const SECRETS = new Set(['SAGUARO_ADMIN_PASSWORD', 'SAGUARO_INFLUXDB_TOKEN', 'SAGUARO_VICTORIAMETRICS_TOKEN']);
/** Keys of which a variable gives a part; the file may say the rest. */
export const PARTS: readonly (keyof ConfigFile)[] = ['influxdb', 'victoriametrics'];
/** Read by the command line and the tests, not by the configuration. */
const OTHERS = [
  'SAGUARO_CONFIG',
  'SAGUARO_COMMUNITY',
  'SAGUARO_AUTH_KEY',
  'SAGUARO_PRIV_KEY',
  'SAGUARO_NODE_FLAGS',
  'SAGUARO_LONG',
  'SAGUARO_SOAK_MINUTES',
  'SAGUARO_SEED',
];
/** Set by container platforms for a service of this name; nobody wrote them by hand. */
const PLATFORM = /^SAGUARO_(SERVICE_|PORT(_|$))/;

export interface FromEnvironment {
  readonly value: Partial<ConfigFile>;
  /** Which variable decided a key. */
  readonly variableOf: Readonly<Record<string, string>>;
  readonly errors: readonly ConfigError[];
}

export function fromEnvironment(env: Environment): FromEnvironment {
  const value: Record<string, unknown> = {};
  const variableOf: Record<string, string> = {};
  const errors: ConfigError[] = [];
  const take = (key: keyof ConfigFile, entry: unknown, variable: string) => {
    const before = value[key];
    value[key] = PARTS.includes(key) ? { ...(before as object | undefined), ...(entry as object) } : entry;
    variableOf[key] = variable;
  };
  for (const { variable, key, read } of OVERRIDES) {
    const fileVariable = `${variable}_FILE`;
    const file = SECRETS.has(variable) ? env[fileVariable] : undefined;
    const text = env[variable];
    if (file !== undefined && file !== '') {
      if (text !== undefined && text !== '') {
        errors.push({ file: null, line: null, key: variable, text: `and ${fileVariable} are both set; keep one of them` });
      }
      const secret = readSecretFile(file);
      if (typeof secret !== 'string') errors.push({ file: null, line: null, key: fileVariable, text: secret.text });
      else take(key, read(secret), fileVariable);
    } else if (text !== undefined && text !== '') {
      const entry = read(text);
      const faults = explain(ConfigFile.properties[key], entry, []);
      errors.push(...faults.slice(0, 1).map((fault) => ({ file: null, line: null, key: variable, text: fault.text })));
      if (faults.length === 0) take(key, entry, variable);
    }
  }
  return { value: value, variableOf, errors };
}

/** A warning for each SAGUARO_* variable that decides nothing. */
export function unknownVariables(env: Environment): string[] {
  const known = [...OVERRIDE_VARIABLES, ...OTHERS, ...[...SECRETS].map((name) => `${name}_FILE`)];
  return Object.keys(env)
    .filter((name) => name.startsWith('SAGUARO_') && !known.includes(name) && !PLATFORM.test(name))
    .map((name) => {
      const near = nearest(name, known);
      return `the environment variable ${name} decides nothing${near ? `; did you mean ${near}?` : ''}`;
    });
}

function readSecretFile(path: string): string | { text: string } {
  try {
    const text = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    return text === '' ? { text: `names ${path}, which is empty` } : text;
  } catch (cause) {
    return { text: `names ${path}, which cannot be read (${codeOf(cause)})` };
  }
}
