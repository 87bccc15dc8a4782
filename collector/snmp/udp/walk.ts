/** Walks a subtree: GETNEXT for SNMPv1, else GETBULK in sizes the device can take. */
import { createAnswers, oidText, valueAt } from '../answers.ts';
import { compareOids, indexBelow } from '../oid.ts';
import type { SnmpAsking, SnmpTarget, SnmpTrouble, SnmpWalk, Varbind, WalkLimits } from '../transport.ts';
import { encodeOid, encodeVarbind, PDU } from './ber.ts';
import { compose } from './compose.ts';
import { findVarbind, takeValue, type Found, type Message } from './decode.ts';
import { MAX_SENDS, type Exchange, type Exchanges } from './exchanges.ts';
import { tookMs, waitMs, walkedWell, type Link } from './link.ts';
import { AUTHORIZATION_ERROR, NO_ACCESS, NO_SUCH_NAME, STATUS_MAX, WORTH_REPEATING } from './error-status.ts';

export type Lost = { readonly ok: false; readonly trouble: SnmpTrouble; readonly detail: string; readonly final?: boolean };
interface Step {
  readonly ok: true;
  readonly errorStatus: number;
  readonly varbinds: readonly Varbind[];
}

/** As `SnmpTransport.walk` says. */
export async function walk(
  exchanges: Exchanges,
  link: Link,
  target: SnmpTarget,
  root: string,
  limits: WalkLimits,
  asking: SnmpAsking,
): Promise<SnmpWalk | Lost> {
  const startMs = asking.clock.monoMs();
  const varbinds: Varbind[] = [];
  const stop = (complete: boolean, note = '', lost = false): SnmpWalk => {
    if (complete) walkedWell(link);
    return { ok: true, varbinds, complete, lost, note };
  };
  let cursor = root;
  let tries = 0;
  for (;;) {
    const leftMs = limits.deadlineMs - (asking.clock.monoMs() - startMs);
    if (leftMs <= 0) return stop(false, `the walk of ${root} took longer than ${limits.deadlineMs} ms`, true);
    const repetitions = Math.max(1, Math.min(link.repetitions, limits.maxRows - varbinds.length + 1));
    const outcome = await step(exchanges, link, target, cursor, repetitions, tries, leftMs, asking);
    if (!outcome.ok) {
      const { trouble } = outcome;
      if (tries < target.retries && !outcome.final && WORTH_REPEATING.includes(trouble)) {
        tries++;
        link.repetitions = Math.max(1, Math.floor(link.repetitions / 2));
        link.cleanWalks = 0;
        continue;
      }
      if (varbinds.length === 0) return outcome;
      return stop(false, `the walk of ${root} ended early: ${outcome.detail === '' ? trouble : outcome.detail}`, true);
    }
    tries = 0;
    const status = outcome.errorStatus;
    if (status !== 0) {
      if (status === NO_SUCH_NAME) return stop(true);
      if (repetitions > 1) {
        link.repetitions = Math.max(1, Math.floor(Math.min(repetitions, link.repetitions) / 2));
        link.cleanWalks = 0;
        continue;
      }
      if (status === NO_ACCESS || status === AUTHORIZATION_ERROR) return { ok: false, trouble: 'access denied', detail: '' };
      return stop(false, `the agent failed on the walk of ${root} (error ${status})`);
    }
    const before = varbinds.length;
    for (const varbind of outcome.varbinds) {
      if (varbind.type === 'absent' && varbind.value === 'endOfMibView') return stop(true);
      if (compareOids(varbind.oid, cursor) <= 0) {
        // Who has its rows out of order has perhaps their values in others: none of this answer is believed.
        varbinds.length = before;
        return stop(false, `the agent's answers to the walk of ${root} do not advance`);
      }
      if (indexBelow(root, varbind.oid) === null) return stop(true);
      if (varbinds.length >= limits.maxRows) return stop(false, `the walk of ${root} was stopped after ${limits.maxRows} rows`);
      varbinds.push(varbind);
      cursor = varbind.oid;
    }
  }
}

/** One request of a walk. */
function step(
  exchanges: Exchanges,
  link: Link,
  target: SnmpTarget,
  cursor: string,
  repetitions: number,
  tries: number,
  leftMs: number,
  asking: SnmpAsking,
): Promise<Step | Lost> {
  return new Promise((resolve) => {
    const isLast = tries >= target.retries;
    let exchange: Exchange | null = null;
    const settle = (outcome: Step | Lost) => {
      asking.signal.removeEventListener('abort', onAbort);
      if (exchange) exchanges.cancel(exchange);
      resolve(outcome);
    };
    const onAbort = () => settle({ ok: false, trouble: 'aborted', detail: '' });
    if (asking.signal.aborted) {
      onAbort();
      return;
    }
    asking.signal.addEventListener('abort', onAbort, { once: true });
    const bulk = link.security.version !== 0;
    exchange = exchanges.begin({
      link,
      asker: {
        answered(mine, bytes, message) {
          if (message.errorStatus < 0 || message.errorStatus > STATUS_MAX) return 'its error status is out of range';
          const varbinds = message.errorStatus === 0 ? readVarbinds(bytes, message, bulk ? repetitions : 1) : [];
          if (typeof varbinds === 'string') return varbinds;
          if (tries === 0 && mine.sends === 1) tookMs(link, exchanges.elapsedMs(mine));
          link.silent = false;
          settle({ ok: true, errorStatus: message.errorStatus, varbinds });
          return '';
        },
        lost: ({ sends }, trouble, detail) => settle({ ok: false, trouble, detail, final: sends >= MAX_SENDS }),
      },
      write(id) {
        const list = encodeVarbind(encodeOid(cursor));
        const type = bulk ? PDU.bulk : PDU.next;
        return compose(link.security, type, id, 0, bulk ? repetitions : 0, list.length, (into, at) => into.set(list, at));
      },
      timeoutMs: Math.min(leftMs, waitMs(link, target, isLast)),
      expectedBytes: 64 + repetitions * link.bulk.varbindBytes,
      connected: isLast && link.silent,
      first: tries === 0,
      again: tries > 0,
    });
    if (!exchange) settle({ ok: false, trouble: 'aborted', detail: 'too many requests are in flight' });
  });
}

/** All varbinds of an answer, at most so many and at least one; else what is wrong with it. */
function readVarbinds(bytes: Uint8Array, message: Message, most: number): Varbind[] | string {
  const varbinds: Varbind[] = [];
  const room = createAnswers(1);
  const found: Found = { oidFrom: 0, oidTo: 0, valueFrom: 0, end: 0 };
  for (let at = message.from; at < message.to; at = found.end) {
    if (varbinds.length >= most) return 'it has more rows than were asked for';
    const problem = findVarbind(bytes, at, message.to, found);
    if (problem !== '') return problem;
    room.octetsUsed = 0;
    takeValue(bytes, found, 0, room);
    varbinds.push({ oid: oidText(bytes.subarray(found.oidFrom, found.oidTo)), ...valueAt(room, 0) });
  }
  return varbinds.length === 0 ? 'it is empty' : varbinds;
}
