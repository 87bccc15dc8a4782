import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { afterAll, describe, expect, test } from 'vitest';
import { formatConfigError, loadConfig, type Config, type Environment } from '../config.ts';
import { parseDuration } from '../config/duration.ts';
import { OVERRIDE_VARIABLES } from '../config/environment.ts';
import { ConfigFile } from '../config/schema.ts';

const ROOT = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'saguaro-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
function write(text: string): string {
  const path = join(folder, `c${count++}.yaml`);
  writeFileSync(path, text);
  return path;
}
function load(text: string, env: Environment = {}): Config {
  const loaded = loadConfig({ path: write(text), env, home: folder });
  if (!loaded.ok) throw new Error(loaded.errors.map(formatConfigError).join('\n'));
  return loaded.config;
}
function faults(text: string, env: Environment = {}): string[] {
  const path = write(text);
  const loaded = loadConfig({ path, env, home: folder });
  return loaded.ok ? [] : loaded.errors.map((error) => formatConfigError(error).replace(path, 'f'));
}

describe('without a file', () => {
  test('everything has a default', () => {
    const loaded = loadConfig({ path: null, env: {}, home: folder });
    expect(loaded).toMatchObject({
      ok: true,
      config: {
        dataDir: join(folder, 'data'),
        server: { host: '127.0.0.1', port: 8080, publicUrl: null, basePath: '', adminPassword: null },
        intervalMs: 60_000,
        thisMachine: { name: null, intervalMs: 10_000, snmp: true },
        devices: [],
        discoveryNetworks: [],
        warnings: [],
      },
    });
  });
});

