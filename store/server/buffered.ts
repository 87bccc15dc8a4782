/**
 * A history on a server, with a disk of our own between: what is written is durable here at once and reaches the
 * server in order, whenever that is there. The newest days are kept here as well, so that open bins, restarts and recent
 * graphs need no server; what is older is read from it.
 */
import { TIER_STEP_MS, TIERS, type BinTier, type SeriesKey, type Tier, type TierSpec } from '../../core/model.ts';
import type {
  Batch,
  BinColumns,
  Clock,
  Destination,
  Latest,
  Log,
  RawColumns,
  SeriesStore,
  WriteResult,
} from '../../core/ports.ts';
import type { Numbered } from '../numbering.ts';
import type { Spool, SpoolRecord } from '../spool.ts';
import { createContact } from './contact.ts';
import { joinBins, joinRaw } from './joining.ts';
import { createLineEncoder } from './line-protocol.ts';
import { parseLines } from './parse-lines.ts';
import { ServerAway, type ServerStore } from './port.ts';
import { entryOf, readRecord, removalOf, startShipping, type Shipping } from './shipping.ts';

export interface BufferedOptions {
  readonly server: ServerStore;
  /** Keeps what is recent; closed with this store. */
  readonly recent: SeriesStore & Numbered;
  /** Since when `recent` has been given everything, UTC milliseconds. */
  readonly sinceMs: number;
  readonly spool: Spool;
  readonly clock: Clock;
  readonly log: Log;
}

export interface BufferedStore extends SeriesStore, Numbered {
  destination(): Destination;
  /** True when all that was written so far has reached the server, false when that took longer than ms. */
  delivered(ms: number): Promise<boolean>;
  /** The end begins: reads go on without the server, so that a silent one holds up nothing. */
  hasten(): void;
}

const DAY_MS = 86_400_000;
/** How much is kept here as well; no more than the tier itself keeps. */
const RECENT_MS: Readonly<Record<Tier, number>> = { raw: 3 * DAY_MS, '5m': 14 * DAY_MS, '1h': 62 * DAY_MS, '1d': 800 * DAY_MS };
/** More records than one write makes: what a crash kept out of `recent`. */
const UNSURE_RECORDS = 256;
const UNSURE_BYTES = 64 * 2 ** 20;
/** A read of old time waits so long for an import of old time to be there. */
const IMPORT_WAIT_MS = 10_000;
/** The end waits so long for what is under way. */
const STOP_MS = 3_000;
const ALARMS_EVERY_MS = 60_000;

