/**
 * `SnmpTransport` on npm net-snmp, for v1, v2c and v3: one guarded session a device, one
 * request at a time on it. Large requests are split; what is lost or too big is halved.
 */
import { resolveAddress } from './address.ts';
import { clearAnswers, putVarbind, type Answers } from './answers.ts';
import { failure } from './failures.ts';
import { compareOids, indexBelow, SYS_UP_TIME } from './oid.ts';
import { openSession, type Exchange, type GuardedSession, type MutableCounts, type Request } from './session.ts';
import {
  OIDS_PER_REQUEST,
  type EngineClock,
  type Question,
  type SnmpAnswer,
  type SnmpAsking,
  type SnmpFailure,
  type SnmpPoll,
  type SnmpTarget,
  type SnmpTransport,
  type SnmpWalk,
  type Varbind,
  type WalkLimits,
} from './transport.ts';

const REPETITIONS = 25;
/** Beyond this the session used longest ago is closed: each costs a descriptor and about 9 kB. */
const MAX_SESSIONS = 4_000;
/** Requests of one device that may wait for each other. */
const MAX_WAITING = 16;
/** After this many answers in full the size of requests is tried larger again. */
const GROW_AFTER = 16;

const TOO_BIG = 1;
const NO_SUCH_NAME = 2;
const NO_ACCESS = 6;
const AUTHORIZATION_ERROR = 16;

interface DeviceLink {
  session: GuardedSession | null;
  /** Sizes that worked. */
  oidsPerRequest: number;
  repetitions: number;
  successes: number;
  waiting: number;
  /** Settles when the last request in line has. */
  tail: Promise<unknown>;
}