describe('faults are named with file, line and key', () => {
  test.each<[string, string, string]>([
    ['an unknown key', 'listne: 127.0.0.1:1', 'f:1: listne is not a known key; did you mean listen?'],
    [
      'an unknown key of a device',
      'devices:\n  - name: a\n    address: h\n    ping: true\n    intervall: 10s',
      'f:5: devices[0].intervall is not a known key; did you mean interval?',
    ],
    ['an unknown key like no other', 'retention:\n  zzz: 1d', 'f:2: retention.zzz is not a known key; known are raw, 5m, 1h, 1d'],
    ['a number without a unit', 'interval: 10', 'f:1: interval must be a time with its unit, such as 10s, 5m, 1h or 14d'],
    ['an interval too short', '\ninterval: 10ms', 'f:2: interval must be from 1s to 1d'],
    ['an interval too long', 'thisMachine:\n  interval: 2d', 'f:2: thisMachine.interval must be from 1s to 1d'],
    ['a name missing', 'devices:\n  - address: h\n    ping: true', 'f:2: devices[0] needs the key name'],
    [
      'a name with a slash',
      'devices:\n  - name: a/b\n    address: h\n    ping: true',
      'f:2: devices[0].name must be a name of at most 128 characters without /',
    ],
    [
      'an address that is an option',
      'devices:\n  - name: a\n    address: -f\n    ping: true',
      'f:3: devices[0].address must be a host name or an IP address',
    ],
    [
      'an address with a port',
      'devices:\n  - name: a\n    address: 192.0.2.1:1161\n    ping: true',
      'f:3: devices[0].address must not hold a port; give it as snmp.port',
    ],
    [
      'a misspelt way to ask, without what follows from it',
      'devices:\n  - name: a\n    address: h\n    snpm: {community: x}',
      'f:4: devices[0].snpm is not a known key; did you mean snmp?',
    ],
    [
      'an entry of a list, without what follows from it',
      'trustedProxies: [1, 10.0.0.0/8]',
      'f:1: trustedProxies[0] must be an IP address or a network such as 10.0.0.0/8',
    ],
    [
      'a device that is none',
      'devices:\n  - 5\n  - {name: a, address: h, ping: true}',
      'f:2: devices[0] must have keys of its own',
    ],
    [
      'no way to ask',
      'devices:\n  - name: a\n    address: h',
      'f:2: devices[0] does not say how it is asked; give it snmp, or ping: true',
    ],
    [
      'a name used twice',
      'devices:\n  - {name: a, address: h, ping: true}\n  - {name: a, address: i, ping: true}',
      'f:3: devices[1].name "a" is the name of devices[0] already; names are unique',
    ],
    ['devices that are no list', 'devices: switch', 'f:1: devices must be a list; begin each entry with "- "'],
    ['a list where keys belong', 'retention: [1d]', 'f:1: retention must have keys of its own: raw, 5m, 1h, 1d'],
    [
      'a v2c key on v3',
      'devices:\n  - name: a\n    address: h\n    snmp: {version: 3, user: u, community: x}',
      'f:4: devices[0].snmp.community does not belong to SNMP version 3',
    ],
    [
      'a v3 key on v2c',
      'devices:\n  - name: a\n    address: h\n    snmp: {version: 2c, user: u}',
      'f:4: devices[0].snmp.user does not belong to SNMP version 2c',
    ],
    [
      'v3 without a user',
      'devices:\n  - name: a\n    address: h\n    snmp: {version: 3}',
      'f:4: devices[0].snmp needs the key user for SNMP version 3',
    ],
    [
      'auth without a key',
      'devices:\n  - name: a\n    address: h\n    snmp: {user: u, auth: sha}',
      'f:4: devices[0].snmp needs both auth and authKey, or neither',
    ],
    [
      'a short key',
      'devices:\n  - name: a\n    address: h\n    snmp: {user: u, auth: sha, authKey: short}',
      'f:4: devices[0].snmp.authKey must have at least 8 characters',
    ],
    [
      'an SNMP port out of range',
      'devices:\n  - name: a\n    address: h\n    snmp: {port: 70000}',
      'f:4: devices[0].snmp.port must be a port, 1 to 65535',
    ],
    [
      'a listen address without a port',
      'listen: localhost',
      'f:1: listen must be host:port, such as 127.0.0.1:8080 or [::1]:8080',
    ],
    ['a port out of range', 'listen: 127.0.0.1:99999', 'f:1: listen must be host:port, such as 127.0.0.1:8080 or [::1]:8080'],
    ['a time zone that is none', 'timeZone: Mars/Base', 'f:1: timeZone must be a time zone such as Europe/Paris or UTC'],
    [
      'a proxy that is none',
      'trustedProxies: [10.0.0.0/33]',
      'f:1: trustedProxies[0] must be an IP address or a network such as 10.0.0.0/8',
    ],
    [
      'a network to search that is none',
      'discovery:\n  networks: [10.0.0.0/8, roof]',
      'f:2: discovery.networks[1] must be a network such as 192.0.2.0/24',
    ],
    ['a short password', 'adminPassword: short', 'f:1: adminPassword must have at least 8 characters'],
    [
      'a variable not set',
      'adminPassword: {env: NOT_SET}',
      'f:1: adminPassword wants the environment variable NOT_SET, which is not set',
    ],
    ['a retention too short', 'retention:\n  raw: 1m', 'f:2: retention.raw must be at least 1h'],
    ['a key twice', 'log: json\nlog: pretty', 'f:2: the file is not valid YAML: map keys must be unique'],
    ['broken YAML', 'devices:\n  - name: "a', 'f:2: the file is not valid YAML: missing closing "quote'],
    ['a text as the whole file', 'hello', 'f:1: the file must have keys of its own'],
    ['a nothing', 'listen:', 'f:1: listen must be host:port, such as 127.0.0.1:8080; nothing is written here'],
  ])('%s', (_what, text, expected) => {
    const found = faults(text);
    expect(found).toHaveLength(1);
    expect(found[0]?.startsWith(expected), found[0]).toBe(true);
  });

  test('several faults are all reported', () => {
    expect(faults('listne: 1\nintervl: 1\nlog: loud')).toHaveLength(3);
  });

  test('faults of form do not hide the others', () => {
    const text = [
      'listen: 8080x',
      'timeZone: Mars/X',
      'devices:',
      '  - {name: a, snmp: {community: {env: NOT_SET}}}',
      '  - {name: b, address: h, intervall: 5s, snmp: {community: {file: nowhere}}}',
      '  - {name: c, address: h, interval: 5d, ping: true}',
      '  - {name: a, address: h, ping: true}',
    ].join('\n');
    expect(faults(text).sort()).toEqual([
      'f:1: listen must be host:port, such as 127.0.0.1:8080 or [::1]:8080',
      'f:2: timeZone must be a time zone such as Europe/Paris or UTC',
      'f:4: devices[0] needs the key address',
      'f:4: devices[0].snmp.community wants the environment variable NOT_SET, which is not set',
      'f:5: devices[1].intervall is not a known key; did you mean interval?',
      'f:5: devices[1].snmp.community wants the secret in nowhere, which cannot be read (there is no such file)',
      'f:6: devices[2].interval must be from 1s to 1d',
      'f:7: devices[3].name "a" is the name of devices[0] already; names are unique',
    ]);
  });

  test('a secret file that is missing, and the secret is never in a message', () => {
    expect(faults('adminPassword: {file: nowhere}')).toEqual([
      'f:1: adminPassword wants the secret in nowhere, which cannot be read (there is no such file)',
    ]);
    expect(faults('adminPassword: {file: a, secret: hunter22}').join()).not.toContain('hunter22');
  });

  test('a file that does not exist', () => {
    const loaded = loadConfig({ path: join(folder, 'none.yaml'), env: {}, home: folder });
    expect(loaded).toMatchObject({ ok: false });
    if (!loaded.ok)
      expect(formatConfigError(loaded.errors[0]!)).toMatch(/none\.yaml: the file cannot be read \(there is no such file\)/);
  });
});