/** @throws what the spool throws when it cannot be read at all */
export async function createBufferedStore(options: BufferedOptions): Promise<BufferedStore> {
  const { server, recent, sinceMs, spool, clock, log } = options;
  let shipping: Shipping | null = null;
  // Whoever sends finds out when it is back.
  const contact = createContact(server.label, clock, log, () => shipping?.wake());
  const lines = createLineEncoder(server.rewrites);
  /** The last record whose rows are in `recent` too; later ones are not sent yet. */
  let applied = -1;
  /** The last record that changed time which is read from the server. */
  let oldChange = -1;
  /** Removed here, still on the server; by series how many removals are on their way. */
  const removing = new Map<SeriesKey, number>();
  let retention = new Map<Tier, number>();
  let keptUntilMs = clock.nowMs();
  let alarms: readonly string[] = [];
  let alarmsAtMs = -Infinity;

  /** From when on `recent` has all there is of a tier. */
  const localFrom = (tier: Tier): number => Math.max(sinceMs, keptUntilMs - (retention.get(tier) ?? RECENT_MS[tier]));
  /** Rows of time that is kept here. */
  const recentPart = ({ raw, bins }: Batch): Batch => ({
    raw: raw.filter((row) => row.tMs >= localFrom('raw')),
    bins: bins.filter((row) => row.tMs + TIER_STEP_MS[row.tier] > localFrom(row.tier)),
  });
  const isOlder = (batch: Batch, part: Batch) => part.raw.length < batch.raw.length || part.bins.length < batch.bins.length;
  const isEmpty = ({ raw, bins }: Batch) => raw.length === 0 && bins.length === 0;

  /** Gives `recent` the last write that the spool holds: a crash may have come between the two. */
  const recover = async () => {
    const { lastPosition } = spool.stats();
    applied = lastPosition;
    const tail: SpoolRecord[] = [];
    for (let after = lastPosition - UNSURE_RECORDS; after < lastPosition;) {
      const records = await spool.peek(UNSURE_BYTES, after);
      tail.push(...records);
      after = records.at(-1)?.position ?? lastPosition;
    }
    // One write gave all its records the same time.
    const lastMs = tail.at(-1)?.atMs;
    for (const record of tail) {
      const read = record.atMs === lastMs ? readRecord(record) : null;
      if (!read || 'removed' in read) continue;
      const batch = parseLines(read.parcel.tier, read.parcel.text);
      const part = recentPart(batch);
      if (isOlder(batch, part)) oldChange = record.position;
      const answer = isEmpty(part) ? null : await recent.write(part);
      if (answer && answer.result !== 'ok') log.warn(`Not all that waits could be read back: ${answer.reason}`);
    }
  };
  const mask = (series: readonly SeriesKey[], by: 1 | -1) => {
    for (const key of series) {
      const count = (removing.get(key) ?? 0) + by;
      if (count > 0) removing.set(key, count);
      else removing.delete(key);
    }
  };

  /** Asks the server, once what was imported into old time has reached it. @throws ServerAway */
  const fromServer = async <T>(work: () => Promise<T>): Promise<T> => {
    const { state } = contact.state();
    if (oldChange >= 0 && (state === 'ok' || state === 'starting')) {
      if (!(await contact.unlessEnding(shipping?.delivered(oldChange, IMPORT_WAIT_MS) ?? Promise.resolve(false))))
        throw new ServerAway(`${server.label} has not yet been given what was imported; ask again in a moment.`);
      oldChange = -1;
    }
    return contact.ask(work);
  };
  /** Reads of the server for some of the series; those that are being removed have nothing there. */
  const some = async <T>(
    series: readonly SeriesKey[],
    wanted: (index: number) => boolean,
    read: (part: readonly SeriesKey[]) => Promise<T[]>,
  ): Promise<Map<number, T>> => {
    const asked = series.flatMap((key, i) => (wanted(i) && !removing.has(key) ? [i] : []));
    if (asked.length === 0) return new Map();
    const part = asked.length === series.length ? series : asked.map((i) => series[i] ?? '');
    const answers = await fromServer(() => read(part));
    return new Map(asked.flatMap((i, k) => (answers[k] === undefined ? [] : [[i, answers[k]] as const])));
  };
  type Away = 'throw' | 'go on';
  const unless = async <T>(away: Away, work: Promise<Map<number, T>>): Promise<Map<number, T>> => {
    try {
      return await work;
    } catch (error) {
      if (away === 'go on' && error instanceof ServerAway) return new Map();
      throw error;
    }
  };

  const raw = async (series: readonly SeriesKey[], fromMs: number, toMs: number, away: Away): Promise<RawColumns[]> => {
    const here = await recent.raw(series, fromMs, toMs);
    const edgeMs = localFrom('raw');
    // Before the first record here there may be one there, as long as the window has not slid beyond it.
    const young = edgeMs === sinceMs;
    const there = await unless(
      away,
      some(
        series,
        (i) => fromMs < edgeMs || (young && here[i]?.previousMs === null),
        (part) => server.raw(part, fromMs, Math.min(toMs, Math.max(fromMs, edgeMs))),
      ),
    );
    return here.map((columns, i) => {
      const older = there.get(i);
      return older ? joinRaw(columns, older, fromMs) : columns;
    });
  };
  const bins: (away: Away) => SeriesStore['bins'] = (away) => async (series, tier: BinTier, fromMs, toMs, columns) => {
    const here = await recent.bins(series, tier, fromMs, toMs, columns);
    const edgeMs = localFrom(tier);
    const there = await unless(
      away,
      some(
        series,
        () => fromMs < edgeMs,
        (part) => server.bins(part, tier, fromMs, Math.min(toMs, edgeMs), columns),
      ),
    );
    return here.map((found, i): BinColumns => {
      const older = there.get(i);
      return older ? joinBins(found, older) : found;
    });
  };
  const latest = async (series: readonly SeriesKey[], away: Away): Promise<(Latest | null)[]> => {
    const here = await recent.latest(series);
    const there = await unless(
      away,
      some(
        series,
        (i) => here[i] === null,
        (part) => server.latest(part),
      ),
    );
    return here.map((last, i) => last ?? there.get(i) ?? null);
  };

  const destination = (): Destination => {
    const stats = spool.stats();
    const { sentLines, expiredLines } = shipping?.figures() ?? { sentLines: 0, expiredLines: 0 };
    return {
      label: server.label,
      ...contact.state(),
      waitingLines: stats.waitingCount,
      waitingBytes: stats.waitingBytes,
      oldestMs: stats.oldestMs,
      sentLines,
      droppedLines: stats.droppedCount + stats.expiredCount,
      expiredLines,
      refusedLines: stats.refusedLines,
      damagedBytes: stats.damagedBytes,
      alarms: [...alarms, ...(stats.trouble === '' ? [] : [stats.trouble])],
    };
  };
  const watchServer = async (nowMs: number) => {
    if (nowMs < alarmsAtMs + ALARMS_EVERY_MS || contact.state().state !== 'ok') return;
    alarmsAtMs = nowMs;
    const found = await server.alarms().catch((error: unknown) => [error instanceof Error ? error.message : String(error)]);
    for (const alarm of found) if (!alarms.includes(alarm)) log.error(alarm);
    alarms = found;
  };

  return {
    numbering: recent.numbering,
    rewrites: server.rewrites,
    readable: {
      raw: (series, fromMs, toMs) => raw(series, fromMs, toMs, 'go on'),
      bins: bins('go on'),
      latest: (series) => latest(series, 'go on'),
    },
    async ensureTiers(tiers: readonly TierSpec[]) {
      const mostMs = new Map(tiers.map(({ tier, retentionMs }) => [tier, retentionMs ?? Infinity]));
      retention = new Map(TIERS.map((tier) => [tier, Math.min(RECENT_MS[tier], mostMs.get(tier) ?? Infinity)]));
      await recent.ensureTiers(TIERS.map((tier) => ({ tier, retentionMs: retention.get(tier) ?? null })));
      await recover();
      shipping ??= startShipping({
        server,
        spool,
        contact,
        clock,
        log,
        tiers,
        upTo: () => applied,
        removed: (series) => mask(series, -1),
      });
    },
    async write(batch): Promise<WriteResult> {
      const refusal = lines.refusal(batch);
      if (refusal !== null) return { result: 'rejected', reason: refusal };
      const nowMs = clock.nowMs();
      const entries = server.encode(batch).map((parcel) => entryOf(parcel, nowMs));
      if (entries.length === 0) return { result: 'ok' };
      // First what must not be lost on the way: from here on a crash is made good by `recover`.
      const appended = await spool.append(entries);
      if (appended.result !== 'ok') return appended;
      const part = recentPart(batch);
      if (!isEmpty(part)) {
        const answer = await recent.write(part);
        if (answer.result !== 'ok') return answer;
      }
      applied = appended.position;
      if (isOlder(batch, part)) oldChange = appended.position;
      shipping?.wake();
      return { result: 'ok' };
    },
    raw: (series, fromMs, toMs) => raw(series, fromMs, toMs, 'throw'),
    bins: bins('throw'),
    latest: (series) => latest(series, 'throw'),
    async remove(series) {
      const appended = await spool.append([removalOf(series, clock.nowMs())]);
      if (appended.result !== 'ok') throw new Error(appended.reason);
      mask(series, 1);
      await recent.remove(series);
      applied = appended.position;
      shipping?.wake();
    },
    async maintain(nowMs) {
      // Nothing that the server still lacks is let go of here.
      const { oldestMs } = spool.stats();
      keptUntilMs = Math.min(nowMs, oldestMs ?? nowMs);
      await recent.maintain(keptUntilMs);
      await watchServer(nowMs);
    },
    async health() {
      const health = await recent.health();
      const { trouble } = spool.stats();
      return {
        ok: health.ok && trouble === '',
        reason: [health.reason, trouble].filter(Boolean).join(' '),
        bytes: health.bytes + spool.stats().waitingBytes,
        series: health.series,
        destination: destination(),
      };
    },
    destination,
    delivered: async (ms) => (await shipping?.delivered(applied, ms)) ?? false,
    hasten: () => contact.end(),
    async close() {
      contact.end();
      // What the server would take now need not wait for the next start.
      if (contact.state().state === 'ok') await shipping?.delivered(applied, STOP_MS);
      await shipping?.stop(STOP_MS);
      await spool.close();
      await server.close();
      await recent.close();
    },
  };
}
