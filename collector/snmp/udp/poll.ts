/**
 * Asks a prepared question: one request until the device answers, then two at a time. What is
 * lost is asked again in smaller pieces, what is too big is halved, and what comes by then
 * counts even if the rest does not.
 */
import { numberAt, TAG, type Answers } from '../answers.ts';
import type { EngineClock, SnmpAsking, SnmpTarget, SnmpTrouble } from '../transport.ts';
import { composeBulk, composeGet } from './compose.ts';
import { readValues, slotsRead, type Message } from './decode.ts';
import type { Asker, Exchange, Exchanges } from './exchanges.ts';
import { limitBulk, lostFull, shrink, shrinkBulk, tookMs, unlearnBulk, waitMs, wentWell, type Link } from './link.ts';
import type { Block, Prepared } from './prepared.ts';

export type PollResult =
  | {
      readonly ok: true;
      readonly tMs: number;
      readonly monoMs: number;
      readonly engine: EngineClock | null;
      readonly partial: boolean;
      readonly roundTripMs: number;
    }
  | { readonly ok: false; readonly trouble: SnmpTrouble; readonly detail: string };

export const TOO_BIG = 1;
export const NO_SUCH_NAME = 2;
export const NO_ACCESS = 6;
export const AUTHORIZATION_ERROR = 16;
/** The last error-status there is, inconsistentName of RFC 3416. */
export const STATUS_MAX = 18;

/** Requests of one question in flight. */
const AT_ONCE = 2;
/** GETBULK must bring more than this many values, or GET does as well. */
const BULK_WORTH = 48;
const NEVER: PollResult = { ok: false, trouble: 'aborted', detail: '' };

/** Resolves when everything came, was lost, or soon after the signal is aborted. */
export function ask(
  exchanges: Exchanges,
  link: Link,
  target: SnmpTarget,
  prepared: Prepared,
  into: Answers,
  asking: SnmpAsking,
): Promise<PollResult> {
  return new Promise((resolve) => {
    if (asking.signal.aborted) resolve(NEVER);
    else new Job(exchanges, link, target, prepared, into, asking, resolve).start();
  });
}