describe('secrets', () => {
  test('from a file beside the configuration, from the environment, or written out', () => {
    writeFileSync(join(folder, 'community.txt'), 'from-file\n');
    const config = load(
      'devices:\n' +
        '  - {name: a, address: h, snmp: {community: {file: community.txt}}}\n' +
        '  - {name: b, address: h, snmp: {community: {env: COMMUNITY_B}}}\n' +
        '  - {name: c, address: h, snmp: {community: inline}}\n' +
        '  - {name: d, address: h, snmp: {}}\n',
      { COMMUNITY_B: 'from-env' },
    );
    expect(config.devices.map((device) => device.secret?.community)).toEqual(['from-file', 'from-env', 'inline', 'public']);
  });
});

describe('devices', () => {
  test('v3 by its user, with protocols, keys and settings', () => {
    const config = load(
      'interval: 5m\ndevices:\n  - name: r\n    address: 192.0.2.9\n    ping: true\n    site: Paris\n    tags: [core]\n' +
        '    snmp: {user: u, auth: sha256, authKey: authauth, priv: aes, privKey: privpriv, timeout: 500ms, retries: 3, port: 1161}',
    );
    expect(config.devices[0]).toEqual({
      name: 'r',
      address: '192.0.2.9',
      intervalMs: 300_000,
      site: 'Paris',
      tags: ['core'],
      sources: [
        {
          type: 'snmp',
          version: '3',
          port: 1161,
          timeoutMs: 500,
          retries: 3,
          user: 'u',
          auth: 'sha256',
          priv: 'aes',
          secret: '',
        },
        { type: 'ping' },
      ],
      secret: { authKey: 'authauth', privKey: 'privpriv' },
    });
  });
});

describe('environment', () => {
  test('overrides the file', () => {
    const config = load('listen: 127.0.0.1:1\nallowedHosts: [a]', {
      SAGUARO_LISTEN: '[::1]:9000',
      SAGUARO_DATA: folder,
      SAGUARO_ALLOWED_HOSTS: 'b, c',
      SAGUARO_ADMIN_PASSWORD: 'long enough',
      SAGUARO_TIME_ZONE: 'Europe/Paris',
    });
    expect(config.server).toMatchObject({
      host: '::1',
      port: 9000,
      allowedHosts: ['b', 'c'],
      adminPassword: 'long enough',
      zone: 'Europe/Paris',
    });
    expect(config.dataDir).toBe(folder);
  });

  test('networks to search, with commas; a fault names the variable', () => {
    const networks = (text: string) => load('', { SAGUARO_DISCOVERY_NETWORKS: text }).discoveryNetworks;
    expect(networks('10.1.0.0/16, 192.0.2.7,2001:db8::/64')).toEqual(['10.1.0.0/16', '192.0.2.7', '2001:db8::/64']);
    expect(load('discovery: {networks: [10.0.0.0/8]}').discoveryNetworks).toEqual(['10.0.0.0/8']);
    expect(faults('', { SAGUARO_DISCOVERY_NETWORKS: '10.0.0.0/99' })).toEqual([
      'SAGUARO_DISCOVERY_NETWORKS: discovery.networks[0] must be a network such as 192.0.2.0/24',
    ]);
  });

  test('a password from a file, as containers hand them over', () => {
    writeFileSync(join(folder, 'password'), 'from a file\n');
    expect(load('', { SAGUARO_ADMIN_PASSWORD_FILE: join(folder, 'password') }).server.adminPassword).toBe('from a file');
  });

  test.each([
    [{ SAGUARO_LISTEN: 'nonsense' }, 'SAGUARO_LISTEN: listen must be host:port, such as 127.0.0.1:8080 or [::1]:8080'],
    [{ SAGUARO_LOG: 'loud' }, 'SAGUARO_LOG must be pretty or json'],
    [
      { SAGUARO_ADMIN_PASSWORD_FILE: '/nowhere/at/all' },
      'SAGUARO_ADMIN_PASSWORD_FILE names /nowhere/at/all, which cannot be read (there is no such file)',
    ],
    [
      { SAGUARO_ADMIN_PASSWORD: 'x'.repeat(9), SAGUARO_ADMIN_PASSWORD_FILE: 'y' },
      'SAGUARO_ADMIN_PASSWORD and SAGUARO_ADMIN_PASSWORD_FILE are both set; keep one of them',
    ],
  ])('%o is refused in words', (env, expected) => {
    expect(faults('', env)).toContain(expected);
  });

  test('a misspelt variable is a warning; what a container platform sets is none', () => {
    expect(load('', { SAGUARO_LISTN: 'x', SAGUARO_PORT_8080_TCP: 'x', SAGUARO_SERVICE_HOST: 'x' }).warnings).toEqual([
      'the environment variable SAGUARO_LISTN decides nothing; did you mean SAGUARO_LISTEN?',
    ]);
  });
});

