/**
 * History in InfluxDB 1.x, 2.x or 3.x: written by line protocol through the official client, read by InfluxQL, a database or
 * bucket for each tier. A later word on a moment replaces the earlier one.
 */
import type { Tier, TierSpec } from '../../core/model.ts';
import type { Batch, Log, WriteResult } from '../../core/ports.ts';
import { deliver } from '../server/delivery.ts';
import { createLineEncoder } from '../server/line-protocol.ts';
import { ServerAway, type Parcel, type Sent, type ServerStore } from '../server/port.ts';
import { createAsking } from './asking.ts';
import { createListing } from './listing.ts';
import { createReading } from './reading.ts';
import { send } from './sending.ts';
import { makeTiers, NO_ORG } from './tiers.ts';

export interface InfluxOptions {
  readonly url: string;
  /** Of 1.x `user:password`; null where none is asked for. */
  readonly token: string | null;
  /** 2.x only. */
  readonly org: string | null;
  readonly version: 'auto' | 1 | 2 | 3;
  /** What the names of databases or buckets begin with. */
  readonly prefix: string;
  readonly timeoutMs: number;
  readonly log: Log;
}

const LABEL = 'InfluxDB';

export function createInfluxStore(options: InfluxOptions): ServerStore {
  const { url, org, prefix, timeoutMs, log } = options;
  const asking = createAsking(options);
  const encoder = createLineEncoder(true);
  const databaseOf = (tier: Tier) => `${prefix}_${tier}`;
  const reading = createReading(asking, databaseOf);
  let tiers: readonly TierSpec[] = [];
  const provision = () => makeTiers(asking, org, tiers, databaseOf);

  const sendOne = async (parcel: Parcel): Promise<Sent> => {
    try {
      const version = await asking.version();
      // It would refuse every line, as if something were wrong with these.
      if (version === 2 && org === null) return { result: 'blocked', reason: NO_ORG };
      const to = {
        url,
        version,
        org,
        database: databaseOf(parcel.tier),
        authorization: asking.authorization(version),
        timeoutMs,
        closed: asking.closed,
      };
      const sent = await send(parcel, to);
      if (sent.result === 'retry') asking.forgetVersion();
      if (sent.result !== 'missing') return sent;
      // Somebody took it away: once it may be made anew.
      log.warn(`${sent.reason} It is made anew.`);
      await provision();
      const again = await send(parcel, to);
      return again.result === 'missing' ? { result: 'blocked', reason: again.reason } : again;
    } catch (error) {
      if (error instanceof ServerAway) return { result: 'retry', reason: error.message, afterMs: null };
      throw error;
    }
  };
  const write = async (batch: Batch): Promise<WriteResult> => {
    const refusal = encoder.refusal(batch);
    if (refusal !== null) return { result: 'rejected', reason: refusal };
    for (const parcel of encoder.encode(batch)) {
      const { answer, refused } = await deliver(parcel, sendOne);
      if (answer.result !== 'ok') return { result: answer.result, reason: answer.reason };
      const [first] = refused;
      if (first) return { result: 'rejected', reason: first.reason };
    }
    return { result: 'ok' };
  };
  const listing = createListing({ asking, org, databaseOf, reading, write });
  const reachable: ServerStore['reachable'] = async () => {
    try {
      const answers = await asking.query(null, 'SHOW DATABASES');
      if ((await asking.version()) === 1) {
        const there = new Set(answers.flatMap(({ values }) => values.map(([database]) => String(database))));
        const gone = tiers.map(({ tier }) => databaseOf(tier)).filter((database) => !there.has(database));
        if (gone.length === 0) return { ok: true };
        log.warn(`${LABEL} has no database ${gone.join(', ')} any more. What is missing is made anew.`);
      }
      // Buckets need not be among the databases of a 2.x; making tiers leaves alone what is there.
      await provision();
      return { ok: true };
    } catch (error) {
      return { ok: false, reason: error instanceof Error ? error.message : String(error) };
    }
  };

  return {
    label: LABEL,
    rewrites: true,
    encode: (batch) => encoder.encode(batch),
    send: sendOne,
    reachable,
    async ensureTiers(wanted) {
      tiers = wanted;
      await provision();
    },
    write,
    ...reading,
    ...listing,
    // It forgets by itself, by its own retention.
    maintain: () => Promise.resolve(),
    alarms: () => Promise.resolve([]),
    async health() {
      const found = await reachable();
      if (!found.ok) return { ok: false, reason: found.reason, bytes: 0, series: 0 };
      return { ok: true, reason: '', bytes: 0, series: (await listing.keys()).length };
    },
    close() {
      asking.close();
      return Promise.resolve();
    },
  };
}
