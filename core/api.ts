/**
 * Shapes of the HTTP API: one source for validation, types and OpenAPI. Fields named …Ms are
 * UTC milliseconds or durations in milliseconds; `t`, `from`, `to`, `step` are Unix seconds.
 */
import { Type, type Static, type TSchema } from 'typebox';
import { DEVICE_KINDS } from './kind.ts';
import { INTERVAL_MAX_MS, INTERVAL_MIN_MS } from './model.ts';

const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Text = (maxLength: number) => Type.String({ maxLength });

export { StatusView, type CollectorView, type DestinationView } from './status.ts';

export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    /** One sentence: what is wrong and what to do. */
    detail: Type.String(),
    errors: Type.Optional(Type.Array(Type.Object({ path: Type.String(), message: Type.String() }))),
  },
  { $id: 'Problem' },
);
export type Problem = Static<typeof Problem>;

export const Facts = Type.Object({
  sysName: Type.String(),
  sysDescr: Type.String(),
  sysObjectId: Type.String(),
  sysLocation: Type.String(),
  sysContact: Type.String(),
});

const Version = Type.Enum(['1', '2c', '3']);
const Auth = Type.Enum(['md5', 'sha', 'sha224', 'sha256', 'sha384', 'sha512']);
const Priv = Type.Enum(['des', 'aes', 'aes256b', 'aes256r']);

export const SnmpInput = Type.Object(
  {
    version: Type.Optional(Version),
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65535 })),
    timeoutMs: Type.Optional(Type.Integer({ minimum: 100, maximum: 60_000 })),
    retries: Type.Optional(Type.Integer({ minimum: 0, maximum: 5 })),
    community: Type.Optional(Text(255)),
    user: Type.Optional(Text(64)),
    auth: Type.Optional(Auth),
    authKey: Type.Optional(Text(255)),
    priv: Type.Optional(Priv),
    privKey: Type.Optional(Text(255)),
  },
  { additionalProperties: false },
);
export type SnmpInput = Static<typeof SnmpInput>;