describe('a folder of files', () => {
  const write2 = (name: string, files: Record<string, string>) => {
    const path = join(folder, name);
    mkdirSync(path);
    for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text);
    return path;
  };

  test('joins lists and keeps the order of names', () => {
    const path = write2('merge', {
      '10.yaml': 'devices:\n  - {name: a, address: h, ping: true}',
      '20.yml': 'log: json\ndevices:\n  - {name: b, address: h, ping: true}',
      'notes.txt': 'no: yaml: here',
    });
    const loaded = loadConfig({ path, env: {}, home: folder });
    expect(loaded.ok && loaded.config.devices.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(loaded.ok && loaded.config.log).toBe('json');
  });

  test('the same key in two files is refused; a fault names its own file and line', () => {
    const path = write2('clash', {
      '10.yaml': 'log: json\ndevices:\n  - {name: a, address: h, ping: true}',
      '20.yaml': '# second\nlog: json\ndevices:\n  - {name: b, address: h, ping: true}\n  - {name: a, address: h, ping: true}',
    });
    const loaded = loadConfig({ path, env: {}, home: folder });
    expect(!loaded.ok && loaded.errors.map(formatConfigError)).toEqual([
      `${join(path, '20.yaml')}:2: log stands in ${join(path, '10.yaml')} too; keep it in one of them`,
      `${join(path, '20.yaml')}:5: devices[2].name "a" is the name of devices[0] already; names are unique`,
    ]);
  });
});

describe('publicUrl and basePath', () => {
  test.each([
    ['publicUrl: https://a.example/saguaro/', '/saguaro', 'https://a.example/saguaro'],
    ['publicUrl: https://a.example', '', 'https://a.example'],
    ['publicUrl: https://a.example/x\nbasePath: /y/', '/y', 'https://a.example/x'],
    ['basePath: /', '', null],
  ])('%s', (text, basePath, publicUrl) => {
    expect(load(text).server).toMatchObject({ basePath, publicUrl });
  });
});

describe('config.example.yaml', () => {
  const text = readFileSync(join(ROOT, 'config.example.yaml'), 'utf8');
  const env = {
    EXAMPLE_ADMIN_PASSWORD: 'correct horse',
    EXAMPLE_COMMUNITY: 'public',
    ...{ EXAMPLE_AUTH_KEY: 'authentication', EXAMPLE_PRIV_KEY: 'privacy-key' },
    ...{ EXAMPLE_INFLUXDB_TOKEN: 'token', EXAMPLE_VICTORIAMETRICS_TOKEN: 'token' },
  };

  test('is valid', () => {
    const loaded = loadConfig({ path: join(ROOT, 'config.example.yaml'), env, home: ROOT });
    expect(loaded.ok ? [] : loaded.errors.map(formatConfigError)).toEqual([]);
  });

  test('names every key and every variable', () => {
    const example = parse(text) as Record<string, unknown>;
    const keysOf = (schema: unknown): string[] =>
      Object.entries((schema as { properties?: Record<string, unknown> }).properties ?? {}).flatMap(([key, inner]) => [
        key,
        ...keysOf(inner),
      ]);
    expect(Object.keys(example).sort()).toEqual(Object.keys(ConfigFile.properties).sort());
    for (const key of keysOf(ConfigFile)) expect(text).toMatch(new RegExp(`^[\\s-]*${key}:`, 'm'));
    for (const key of keysOf((ConfigFile.properties.devices as unknown as { items: unknown }).items)) {
      expect(text, key).toMatch(new RegExp(`^[\\s-]*${key}:`, 'm'));
    }
    for (const variable of OVERRIDE_VARIABLES) expect(text).toContain(variable);
  });
});

describe('small parts', () => {
  test.each<[string, number | null]>([
    ['10s', 10_000],
    ['1.5h', 5_400_000],
    ['500ms', 500],
    ['14d', 14 * 86_400_000],
    ['5y', 5 * 366 * 86_400_000],
    ['2w', 14 * 86_400_000],
    ['10', null],
    ['-1s', null],
    ['1e3s', null],
    ['s', null],
    ['10 s', null],
  ])('duration %s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });
});
