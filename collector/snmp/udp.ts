/**
 * `SnmpTransport` on a few sockets of our own, for v1, v2c and v3. A device is known by
 * address, port and credentials; of each is kept how fast it answers, how much it can take at
 * once, and the engine of its agent.
 */
import type { Clock } from '../../core/ports.ts';
import { resolveAddress } from './address.ts';
import { clearAnswers, createAnswers, valueAt } from './answers.ts';
import { failure } from './failures.ts';
import {
  OIDS_PER_REQUEST,
  type Question,
  type SnmpAsking,
  type SnmpFailure,
  type SnmpTarget,
  type SnmpTransport,
  type Varbind,
} from './transport.ts';
import { createUsm, usmObjection, type Usm, type UsmCredentials } from './usm/message.ts';
import { createExchanges, type MutableCounts } from './udp/exchanges.ts';
import { createLink, waitMs, type Link } from './udp/link.ts';
import { ask } from './udp/poll.ts';
import { prepare, type Prepared } from './udp/prepared.ts';
import { canonicalAddress } from './udp/sockets.ts';
import { walk } from './udp/walk.ts';

export interface UdpTransportOptions {
  /** Runs the deadlines; stamps of answers come from the clock of who asks. */
  readonly clock: Clock;
  /** Owner of what should never happen. */
  readonly onError?: (error: unknown) => void;
}

/** Beyond this the device asked longest ago is forgotten: all that is lost is what was learnt of it. */
const DEVICES_MAX = 50_000;
/** Users whose messages are kept ready. */
const USERS_MAX = 1_000;
/** Questions to one device under way: a poll, and a discovery beside it. */
const AT_ONCE = 2;
/** More may wait; beyond that somebody has lost count. */
const WAITING_MAX = 16;

interface Known {
  link: Link | null;
  running: number;
  readonly waiting: (() => void)[];
}