class Job {
  readonly exchanges: Exchanges;
  readonly link: Link;
  readonly target: SnmpTarget;
  readonly prepared: Prepared;
  readonly into: Answers;
  readonly asking: SnmpAsking;
  /** What is left to ask, the next one last. */
  readonly work: Piece[] = [];
  readonly flying = new Set<Exchange>();
  answered = false;
  /** Values are missing that will not be asked for again. */
  lost = false;
  /** A full request was lost. */
  lostOne = false;
  over = false;
  byBulk = false;
  clean = true;
  #requests = 0;
  #resent = 0;
  #left: number;
  #failed: { readonly trouble: SnmpTrouble; readonly detail: string } | null = null;
  #tMs = NaN;
  #monoMs = NaN;
  #engine: EngineClock | null = null;
  #roundTripMs = NaN;
  readonly #resolve: (result: PollResult) => void;
  readonly #onAbort = () => {
    this.#failed ??= { trouble: 'aborted', detail: '' };
    this.finish();
  };

  constructor(
    exchanges: Exchanges,
    link: Link,
    target: SnmpTarget,
    prepared: Prepared,
    into: Answers,
    asking: SnmpAsking,
    resolve: (result: PollResult) => void,
  ) {
    this.exchanges = exchanges;
    this.link = link;
    this.target = target;
    this.prepared = prepared;
    this.into = into;
    this.asking = asking;
    this.#resolve = resolve;
    // Halving down to single objects takes fewer than two requests an object.
    this.#left = 2 * into.tags.length + 8 + target.retries;
  }

  start(): void {
    const { link, prepared } = this;
    this.asking.signal.addEventListener('abort', this.#onAbort, { once: true });
    this.byBulk = link.bulk.bytes > 0 && prepared.upTime >= 0 && prepared.blocks.length > 0;
    if (this.byBulk) {
      for (const block of prepared.blocks) this.addRows(block, 0, block.rows, 0);
      for (const slots of prepared.loose) this.addSlots(slots, 0);
    } else for (const slots of prepared.sets) this.addSlots(slots, 0);
    this.work.reverse();
    this.pump();
  }

  addSlots(slots: Int32Array, tries: number): void {
    const most = this.link.oidsPerRequest;
    if (slots.length <= most) this.work.push(new Piece(this, slots, tries, null, 0, 0));
    else
      for (let at = 0; at < slots.length; at += most)
        this.work.push(new Piece(this, slots.subarray(at, at + most), tries, null, 0, 0));
  }

  /** Rows of a block, as many in each request as the answer may hold. */
  addRows(block: Block, from: number, to: number, tries: number): void {
    const { bytes, varbindBytes } = this.link.bulk;
    const rows = Math.max(1, Math.floor(bytes / (block.columns * varbindBytes)));
    for (let row = from; row < to; row += rows) {
      const count = Math.min(rows, to - row);
      this.work.push(new Piece(this, block.run(row, count), tries, block, row, count));
    }
  }

  /** The same rows by GET, whole ones where they fit; sysUpTime with each, or a restart in between would not be seen. */
  addRowsSingly(block: Block, from: number, to: number, tries: number): void {
    const { columns } = block;
    const room = Math.max(1, this.link.oidsPerRequest - 1);
    const most = columns <= room ? room - (room % columns) : room;
    const end = to * columns;
    for (let at = from * columns; at < end; at += most) {
      const count = Math.min(most, end - at);
      const slots = new Int32Array(1 + count);
      slots[0] = this.prepared.upTime;
      slots.set(block.slots.subarray(at, at + count), 1);
      this.work.push(new Piece(this, slots, tries, null, 0, 0));
    }
  }

  pump(): void {
    while (!this.over && this.work.length > 0 && this.flying.size < (this.answered ? AT_ONCE : 1)) {
      const piece = this.work.pop();
      if (!piece || !this.#send(piece)) break;
    }
    if (!this.over && this.work.length === 0 && this.flying.size === 0) this.finish();
  }

  #send(piece: Piece): boolean {
    const { link, target } = this;
    const isLast = piece.tries >= target.retries;
    const exchange =
      this.#left-- > 0
        ? this.exchanges.begin({
            link,
            asker: piece,
            write: (id) => piece.write(id),
            timeoutMs: waitMs(link, target, isLast),
            expectedBytes: piece.expectedBytes(),
            connected: isLast && !this.answered && (piece.tries > 0 || link.silent),
            first: this.#requests === 0,
            again: piece.tries > 0,
          })
        : null;
    if (!exchange) {
      this.giveUp('bad answer', 'it took too many requests');
      return false;
    }
    this.#requests++;
    if (piece.tries > 0) this.#resent++;
    this.flying.add(exchange);
    return true;
  }

  /** An answer is taken: nothing waits for this exchange any more. */
  took(exchange: Exchange, monoMs: number): void {
    this.exchanges.cancel(exchange);
    this.flying.delete(exchange);
    // The moment of the first answer is the moment of the poll.
    if (!this.answered) {
      this.#tMs = this.asking.clock.nowMs();
      this.#monoMs = monoMs;
      const { security } = this.link;
      if (security.version === 3) this.#engine = security.clock;
    }
    this.answered = true;
  }

  /** Time from sending to now; counts for the device when it is sure which request was answered. */
  timed(exchange: Exchange, piece: Piece): void {
    const ms = this.exchanges.elapsedMs(exchange);
    this.#roundTripMs = ms;
    if (piece.tries === 0 && exchange.sends === 1) tookMs(this.link, ms);
  }

  /** Nothing more is asked; what is in flight may still come. */
  giveUp(trouble: SnmpTrouble, detail: string): void {
    this.#failed ??= { trouble, detail };
    this.lost = true;
    this.work.length = 0;
    if (this.flying.size === 0) this.finish();
  }

  finish(): void {
    if (this.over) return;
    this.over = true;
    this.asking.signal.removeEventListener('abort', this.#onAbort);
    for (const exchange of this.flying) this.exchanges.cancel(exchange);
    const { link } = this;
    link.requests = this.#requests;
    link.resent = this.#resent;
    link.byBulk = this.byBulk;
    link.silent = !this.answered;
    const partial = this.lost || this.#failed !== null;
    if (this.answered) {
      if (this.lostOne && !partial) lostFull(link);
      else if (this.clean && !partial) wentWell(link, this.byBulk);
      this.#resolve({
        ok: true,
        tMs: this.#tMs,
        monoMs: this.#monoMs,
        engine: this.#engine,
        partial,
        roundTripMs: this.#roundTripMs,
      });
    } else this.#resolve({ ok: false, ...(this.#failed ?? { trouble: 'no answer', detail: '' }) });
  }
}

/** One request of a job. */
class Piece implements Asker {
  readonly job: Job;
  readonly slots: Int32Array;
  readonly tries: number;
  /** Set for GETBULK, with the rows it asks for. */
  readonly block: Block | null;
  readonly row: number;
  readonly rows: number;

  constructor(job: Job, slots: Int32Array, tries: number, block: Block | null, row: number, rows: number) {
    this.job = job;
    this.slots = slots;
    this.tries = tries;
    this.block = block;
    this.row = row;
    this.rows = rows;
  }

  expectedBytes(): number {
    return this.slots.length * this.job.link.bulk.varbindBytes + 64;
  }

  write(id: number): Uint8Array {
    const { prepared, link } = this.job;
    return this.block
      ? composeBulk(link.security, prepared, this.block, this.row, this.rows, id)
      : composeGet(link.security, prepared, this.slots, id);
  }

