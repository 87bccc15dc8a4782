/** Carries what waits in the spool to the server, in order, one parcel at a time; waits longer and longer while it is away. */
import type { SeriesKey, TierSpec } from '../../core/model.ts';
import { TIERS } from '../../core/model.ts';
import type { Clock, Log } from '../../core/ports.ts';
import type { Spool, SpoolEntry, SpoolRecord } from '../spool.ts';
import type { Contact } from './contact.ts';
import { deliver } from './delivery.ts';
import { ServerAway, type Parcel, type Sent, type ServerStore } from './port.ts';

/** Kinds of records: a tier's lines by its place in TIERS, then these. */
const REMOVED_SERIES = 16;

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
/** Waits differ by as much, so that many collectors do not come back at one moment. */
const JITTER = 0.2;
/** Of what waits so much is looked at together. */
const PEEKED_BYTES = 4 * 2 ** 20;
/** Lines of one request. */
const LINES_AT_ONCE = 5_000;

export function entryOf(parcel: Parcel, atMs: number): SpoolEntry {
  return { kind: TIERS.indexOf(parcel.tier), atMs, count: parcel.lines, payload: Buffer.from(parcel.text) };
}

export function removalOf(series: readonly SeriesKey[], atMs: number): SpoolEntry {
  return { kind: REMOVED_SERIES, atMs, count: 0, payload: Buffer.from(JSON.stringify(series)) };
}

/** What a record of the spool says; null for one of a kind that this version does not know. */
export function readRecord({ kind, count, payload }: SpoolRecord): { parcel: Parcel } | { removed: SeriesKey[] } | null {
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString();
  if (kind === REMOVED_SERIES) return { removed: JSON.parse(text) as SeriesKey[] };
  const tier = TIERS[kind];
  return tier === undefined ? null : { parcel: { tier, text, lines: count } };
}

export interface ShippingOptions {
  readonly server: ServerStore;
  readonly spool: Spool;
  readonly contact: Contact;
  readonly clock: Clock;
  readonly log: Log;
  readonly tiers: readonly TierSpec[];
  /** Records up to here may be sent. */
  readonly upTo: () => number;
  /** What was removed has gone from the server as well. */
  readonly removed: (series: readonly SeriesKey[]) => void;
}

export interface Shipping {
  /** Something new is waiting. */
  wake(): void;
  /** Resolves true when everything up to a position was delivered, false when that took longer than ms, or at the end. */
  delivered(position: number, ms: number): Promise<boolean>;
  figures(): { readonly sentLines: number; readonly expiredLines: number };
  /** Stops; what is under way may take up to ms. */
  stop(ms: number): Promise<void>;
}

/** A step of the work: a request's worth of lines, or a removal. */
interface Step {
  readonly work: { readonly parcel: Parcel } | { readonly removed: readonly SeriesKey[] } | null;
}