export function createUdpTransport({ clock, onError }: UdpTransportOptions): SnmpTransport {
  const devices = new Map<string, Known>();
  const prepared = new WeakMap<object, Prepared>();
  const users = new Map<string, Usm>();
  const counts: MutableCounts = { sent: 0, resent: 0, received: 0, foreign: 0, wrongCommunity: 0, late: 0, malformed: 0 };
  const exchanges = createExchanges(clock, counts, onError ?? rethrow);
  let closed = false;

  const knownOf = (target: SnmpTarget): Known => {
    const key = keyOf(target);
    let known = devices.get(key);
    if (known) {
      // Moved to the end: the first of the map is the one asked longest ago.
      if (devices.size >= DEVICES_MAX) {
        devices.delete(key);
        devices.set(key, known);
      }
      return known;
    }
    known = { link: null, running: 0, waiting: [] };
    devices.set(key, known);
    if (devices.size > DEVICES_MAX) forgetOne();
    return known;
  };
  const forgetOne = () => {
    for (const [key, known] of devices) {
      if (known.running > 0) continue;
      devices.delete(key);
      return;
    }
  };
  const linkOf = async (known: Known, target: SnmpTarget, asking: SnmpAsking): Promise<Link | SnmpFailure> => {
    // A name is looked up anew after every failure; an address stays what it is.
    const address = await resolveAddress(target, asking);
    if (typeof address !== 'string') return address;
    const canonical = canonicalAddress(address);
    if (!canonical) return failure(target, 'no such name', 'it is no address');
    if (known.link?.address !== canonical.address) known.link = createLink(canonical.address, canonical.family, target, usmOf);
    return known.link;
  };
  /** One for all devices of a user: what it keeps is about the user. */
  const usmOf = (credentials: UsmCredentials): Usm => {
    const key = JSON.stringify(credentials);
    let usm = users.get(key);
    if (!usm) {
      if (users.size >= USERS_MAX) users.clear();
      usm = createUsm(credentials);
      users.set(key, usm);
    }
    return usm;
  };
  /** Few questions at a time a device, in order. */
  const inLine = async <T>(
    target: SnmpTarget,
    asking: SnmpAsking,
    work: (link: Link) => Promise<T | SnmpFailure>,
  ): Promise<T | SnmpFailure> => {
    if (closed) return failure(target, 'aborted');
    const { credentials } = target;
    const objection = credentials.version === '3' ? usmObjection(credentials) : '';
    if (objection !== '') return failure(target, 'bad credentials', objection);
    const known = knownOf(target);
    if (known.running >= AT_ONCE) {
      if (known.waiting.length >= WAITING_MAX) return failure(target, 'aborted');
      if (!(await turn(known.waiting, asking.signal))) return failure(target, 'aborted');
    } else known.running++;
    try {
      if (closed || asking.signal.aborted) return failure(target, 'aborted');
      const link = known.link && !known.link.silent ? known.link : await linkOf(known, target, asking);
      return 'ok' in link ? link : await work(link);
    } finally {
      const next = known.waiting.shift();
      // Whoever comes next takes over the place.
      if (next) next();
      else known.running--;
    }
  };
  const preparedOf = (key: object, question: () => Question): Prepared => {
    let ready = prepared.get(key);
    if (!ready) {
      ready = prepare(question());
      prepared.set(key, ready);
    }
    return ready;
  };

  return {
    get: (target, oids, asking) =>
      inLine(target, asking, async (link) => {
        if (oids.length === 0) return { ok: true, varbinds: [], partial: false, engine: null, roundTripMs: 0 };
        const into = createAnswers(oids.length);
        const ready = preparedOf(oids, () => ({ sets: chunks(oids), rows: [] }));
        const outcome = await ask(exchanges, link, target, ready, into, asking);
        if (!outcome.ok) return failure(target, outcome.trouble, outcome.detail);
        const varbinds = oids.map((oid, slot): Varbind => ({ oid, ...valueAt(into, slot) }));
        const { partial, engine, roundTripMs } = outcome;
        return { ok: true, varbinds, partial, engine, roundTripMs };
      }),
    poll: (target, question, into, asking) =>
      inLine(target, asking, async (link) => {
        clearAnswers(into);
        const outcome = await ask(
          exchanges,
          link,
          target,
          preparedOf(question, () => question),
          into,
          asking,
        );
        if (!outcome.ok) return failure(target, outcome.trouble, outcome.detail);
        const { tMs, monoMs, waitedMs, engine, partial } = outcome;
        return { ok: true, tMs, monoMs, waitedMs, engine, partial };
      }),
    walk: (target, root, limits, asking) =>
      inLine(target, asking, async (link) => {
        const outcome = await walk(exchanges, link, target, root, limits, asking);
        return outcome.ok ? outcome : failure(target, outcome.trouble, outcome.detail);
      }),
    counts: () => ({ ...counts }),
    manner(target) {
      const link = devices.get(keyOf(target))?.link;
      if (!link) return null;
      const roundTripMs = Number.isNaN(link.roundTripMs) ? null : link.roundTripMs;
      const { requests, resent, byBulk } = link;
      return { roundTripMs, timeoutMs: waitMs(link, target, target.retries === 0), requests, resent, bulk: byBulk };
    },
    release(target) {
      const key = keyOf(target);
      if ((devices.get(key)?.running ?? 0) === 0) devices.delete(key);
    },
    async close() {
      closed = true;
      for (const { waiting } of devices.values()) for (const resolve of waiting.splice(0)) resolve();
      await exchanges.close();
    },
  };
}

function chunks(oids: readonly string[]): string[][] {
  const sets: string[][] = [];
  for (let at = 0; at < oids.length; at += OIDS_PER_REQUEST) sets.push(oids.slice(at, at + OIDS_PER_REQUEST));
  return sets;
}

function keyOf({ address, port, credentials }: SnmpTarget): string {
  if (credentials.version === '3') return JSON.stringify([port, address, credentials]);
  return `${credentials.version} ${port} ${address} ${credentials.community}`;
}

function rethrow(error: unknown): void {
  throw error;
}

/** Waits in line; false when the signal was aborted before the turn came, and it is no longer in line. */
function turn(waiting: (() => void)[], signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const mine = () => {
      signal.removeEventListener('abort', leave);
      resolve(true);
    };
    const leave = () => {
      const at = waiting.indexOf(mine);
      // Its turn has come already, or is just coming.
      if (at < 0) return;
      waiting.splice(at, 1);
      resolve(false);
    };
    signal.addEventListener('abort', leave, { once: true });
    waiting.push(mine);
    if (signal.aborted) leave();
  });
}