  answered(exchange: Exchange, bytes: Uint8Array, message: Message): string {
    const { job, slots } = this;
    const { into, prepared, asking } = job;
    const monoMs = asking.clock.monoMs();
    if (message.errorStatus === 0) {
      const number = into.monoMs.length;
      const problem = readValues(bytes, message.from, message.to, prepared, slots, number, this.block !== null, into);
      if (problem !== '') return problem;
      const read = slotsRead();
      into.monoMs.push(monoMs);
      const upTime = slots[0] ?? 0;
      const carriesUpTime = read > 0 && prepared.isUpTime[upTime] === 1 && into.tags[upTime] === TAG.timeticks;
      into.upTicks.push(carriesUpTime ? numberAt(into, upTime) : NaN);
      job.took(exchange, monoMs);
      job.timed(exchange, this);
      if (this.block) this.#tookRows(this.block, read, message.to - message.from);
    } else {
      const refused = this.#refused(exchange, message.errorStatus, message.errorIndex, monoMs);
      if (refused !== '') return refused;
    }
    job.pump();
    return '';
  }

  #tookRows(block: Block, read: number, listBytes: number): void {
    const { job, row, rows } = this;
    const { link } = job;
    const got = Math.max(0, Math.floor((read - 1) / block.columns));
    if (read > 0) link.bulk.varbindBytes += (listBytes / read - link.bulk.varbindBytes) / 8;
    if (got >= rows) return;
    if (got * block.columns < BULK_WORTH) {
      unlearnBulk(link);
      job.clean = false;
      job.addRowsSingly(block, row + got, row + rows, this.tries);
      return;
    }
    // The agent gives no more at once than this: next time no more is expected.
    limitBulk(link, listBytes);
    job.addRows(block, row + got, row + rows, this.tries);
  }

  /** An answer with an error-status. */
  #refused(exchange: Exchange, status: number, index: number, monoMs: number): string {
    const { job, slots, block } = this;
    const { into, link } = job;
    if (status < 0 || status > STATUS_MAX || index < 0 || index > 0xffff) return 'its error status or index is out of range';
    job.exchanges.cancel(exchange);
    job.flying.delete(exchange);
    job.clean = false;
    if (block) {
      if (status === TOO_BIG) shrinkBulk(link);
      else unlearnBulk(link);
      job.addRowsSingly(block, this.row, this.row + this.rows, this.tries);
      return '';
    }
    const denied = status === NO_ACCESS || status === AUTHORIZATION_ERROR;
    if (denied && !job.answered && job.work.length === 0 && job.flying.size === 0) {
      job.giveUp('access denied', '');
      return '';
    }
    const named = slots[index - 1];
    if (status === NO_SUCH_NAME && named !== undefined) {
      // SNMPv1 fails the whole request for one missing object, and names it.
      into.tags[named] = TAG.noSuchObject;
      job.took(exchange, monoMs);
      const others = slots.filter((slot) => slot !== named);
      if (others.length > 0) job.work.push(new Piece(job, others, this.tries, null, 0, 0));
    } else if (slots.length > 1) {
      if (status === TOO_BIG) shrink(link, slots.length);
      this.#halve(this.tries);
    } else {
      into.tags[slots[0] ?? 0] = status === NO_SUCH_NAME ? TAG.noSuchObject : TAG.error;
      job.took(exchange, monoMs);
    }
    return '';
  }

  #halve(tries: number): void {
    const { job, slots } = this;
    const middle = Math.ceil(slots.length / 2);
    job.work.push(new Piece(job, slots.subarray(middle), tries, null, 0, 0));
    job.work.push(new Piece(job, slots.subarray(0, middle), tries, null, 0, 0));
  }

  lost(exchange: Exchange, trouble: SnmpTrouble, detail: string): void {
    const { job, slots, block } = this;
    job.flying.delete(exchange);
    job.clean = false;
    const again = this.tries < job.target.retries && WORTH_REPEATING.includes(trouble);
    if (!again) {
      job.giveUp(trouble, detail);
      return;
    }
    if (block) {
      if (trouble === 'no answer') shrinkBulk(job.link);
      job.addRowsSingly(block, this.row, this.row + this.rows, this.tries + 1);
    } else if (trouble === 'no answer' && slots.length > 1) {
      // A large answer may have been lost for its size: what is sent again is smaller.
      job.lostOne = true;
      this.#halve(this.tries + 1);
    } else job.work.push(new Piece(job, slots, this.tries + 1, null, 0, 0));
    job.pump();
  }
}

export const WORTH_REPEATING: readonly SnmpTrouble[] = [
  'no answer',
  'bad answer',
  'not snmp',
  'not in time window',
  'unknown engine',
];