export function createNetSnmpTransport(): SnmpTransport {
  const links = new Map<string, DeviceLink>();
  const counts: MutableCounts = { sent: 0, resent: 0, received: 0, foreign: 0, wrongCommunity: 0, late: 0, malformed: 0 };
  let closed = false;

  const linkOf = (target: SnmpTarget): DeviceLink => {
    const key = keyOf(target);
    const link = links.get(key) ?? {
      session: null,
      oidsPerRequest: OIDS_PER_REQUEST,
      repetitions: REPETITIONS,
      successes: 0,
      waiting: 0,
      tail: Promise.resolve(),
    };
    // Moved to the end: the first of the map is the one used longest ago.
    links.delete(key);
    links.set(key, link);
    if (links.size > MAX_SESSIONS) evict();
    return link;
  };
  const evict = () => {
    for (const [key, link] of links) {
      if (link.waiting > 0) continue;
      dropSession(link);
      links.delete(key);
      return;
    }
  };

  /** One request at a time a device, in order. */
  const inLine = async <T>(
    target: SnmpTarget,
    work: (link: DeviceLink) => Promise<T | SnmpFailure>,
  ): Promise<T | SnmpFailure> => {
    if (closed) return failure(target, 'aborted');
    const link = linkOf(target);
    if (link.waiting >= MAX_WAITING) return failure(target, 'aborted');
    link.waiting++;
    const before = link.tail;
    const run = before.then(() => work(link));
    link.tail = run.then(
      () => undefined,
      () => undefined,
    );
    try {
      return await run;
    } finally {
      link.waiting--;
      if (closed) dropSession(link);
    }
  };

  const exchange = async (link: DeviceLink, target: SnmpTarget, request: Request, asking: SnmpAsking) => {
    if (asking.signal.aborted || closed) return failure(target, 'aborted');
    if (!link.session) {
      const address = await resolveAddress(target, asking);
      if (typeof address !== 'string') return address;
      const opened = await openSession(target, address, counts);
      if ('ok' in opened) return opened;
      link.session = opened;
    }
    const outcome = await link.session.exchange(request, target.timeoutMs, asking);
    // A fresh session resolves the name anew and learns the engine anew.
    if (!outcome.ok) dropSession(link);
    return outcome;
  };

  const get = async (
    link: DeviceLink,
    target: SnmpTarget,
    oids: readonly string[],
    asking: SnmpAsking,
  ): Promise<SnmpAnswer | SnmpFailure> => {
    const varbinds: Varbind[] = oids.map((oid) => ({ oid, type: 'absent', value: 'lost' }));
    let work: number[][] = chunks(
      oids.map((_, i) => i),
      link.oidsPerRequest,
    );
    let retries = target.retries;
    let answered = false;
    let lost = false;
    let engine: EngineClock | null = null;
    let roundTripMs = 0;
    const absent = (i: number, reason: 'noSuchObject' | 'error') => {
      varbinds[i] = { oid: oids[i] ?? '', type: 'absent', value: reason };
    };
    // Halving down to single objects takes fewer than two requests an object.
    for (let left = 2 * oids.length + 8 + retries; work.length > 0; left--) {
      const [part = [], ...rest] = work;
      work = rest;
      const outcome: Exchange | SnmpFailure =
        left > 0
          ? await exchange(link, target, { op: 'get', oids: part.map((i) => oids[i] ?? '') }, asking)
          : failure(target, 'bad answer', 'it took too many requests');
      if (!outcome.ok) {
        const again = retries > 0 && worthRepeating(outcome);
        if (again) {
          retries--;
          // A large answer may have been lost for its size: what is sent again is smaller.
          if (outcome.trouble === 'no answer' && part.length > 1) {
            shrink(link, part.length);
            work = [...chunks(part, Math.ceil(part.length / 2)), ...work];
          } else work = [part, ...work];
          continue;
        }
        if (!answered) return outcome;
        lost = true;
        break;
      }
      const status = outcome.errorStatus;
      if (status === 0) {
        answered = true;
        engine = outcome.engine ?? engine;
        roundTripMs = outcome.roundTripMs;
        part.forEach((i, at) => (varbinds[i] = outcome.varbinds[at] ?? varbinds[i]!));
        grow(link);
        continue;
      }
      if (status === NO_ACCESS || status === AUTHORIZATION_ERROR) {
        if (!answered && work.length === 0) return failure(target, 'access denied');
      }
      const named = part[outcome.errorIndex - 1];
      if (status === NO_SUCH_NAME && named !== undefined) {
        // SNMPv1 fails the whole request for one missing object, and names it.
        absent(named, 'noSuchObject');
        answered = true;
        const others = part.filter((i) => i !== named);
        if (others.length > 0) work = [others, ...work];
      } else if (part.length > 1) {
        if (status === TOO_BIG) shrink(link, part.length);
        work = [...chunks(part, Math.ceil(part.length / 2)), ...work];
      } else {
        answered = true;
        for (const i of part) absent(i, status === NO_SUCH_NAME ? 'noSuchObject' : 'error');
      }
    }
    return { ok: true, varbinds, partial: lost, engine, roundTripMs };
  };

  const walk = async (
    link: DeviceLink,
    target: SnmpTarget,
    root: string,
    limits: WalkLimits,
    asking: SnmpAsking,
  ): Promise<SnmpWalk | SnmpFailure> => {
    const startMs = asking.clock.monoMs();
    const varbinds: Varbind[] = [];
    const stop = (complete: boolean, note = '', lost = false): SnmpWalk => ({ ok: true, varbinds, complete, lost, note });
    let cursor = root;
    let retries = target.retries;
    for (;;) {
      if (asking.clock.monoMs() - startMs > limits.deadlineMs)
        return stop(false, `the walk of ${root} took longer than ${limits.deadlineMs} ms`, true);
      const repetitions = Math.max(1, Math.min(link.repetitions, limits.maxRows - varbinds.length + 1));
      const request: Request =
        target.credentials.version === '1' ? { op: 'next', oids: [cursor] } : { op: 'bulk', oid: cursor, repetitions };
      const outcome = await exchange(link, target, request, asking);
      if (!outcome.ok) {
        if (retries > 0 && worthRepeating(outcome)) {
          retries--;
          link.repetitions = Math.max(1, Math.floor(link.repetitions / 2));
          continue;
        }
        return varbinds.length === 0 ? outcome : stop(false, `the walk of ${root} ended early: ${outcome.text}`, true);
      }
      retries = target.retries;
      if (outcome.errorStatus !== 0) {
        if (outcome.errorStatus === NO_SUCH_NAME) return stop(true);
        if (repetitions > 1) {
          link.repetitions = Math.max(1, Math.floor(Math.min(repetitions, link.repetitions) / 2));
          continue;
        }
        if (outcome.errorStatus === NO_ACCESS || outcome.errorStatus === AUTHORIZATION_ERROR)
          return failure(target, 'access denied');
        return stop(false, `the agent failed on the walk of ${root} (error ${outcome.errorStatus})`);
      }
      const before = varbinds.length;
      for (const varbind of outcome.varbinds) {
        if (varbind.type === 'absent' && varbind.value === 'endOfMibView') return stop(true);
        if (compareOids(varbind.oid, cursor) <= 0) {
          varbinds.length = before;
          return stop(false, `the agent's answers to the walk of ${root} do not advance`);
        }
        if (indexBelow(root, varbind.oid) === null) return stop(true);
        if (varbinds.length >= limits.maxRows) return stop(false, `the walk of ${root} was stopped after ${limits.maxRows} rows`);
        varbinds.push(varbind);
        cursor = varbind.oid;
      }
    }
  };

  /** Set after set: what is lost first is a failure, what is lost later is missing. */
  const poll = async (
    link: DeviceLink,
    target: SnmpTarget,
    question: Question,
    into: Answers,
    asking: SnmpAsking,
  ): Promise<SnmpPoll | SnmpFailure> => {
    clearAnswers(into);
    const beganMs = asking.clock.monoMs();
    let first: { tMs: number; monoMs: number; waitedMs: number; engine: EngineClock | null } | null = null;
    let partial = false;
    let slot = 0;
    for (const set of question.sets) {
      const outcome = await get(link, target, set, asking);
      if (!outcome.ok) {
        if (first === null) return outcome;
        partial = true;
        break;
      }
      const monoMs = asking.clock.monoMs();
      first ??= { tMs: asking.clock.nowMs(), monoMs, waitedMs: monoMs - beganMs, engine: outcome.engine };
      partial ||= outcome.partial;
      const upTime = outcome.varbinds[0];
      into.exchange.fill(into.monoMs.length, slot, slot + set.length);
      into.monoMs.push(monoMs);
      into.upTicks.push(upTime?.oid === SYS_UP_TIME && upTime.type === 'timeticks' ? upTime.value : NaN);
      for (const varbind of outcome.varbinds) putVarbind(into, slot++, varbind);
    }
    if (first === null) return failure(target, 'bad answer', 'nothing was asked');
    return { ok: true, ...first, partial };
  };

  return {
    get: (target, oids, asking) => inLine(target, (link) => get(link, target, oids, asking)),
    poll: (target, question, into, asking) => inLine(target, (link) => poll(link, target, question, into, asking)),
    manner: () => null,
    walk: (target, root, limits, asking) => inLine(target, (link) => walk(link, target, root, limits, asking)),
    counts: () => ({ ...counts }),
    release(target) {
      const key = keyOf(target);
      const link = links.get(key);
      if (link) dropSession(link);
      links.delete(key);
    },
    async close() {
      closed = true;
      const lines = [...links.values()];
      for (const link of lines) dropSession(link);
      await Promise.all(lines.map((link) => link.tail));
      links.clear();
    },
  };
}

function dropSession(link: DeviceLink): void {
  link.session?.close();
  link.session = null;
}

function shrink(link: DeviceLink, failed: number): void {
  link.oidsPerRequest = Math.max(1, Math.min(link.oidsPerRequest, Math.ceil(failed / 2)));
  link.successes = 0;
}

function grow(link: DeviceLink): void {
  if (link.oidsPerRequest >= OIDS_PER_REQUEST || ++link.successes < GROW_AFTER) return;
  link.oidsPerRequest = Math.min(OIDS_PER_REQUEST, link.oidsPerRequest * 2);
  link.successes = 0;
}

function worthRepeating(outcome: SnmpFailure): boolean {
  return ['no answer', 'bad answer', 'not snmp', 'not in time window', 'unknown engine'].includes(outcome.trouble);
}

function chunks(items: readonly number[], size: number): number[][] {
  const parts: number[][] = [];
  for (let at = 0; at < items.length; at += size) parts.push(items.slice(at, at + size));
  return parts;
}

/** Timeout and retries are how, not who: they do not make another session. */
function keyOf(target: SnmpTarget): string {
  return JSON.stringify([target.address, target.port, target.credentials]);
}
