/**
 * History in VictoriaMetrics, single node or cluster: written by InfluxDB's protocol, read by its export.
 *
 * It keeps what was written first and next to it what is written later: nothing can be replaced. A row that is
 * sent twice is answered once. Whoever writes another value for a moment that has one cannot be refused at a
 * bearable price: which of the two is answered then is not said. Of a number it keeps 11 significant digits
 * at least, 15 of the largest one nearby in its series, and no sign of zero.
 */
import { TIERS, type SeriesKey, type Tier } from '../../core/model.ts';
import type { Clock, Log } from '../../core/ports.ts';
import { deliver } from '../server/delivery.ts';
import { createLineEncoder } from '../server/line-protocol.ts';
import { ServerAway, type Parcel, type Sent, type ServerStore } from '../server/port.ts';
import { createAsking } from './asking.ts';
import { createListing } from './listing.ts';
import { createReading } from './reading.ts';
import { send } from './sending.ts';
import { createSettling } from './settling.ts';
import { createWatching } from './watching.ts';

export interface VictoriaUrls {
  /** Rows go to its `/api/v2/write`; of a cluster `http://vminsert:8480/insert/0/influx`. */
  readonly writeUrl: string;
  /** Read at its `/api/v1/…`; of a cluster `http://vmselect:8481/select/0/prometheus`. */
  readonly readUrl: string;
}
export interface VictoriaOptions extends VictoriaUrls {
  /** Series are deleted at its `/api/v1/admin/tsdb/delete_series`; null = follows from readUrl. */
  readonly deleteUrl: string | null;
  /** Tiers that have servers of their own, with another retention. */
  readonly tiers?: Partial<Readonly<Record<Tier, VictoriaUrls>>>;
  /** A bearer token, or `user:password`; null where none is asked for. */
  readonly token: string | null;
  /** What names begin with. Collectors that share a server have one each; none may be the beginning of another's names. */
  readonly prefix: string;
  readonly timeoutMs: number;
  /** The machine's when left out; then nothing is waited for where a cluster shows rows late. */
  readonly clock?: Clock;
  readonly log: Log;
}

const LABEL = 'VictoriaMetrics';
const DAY_MS = 86_400_000;
/** A server cannot be told to keep rows for ever: what it keeps longer than this is as good. */
const FOR_EVER_MS = 50 * 365 * DAY_MS;
const MACHINE: Pick<Clock, 'nowMs' | 'monoMs'> = { nowMs: () => Date.now(), monoMs: () => performance.now() };

export function createVictoriaStore(options: VictoriaOptions): ServerStore {
  const { prefix, timeoutMs, log } = options;
  const clock: Pick<Clock, 'nowMs' | 'monoMs'> & Partial<Pick<Clock, 'sleep'>> = options.clock ?? MACHINE;
  const authorization = authorizationOf(options.token);
  const asking = createAsking({ authorization, timeoutMs });
  const encoder = createLineEncoder(false);
  const urlsOf = (tier: Tier): VictoriaUrls => options.tiers?.[tier] ?? options;
  const readUrl = (tier: Tier) => urlsOf(tier).readUrl;
  const deleteUrl = (tier: Tier) => options.tiers?.[tier]?.readUrl.replace('/select/', '/delete/') ?? deleteUrlOf(options);
  const reading = createReading({ asking, prefix, readUrl, nowMs: () => clock.nowMs() });
  const listing = createListing({ asking, prefix, readUrl, deleteUrl });
  const watched = createWatching({
    asking,
    writeUrls: TIERS.map((tier) => urlsOf(tier).writeUrl),
    monoMs: () => clock.monoMs(),
  });

  const settling = createSettling({ asking, readUrls: TIERS.map(readUrl), clock });
  const sendOne = async (parcel: Parcel): Promise<Sent> => {
    const { writeUrl } = urlsOf(parcel.tier);
    const sent = await send(parcel, { writeUrl, prefix, authorization, timeoutMs, closed: asking.closed });
    if (sent.result === 'ok' && parcel.lines > 0) settling.sent(parcel);
    return sent;
  };
  const reachable: ServerStore['reachable'] = async () => {
    const urls = new Map(TIERS.map((tier) => [urlsOf(tier).writeUrl + urlsOf(tier).readUrl, tier]));
    try {
      for (const tier of urls.values()) {
        const sent = await sendOne({ tier, text: '', lines: 0 });
        if (sent.result === 'retry' || sent.result === 'blocked') return { ok: false, reason: sent.reason };
        await asking.text(`${readUrl(tier)}/api/v1/query`, [['query', '1']]);
      }
      return { ok: true };
    } catch (error) {
      return { ok: false, reason: error instanceof Error ? error.message : String(error) };
    }
  };

  return {
    label: LABEL,
    rewrites: false,
    encode: (batch) => encoder.encode(batch),
    send: sendOne,
    reachable,
    async ensureTiers(tiers) {
      const found = await reachable();
      if (!found.ok) throw new ServerAway(found.reason);
      for (const { tier, retentionMs } of tiers) {
        const kept = await watched.retentionMs(urlsOf(tier).writeUrl);
        const wanted = retentionMs ?? FOR_EVER_MS;
        if (kept !== null && kept < Math.min(wanted, FOR_EVER_MS))
          log.warn(
            `${LABEL} keeps rows ${Math.floor(kept / DAY_MS)} days, the tier ${tier} is to be kept ` +
              `${retentionMs === null ? 'for ever' : `${Math.ceil(wanted / DAY_MS)} days`}: set -retentionPeriod there.`,
          );
      }
    },
    async write(batch) {
      const refusal = encoder.refusal(batch);
      if (refusal !== null) return { result: 'rejected', reason: refusal };
      for (const parcel of encoder.encode(batch)) {
        const { answer, refused } = await deliver(parcel, sendOne);
        if (answer.result !== 'ok') return { result: answer.result, reason: answer.reason };
        const [first] = refused;
        if (first) return { result: 'rejected', reason: first.reason };
      }
      return { result: 'ok' };
    },
    async raw(...asked) {
      await settling.beforeRead();
      return reading.raw(...asked);
    },
    async bins(...asked) {
      await settling.beforeRead();
      return reading.bins(...asked);
    },
    async latest(series) {
      await settling.beforeRead();
      return reading.latest(series);
    },
    async keys() {
      await settling.beforeRead();
      return listing.keys();
    },
    async remove(series) {
      await settling.beforeRemoval();
      await listing.remove(series);
    },
    async removeDevices(devices) {
      await settling.beforeRemoval();
      await listing.removeDevices(devices);
    },
    // It forgets by itself, by its own retention.
    maintain: () => Promise.resolve(),
    alarms: () => watched.alarms(),
    async health() {
      const found = await reachable();
      if (!found.ok) return { ok: false, reason: found.reason, bytes: 0, series: 0 };
      const keys: SeriesKey[] = await listing.keys();
      return { ok: true, reason: '', bytes: await watched.bytes(), series: keys.length };
    },
    close() {
      asking.close();
      return Promise.resolve();
    },
  };
}

function authorizationOf(token: string | null): string | null {
  if (token === null) return null;
  return token.includes(':') ? `Basic ${Buffer.from(token).toString('base64')}` : `Bearer ${token}`;
}

function deleteUrlOf({ readUrl, deleteUrl }: VictoriaOptions): string {
  return deleteUrl ?? readUrl.replace('/select/', '/delete/');
}
