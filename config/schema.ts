/** Everything that may stand in a configuration file. `says` finishes the sentence "must be …". */
import { Type, type Static, type TSchema } from 'typebox';
import { DURATION_PATTERN } from './duration.ts';
import { CapacityPart } from './capacity-schema.ts';
import { REVIEW_ENTRIES_MAX, ReviewEntry } from './review-schema.ts';

declare module 'typebox' {
  interface TSchemaOptions {
    says?: string;
  }
}

const Opt = <T extends TSchema>(schema: T) => Type.Optional(schema);
const closed = { additionalProperties: false };
const Text = (maxLength: number, says = `a text of at most ${maxLength} characters`) =>
  Type.String({ minLength: 1, maxLength, says });
const Flag = Type.Boolean({ says: 'true or false' });
const Duration = Type.String({ pattern: DURATION_PATTERN, says: 'a time with its unit, such as 10s, 5m, 1h or 14d' });
const Retention = Type.String({
  pattern: `${DURATION_PATTERN}|^forever$`,
  says: 'a time with its unit, such as 14d or 5y, or forever',
});
const Texts = (says: string) => Type.Array(Type.String({ minLength: 1, maxLength: 255, says }), { maxItems: 256 });

/** A secret itself, or where to find it. */
export const SecretRef = Type.Union(
  [Type.String({ minLength: 1 }), Type.Object({ env: Type.String() }, closed), Type.Object({ file: Type.String() }, closed)],
  {
    says: 'a text in quotes, {env: NAME} or {file: PATH}',
  },
);
export type SecretRef = Static<typeof SecretRef>;

const Snmp = Type.Object(
  {
    version: Opt(Type.Enum(['1', '2c', '3', 1, 3], { says: '1, 2c or 3' })),
    port: Opt(Type.Integer({ minimum: 1, maximum: 65535, says: 'a port, 1 to 65535' })),
    timeout: Opt(Duration),
    retries: Opt(Type.Integer({ minimum: 0, maximum: 5, says: 'a number from 0 to 5' })),
    community: Opt(SecretRef),
    user: Opt(Text(64)),
    auth: Opt(
      Type.Enum(['md5', 'sha', 'sha224', 'sha256', 'sha384', 'sha512'], { says: 'md5, sha, sha224, sha256, sha384 or sha512' }),
    ),
    authKey: Opt(SecretRef),
    priv: Opt(Type.Enum(['des', 'aes', 'aes256b', 'aes256r'], { says: 'des, aes, aes256b or aes256r' })),
    privKey: Opt(SecretRef),
  },
  closed,
);
export type SnmpEntry = Static<typeof Snmp>;

const DeviceEntry = Type.Object(
  {
    name: Type.String({ pattern: '^[^/\\u0000-\\u001f\\u007f]{1,128}$', says: 'a name of at most 128 characters without /' }),
    address: Type.String({ pattern: '^[A-Za-z0-9:][A-Za-z0-9._:%-]{0,254}$', says: 'a host name or an IP address' }),
    interval: Opt(Duration),
    site: Opt(Text(128)),
    tags: Opt(Type.Array(Text(64), { maxItems: 32 })),
    ping: Opt(Flag),
    snmp: Opt(Snmp),
  },
  closed,
);
export type DeviceEntry = Static<typeof DeviceEntry>;

const Address = Type.String({ pattern: '^https?://[^\\s/?#]+[^\\s]*$', says: 'an address such as http://127.0.0.1:8086' });
const Prefix = Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_]{0,31}$', says: 'letters, digits and _, beginning with a letter' });
const VictoriaTier = Type.Object({ writeUrl: Address, readUrl: Address }, closed);
const InfluxEntry = Type.Object(
  {
    url: Opt(Address),
    token: Opt(SecretRef),
    org: Opt(Text(128)),
    version: Opt(Type.Enum(['auto', '1', '2', '3', 1, 2, 3], { says: 'auto, 1, 2 or 3' })),
    prefix: Opt(Prefix),
    timeout: Opt(Duration),
  },
  closed,
);
const VictoriaEntry = Type.Object(
  {
    writeUrl: Opt(Address),
    readUrl: Opt(Address),
    deleteUrl: Opt(Address),
    token: Opt(SecretRef),
    prefix: Opt(Prefix),
    timeout: Opt(Duration),
    tiers: Opt(
      Type.Object({ raw: Opt(VictoriaTier), '5m': Opt(VictoriaTier), '1h': Opt(VictoriaTier), '1d': Opt(VictoriaTier) }, closed),
    ),
  },
  closed,
);
const Size = Type.String({
  pattern: '^\\d+(\\.\\d+)?\\s*(KiB|MiB|GiB|TiB)$',
  says: 'a size with its unit, such as 512MiB or 10GiB',
});

export const ConfigFile = Type.Object(
  {
    data: Opt(Text(4096)),
    listen: Opt(Type.String({ minLength: 1, maxLength: 300, says: 'host:port, such as 127.0.0.1:8080' })),
    publicUrl: Opt(
      Type.String({ pattern: '^https?://[^\\s/?#]+[^\\s?#]*$', says: 'an address such as https://graphs.example.org' }),
    ),
    basePath: Opt(Type.String({ pattern: '^/([A-Za-z0-9._~-]+(/[A-Za-z0-9._~-]+)*/?)?$', says: 'a path such as / or /saguaro' })),
    trustedProxies: Opt(Texts('an IP address or a network such as 10.0.0.0/8')),
    allowedHosts: Opt(Texts('a host name')),
    adminPassword: Opt(SecretRef),
    timeZone: Opt(Text(64)),
    log: Opt(Type.Enum(['pretty', 'json'], { says: 'pretty or json' })),
    profiles: Opt(Text(4096)),
    dashboards: Opt(Text(4096)),
    interval: Opt(Duration),
    snmpEngine: Opt(Type.Enum(['own', 'net-snmp'], { says: 'own or net-snmp' })),
    store: Opt(Type.Enum(['embedded', 'influxdb', 'victoriametrics'], { says: 'embedded, influxdb or victoriametrics' })),
    influxdb: Opt(InfluxEntry),
    victoriametrics: Opt(VictoriaEntry),
    spool: Opt(Type.Object({ maxBytes: Opt(Size), maxAge: Opt(Duration) }, closed)),
    retention: Opt(
      Type.Object({ raw: Opt(Retention), '5m': Opt(Retention), '1h': Opt(Retention), '1d': Opt(Retention) }, closed),
    ),
    thisMachine: Opt(
      Type.Object({ poll: Opt(Flag), name: Opt(DeviceEntry.properties.name), interval: Opt(Duration), snmp: Opt(Flag) }, closed),
    ),
    discovery: Opt(Type.Object({ networks: Opt(Texts('a network such as 192.0.2.0/24')) }, closed)),
    reviews: Opt(Type.Array(ReviewEntry, { maxItems: REVIEW_ENTRIES_MAX })),
    capacity: Opt(CapacityPart),
    devices: Opt(Type.Array(DeviceEntry, { maxItems: 100_000 })),
  },
  closed,
);
export type ConfigFile = Static<typeof ConfigFile>;