/** What a person gives to add a device, or to try one. Secrets go in, they never come out. */
export const DeviceInput = Type.Object(
  {
    address: Type.String({ minLength: 1, maxLength: 255 }),
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
    snmp: Type.Optional(SnmpInput),
    ping: Type.Optional(Type.Boolean()),
    intervalMs: Type.Optional(Type.Integer({ minimum: INTERVAL_MIN_MS, maximum: INTERVAL_MAX_MS })),
    site: Type.Optional(Text(128)),
    tags: Type.Optional(Type.Array(Text(64), { maxItems: 32 })),
    /** Add it even if it does not answer now. */
    force: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
export type DeviceInput = Static<typeof DeviceInput>;

/** What is not given stays as it is; null takes something away. */
export const DeviceChange = Type.Partial(
  Type.Object({
    ...Type.Omit(DeviceInput, ['force', 'snmp']).properties,
    snmp: Nullable(
      Type.Object(
        { ...SnmpInput.properties, auth: Type.Optional(Nullable(Auth)), priv: Type.Optional(Nullable(Priv)) },
        { additionalProperties: false },
      ),
    ),
  }),
  { additionalProperties: false },
);
export type DeviceChange = Static<typeof DeviceChange>;

export const DeviceView = Type.Object({
  id: Type.String(),
  name: Type.String(),
  address: Type.String(),
  /** "local", "snmp 2c", "ping": how it is asked. */
  sources: Type.Array(Type.String()),
  /** How it is asked by SNMP, without anything secret; null when it is not. */
  snmp: Nullable(
    Type.Object({
      version: Version,
      port: Type.Integer(),
      timeoutMs: Type.Integer(),
      retries: Type.Integer(),
      user: Nullable(Type.String()),
      auth: Nullable(Auth),
      priv: Nullable(Priv),
    }),
  ),
  ping: Type.Boolean(),
  intervalMs: Type.Integer(),
  site: Type.String(),
  tags: Type.Array(Type.String()),
  origin: Type.Enum(['catalog', 'config', 'self', 'import']),
  /** What kind of device it is: told by a tag, else guessed. */
  kind: Type.Enum([...DEVICE_KINDS]),
  facts: Facts,
  createdMs: Type.Number(),
  /** When the first of its parts was seen, or the first imported sample; null before discovery. */
  historySinceMs: Nullable(Type.Number()),
  state: Type.Enum(['up', 'down', 'stale', 'new', 'not polled']),
  /** One sentence when not up. */
  reason: Type.String(),
  sinceMs: Type.Number(),
  lastPollMs: Nullable(Type.Number()),
  lastOkMs: Nullable(Type.Number()),
  pollMs: Nullable(Type.Number()),
  uptimeS: Nullable(Type.Number()),
  /** Instances of each kind: {"interface": 4, "disk": 2}. */
  counts: Type.Record(Type.String(), Type.Integer()),
});
export type DeviceView = Static<typeof DeviceView>;

export const InstanceView = Type.Object({
  id: Type.String(),
  device: Type.String(),
  kind: Type.String(),
  key: Type.String(),
  name: Type.String(),
  alias: Type.String(),
  capacity: Nullable(Type.Number()),
  metrics: Type.Array(Type.Object({ name: Type.String(), unit: Type.String() })),
  firstSeenMs: Type.Number(),
  lastSeenMs: Type.Number(),
  vanishedMs: Nullable(Type.Number()),
});
export type InstanceView = Static<typeof InstanceView>;

export const SeriesView = Type.Object({
  /** device/instance/metric, with ids. */
  series: Type.String(),
  /** device/instance/metric, with names; accepted wherever a series is asked for. */
  name: Type.String(),
  device: Type.String(),
  instance: Type.String(),
  metric: Type.String(),
  unit: Type.String(),
  latest: Nullable(Type.Object({ t: Type.Number(), value: Nullable(Type.Number()) })),
});
export type SeriesView = Static<typeof SeriesView>;

/** Answer of a query for one series: the same from the API, `saguaro query --json` and exports. */
export const SeriesData = Type.Object({
  series: Type.String(),
  unit: Type.String(),
  /** raw | 5m | 1h | 1d: where the bins come from. */
  tier: Type.String(),
  /** Width of a bin in seconds; for raw the nominal interval. */
  step: Type.Number(),
  /** Seconds between readings; where it exceeds step, neighbouring bins repeat one reading. */
  interval: Type.Number(),
  bins: Type.Array(
    Type.Object({
      /** Start of the bin in Unix seconds; for raw the moment of the reading, which ends what it describes. */
      t: Type.Number(),
      mean: Nullable(Type.Number()),
      min: Nullable(Type.Number()),
      max: Nullable(Type.Number()),
      /** Known fraction of the bin, 0–1. */
      known: Type.Number(),
    }),
  ),
});
export type SeriesData = Static<typeof SeriesData>;

export const EventView = Type.Object({
  id: Type.Integer(),
  kind: Type.String(),
  device: Nullable(Type.String()),
  deviceName: Nullable(Type.String()),
  instance: Nullable(Type.String()),
  cause: Nullable(Type.String()),
  text: Type.String(),
  fromMs: Type.Number(),
  toMs: Nullable(Type.Number()),
});
export type EventView = Static<typeof EventView>;

export const PreviewView = Type.Object({
  ok: Type.Boolean(),
  /** One sentence: what answered, or what is wrong and what to do. */
  text: Type.String(),
  cause: Type.Optional(Type.String()),
  facts: Type.Optional(Facts),
  roundTripMs: Type.Optional(Type.Number()),
  instances: Type.Optional(
    Type.Array(
      Type.Object({
        kind: Type.String(),
        key: Type.String(),
        name: Type.String(),
        alias: Type.String(),
        capacity: Nullable(Type.Number()),
        metrics: Type.Array(Type.String()),
      }),
    ),
  ),
  notes: Type.Optional(Type.Array(Type.String())),
});
export type PreviewView = Static<typeof PreviewView>;

export const DeviceAdded = Type.Object({ device: DeviceView, preview: PreviewView });
export type DeviceAdded = Static<typeof DeviceAdded>;

/** A changed device, and how it answered with its new settings; null when it is not asked. */
export const DeviceChanged = Type.Object({ ...DeviceView.properties, preview: Nullable(PreviewView) });
export type DeviceChanged = Static<typeof DeviceChanged>;

/** What is searched, and how: SNMP v2c with the community "public" when nothing is said. */
export const DiscoveryInput = Type.Object(
  {
    /** "192.0.2.0/24", "192.0.2.10-192.0.2.20", "192.0.2.10-20" or one address. */
    range: Type.String({ minLength: 1, maxLength: 100 }),
    snmp: Type.Optional(SnmpInput),
    /** Asks by ping as well; without `snmp`, by ping only. */
    ping: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
export type DiscoveryInput = Static<typeof DiscoveryInput>;

export const FoundDevice = Type.Object({
  address: Type.String(),
  /** False: something is there, but it does not answer these credentials. */
  ok: Type.Boolean(),
  /** One sentence: what answered, or what is wrong and what to do. */
  text: Type.String(),
  /** What it calls itself, or ''. */
  name: Type.String(),
  description: Type.String(),
  /** The device that has this address and port already. */
  known: Nullable(Type.Object({ id: Type.String(), name: Type.String() })),
});
export type FoundDevice = Static<typeof FoundDevice>;

export const DiscoveryView = Type.Object({
  id: Type.String(),
  /** First and last address: "192.0.2.1-192.0.2.254". */
  range: Type.String(),
  state: Type.Enum(['running', 'done', 'stopped']),
  /** One sentence when it ended before all were asked, else ''. */
  reason: Type.String(),
  asked: Type.Integer(),
  total: Type.Integer(),
  /** In the order of their addresses. */
  found: Type.Array(FoundDevice),
  startedMs: Type.Number(),
});
export type DiscoveryView = Static<typeof DiscoveryView>;

/** The searches of this server, the newest first, and where it may search. */
export const DiscoveryList = Type.Object({
  items: Type.Array(DiscoveryView),
  nextCursor: Type.Null(),
  networks: Type.Array(Type.String()),
});
export type DiscoveryList = Static<typeof DiscoveryList>;

export const PollResult = Type.Object({ ok: Type.Boolean(), text: Type.String(), samples: Type.Integer() });
export type PollResult = Static<typeof PollResult>;

export const GraphRefView = Type.Object({
  id: Type.String(),
  title: Type.String(),
  subtitle: Type.String(),
  family: Type.String(),
  device: Type.String(),
  instance: Nullable(Type.String()),
  rank: Type.Enum(['main', 'detail']),
});

/** What is wrong in a file, and where: the text finishes the sentence that begins with the key. */
export const DashboardFaultView = Type.Object({
  file: Type.String(),
  line: Nullable(Type.Integer()),
  /** '' = the file as a whole. */
  key: Type.String(),
  text: Type.String(),
});
export type DashboardFaultView = Static<typeof DashboardFaultView>;

export const DashboardView = Type.Object({
  /** File name without extension. */
  id: Type.String(),
  title: Type.String(),
  about: Type.String(),
  file: Type.String(),
  /** From the user's own folder. */
  own: Type.Boolean(),
  /** Made on the page, and may be changed there. */
  kept: Type.Boolean(),
  /** It stands in the place of a shipped one of the same name. */
  replaces: Type.Boolean(),
  /** Entries of the file that are sound. */
  graphs: Type.Integer(),
  faults: Type.Array(DashboardFaultView),
});
export type DashboardView = Static<typeof DashboardView>;

export const DashboardGraphView = Type.Object({
  ...GraphRefView.properties,
  width: Type.Enum(['normal', 'wide']),
  /** Instances it shows; 0 = its data says what was looked for. */
  matched: Type.Integer(),
});
export type DashboardGraphView = Static<typeof DashboardGraphView>;

export const DashboardDetail = Type.Object({
  ...Type.Omit(DashboardView, ['graphs']).properties,
  /** Graphs in their order; one built-in graph for each match where the file repeats. */
  graphs: Type.Array(DashboardGraphView),
  /** Matches beyond the 200 graphs that are given. */
  more: Type.Integer(),
});
export type DashboardDetail = Static<typeof DashboardDetail>;

/** A graph as the explorer has it. */
export const ExploredView = Type.Object({
  /** Id of the same graph that holds all of it: `explore~…`. */
  id: Type.String(),
  title: Type.String(),
  /** What each of its lines looks at, in words. */
  lines: Type.Array(Type.String()),
  /** What all of them look within, in words; '' = everywhere. */
  within: Type.String(),
});
export type ExploredView = Static<typeof ExploredView>;

export const ImportResult = Type.Object({
  rows: Type.Integer(),
  samples: Type.Integer(),
  bins: Type.Integer(),
  series: Type.Integer(),
  devicesCreated: Type.Array(Type.String()),
});
export type ImportResult = Static<typeof ImportResult>;

/** Lists come in pages: pass nextCursor back as `cursor`; null = the last page. */
export const Page = <T extends TSchema>(item: T) => Type.Object({ items: Type.Array(item), nextCursor: Nullable(Type.String()) });
export interface PageOf<T> {
  readonly items: T[];
  readonly nextCursor: string | null;
}
