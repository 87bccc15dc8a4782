/** How a server fares, as the API tells it. Part of core/api.ts. */
import { Type, type Static, type TSchema } from 'typebox';

const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Counts = Type.Record(Type.String(), Type.Integer());
const Lane = Type.Object({
  inFlight: Type.Integer(),
  /** Devices whose turn has come and for which there is no place. */
  waiting: Type.Integer(),
});

/** What the collector is doing; figures at most a second old. */
export const CollectorView = Type.Object({
  startedMs: Type.Number(),
  devices: Type.Integer(),
  /** Devices that did not answer at all in their last turn. */
  silent: Type.Integer(),
  inFlight: Type.Integer(),
  /** Devices that answered the last time, and those that did not or that take long: each have places of their own. */
  lanes: Type.Object({ living: Lane, suspect: Lane }),
  polls: Type.Integer(),
  failures: Type.Integer(),
  /** Starts that were not made, because the poll before still ran or the whole process stood still. */
  skipped: Type.Integer(),
  /** Samples handed to the history. */
  samples: Type.Integer(),
  /** Devices polled and samples handed to the history a second, over the last minute. */
  polledPerS: Type.Number(),
  valuesPerS: Type.Number(),
  lateReplies: Type.Integer(),
  /** By cause: since the start, and in the last hour. */
  gaps: Counts,
  gapsLastHour: Counts,
  /** How late polls started in the last minute: the worst, and by percentiles. */
  latenessMs: Type.Number(),
  lateness: Type.Object({ p50Ms: Type.Number(), p99Ms: Type.Number(), worstMs: Type.Number() }),
  /** The ten that take longest, those that skip starts first. */
  slowest: Type.Array(
    Type.Object({
      device: Type.String(),
      name: Type.String(),
      /** What a poll takes, smoothed. */
      pollMs: Type.Number(),
      intervalMs: Type.Number(),
      /** Why, in words: "answers in 840 ms, 12 requests, 3 of them sent again". */
      reason: Type.String(),
    }),
  ),
  /** SNMP datagrams since the start; null where nothing counts them. */
  transport: Type.Union([
    Type.Object({
      sent: Type.Integer(),
      /** Of these, because no answer had come. */
      resent: Type.Integer(),
      received: Type.Integer(),
      /** From another address or port than the device's. */
      foreign: Type.Integer(),
      /** Under a community or user that is not ours. */
      wrongCommunity: Type.Integer(),
      /** Answers nobody waited for any more. */
      late: Type.Integer(),
      /** No SNMP, or no answer to what was asked. */
      malformed: Type.Integer(),
    }),
    Type.Null(),
  ]),
});
export type CollectorView = Static<typeof CollectorView>;

/** The server that keeps the history. Counts only ever grow, from the start of this process on. */
export const DestinationView = Type.Object({
  /** For people: "InfluxDB". */
  label: Type.String(),
  /** away: it does not answer. blocked: it does, and an operator must act. */
  state: Type.Enum(['starting', 'ok', 'away', 'blocked']),
  /** Since when it is in this state. */
  sinceMs: Type.Number(),
  /** One sentence when away or blocked. */
  reason: Type.String(),
  /** On the disk of this machine, until the server has them. */
  waitingLines: Type.Integer(),
  waitingBytes: Type.Number(),
  /** When the oldest that waits was measured; null when nothing waits. */
  oldestMs: Nullable(Type.Number()),
  sentLines: Type.Integer(),
  /** Given up: more waited than may, or longer. */
  droppedLines: Type.Integer(),
  /** Older than the server keeps; not sent. */
  expiredLines: Type.Integer(),
  /** The server will never take them; set aside in a file. */
  refusedLines: Type.Integer(),
  /** Of what waited: could not be read back, set aside. */
  damagedBytes: Type.Number(),
  /** What the server itself lost or refused without saying so, and what keeps this disk from taking more; in words. */
  alarms: Type.Array(Type.String()),
});
export type DestinationView = Static<typeof DestinationView>;

export const StatusView = Type.Object({
  version: Type.String(),
  nowMs: Type.Number(),
  zone: Type.String(),
  startedMs: Type.Number(),
  /** Whether this request had to log in. */
  loginRequired: Type.Boolean(),
  devices: Counts,
  /** Null when no collector runs in this process. */
  collector: Nullable(CollectorView),
  store: Type.Object({
    ok: Type.Boolean(),
    reason: Type.String(),
    bytes: Type.Number(),
    series: Type.Integer(),
    waitingRows: Type.Integer(),
    writtenSamples: Type.Integer(),
    droppedSamples: Type.Integer(),
    /** Null where the history is a file of this machine. */
    destination: Nullable(DestinationView),
  }),
  /** Series whose habit is followed, of at most `most`; how many of them learn, wait for their history, are unusual now. */
  habits: Type.Object({
    followed: Type.Integer(),
    most: Type.Integer(),
    learning: Type.Integer(),
    waiting: Type.Integer(),
    unusual: Type.Integer(),
  }),
  process: Type.Object({ rssBytes: Type.Number(), cpuS: Type.Number(), uptimeS: Type.Number(), eventLoopP99Ms: Type.Number() }),
});
export type StatusView = Static<typeof StatusView>;