export function startShipping(options: ShippingOptions): Shipping {
  const { server, spool, contact, clock, log } = options;
  const ending = new AbortController();
  let provisioned = false;
  let donePosition = -1;
  let [sentLines, expiredLines] = [0, 0];
  let woken: (() => void) | null = null;
  let waiters: { readonly position: number; readonly resolve: () => void }[] = [];

  const advance = async (position: number) => {
    await spool.done(position);
    donePosition = position;
    const due = waiters.filter((waiter) => waiter.position <= position);
    waiters = waiters.filter((waiter) => waiter.position > position);
    for (const { resolve } of due) resolve();
  };
  /** Null when it was done, else how long to wait at least. */
  const take = async ({ work }: Step): Promise<{ afterMs: number } | null> => {
    if (work === null) return null;
    if ('removed' in work) {
      await server.remove(work.removed);
      options.removed(work.removed);
      return null;
    }
    const { answer, refused } = await deliver(work.parcel, (parcel) => server.send(parcel));
    if (answer.result !== 'ok') return heldBack(answer);
    if (refused.length > 0) {
      log.error(`${server.label} refuses ${refused.length} lines for good; they are set aside.`, { reason: refused[0]?.reason });
      await spool.setAside(refused);
    }
    expiredLines += answer.expired ?? 0;
    sentLines += work.parcel.lines - refused.length - (answer.expired ?? 0);
    return null;
  };
  const heldBack = (answer: Extract<Sent, { result: 'retry' | 'blocked' }>): { afterMs: number } => {
    contact.failed(answer.result === 'blocked' ? 'blocked' : 'away', answer.reason);
    return { afterMs: answer.result === 'retry' ? (answer.afterMs ?? 0) : 0 };
  };
  /** Sends what waits; how long to wait at least when the server did not take it, null when nothing is left. */
  const ship = async (): Promise<{ afterMs: number } | null> => {
    if (!provisioned) {
      await server.ensureTiers(options.tiers);
      provisioned = true;
    }
    for (;;) {
      if (ending.signal.aborted) return null;
      const records = (await spool.peek(PEEKED_BYTES)).filter(({ position }) => position <= options.upTo());
      const last = records.at(-1);
      if (!last) {
        if (contact.state().state === 'ok') return null;
        const reached = await server.reachable();
        if (!reached.ok) return heldBack({ result: 'retry', reason: reached.reason, afterMs: null });
        contact.answered();
        return null;
      }
      for (const step of stepsOf(records)) {
        const wait = await take(step);
        if (wait) return wait;
        contact.answered();
        if (ending.signal.aborted) return null;
      }
      await advance(last.position);
    }
  };
  const run = async () => {
    let waitMs = FIRST_WAIT_MS;
    while (!ending.signal.aborted) {
      const called = new Promise<void>((resolve) => (woken = resolve));
      let wait: { afterMs: number } | null;
      try {
        wait = await ship();
      } catch (error) {
        // A server that is away is expected; anything else is a fault, told and tried again.
        const expected = error instanceof ServerAway;
        if (!expected) log.error('What waits could not be sent; it is tried again.', { error: String(error) });
        contact.failed('away', error instanceof Error ? error.message : String(error));
        wait = { afterMs: 0 };
      }
      if (ending.signal.aborted) return;
      if (wait === null) {
        waitMs = FIRST_WAIT_MS;
        await called;
        continue;
      }
      const jittered = waitMs * (1 + JITTER * (Math.random() * 2 - 1));
      await clock.sleep(Math.max(wait.afterMs, jittered), ending.signal).catch(ended);
      waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
    }
  };
  const running = run();
  const bounded = (work: Promise<unknown>, ms: number, until?: AbortSignal): Promise<boolean> => {
    const stop = new AbortController();
    const late = clock.sleep(ms, until ? AbortSignal.any([stop.signal, until]) : stop.signal).then(
      () => false,
      () => false,
    );
    return Promise.race([work.then(() => true), late]).finally(() => stop.abort());
  };

  return {
    wake: () => woken?.(),
    delivered(position, ms) {
      if (position <= donePosition) return Promise.resolve(true);
      let waiter: (typeof waiters)[number] | null = null;
      const done = new Promise<void>((resolve) => {
        waiter = { position, resolve };
        waiters.push(waiter);
      });
      return bounded(done, ms, ending.signal).finally(() => (waiters = waiters.filter((one) => one !== waiter)));
    },
    figures: () => ({ sentLines, expiredLines }),
    async stop(ms) {
      ending.abort();
      woken?.();
      await bounded(running, ms);
    },
  };
}

/** Lines of one tier that follow each other between removals go together, raw before bins. */
function stepsOf(records: readonly SpoolRecord[]): Step[] {
  const steps: Step[] = [];
  let gathered: Parcel[] = [];
  const close = () => {
    for (const tier of TIERS) {
      let part: Parcel[] = [];
      const lines = () => part.reduce((sum, parcel) => sum + parcel.lines, 0);
      const push = () => {
        if (part.length > 0)
          steps.push({ work: { parcel: { tier, text: part.map(({ text }) => text).join('\n'), lines: lines() } } });
        part = [];
      };
      for (const parcel of gathered) {
        if (parcel.tier !== tier) continue;
        if (part.length > 0 && lines() + parcel.lines > LINES_AT_ONCE) push();
        part.push(parcel);
      }
      push();
    }
    gathered = [];
  };
  for (const record of records) {
    const read = readRecord(record);
    if (read === null) continue;
    if ('parcel' in read) gathered.push(read.parcel);
    else {
      close();
      steps.push({ work: read });
    }
  }
  close();
  return steps;
}

/** The sleep was ended because we end. */
function ended(): void {}
