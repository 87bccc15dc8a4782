/**
 * Asks a prepared question: one request until the device answers, then two at a time. What is
 * lost is asked again in smaller pieces, what is too big is halved, and what comes by then
 * counts even if the rest does not.
 */
import type { Answers } from '../answers.ts';
import type { EngineClock, SnmpAsking, SnmpTarget, SnmpTrouble } from '../transport.ts';
import type { Exchange, Exchanges } from './exchanges.ts';
import { lostFull, tookMs, waitMs, wentWell, type Link } from './link.ts';
import { Piece } from './piece.ts';
import { split, type Block, type Prepared } from './prepared.ts';

export type PollResult =
  | {
      readonly ok: true;
      readonly tMs: number;
      readonly monoMs: number;
      /** From the first request to the first answer. */
      readonly waitedMs: number;
      readonly engine: EngineClock | null;
      readonly partial: boolean;
      readonly roundTripMs: number;
    }
  | { readonly ok: false; readonly trouble: SnmpTrouble; readonly detail: string };

/** Requests of one question in flight. */
const AT_ONCE = 2;
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

/** One question on its way. */
export class Job {
  readonly exchanges: Exchanges;
  readonly link: Link;
  readonly target: SnmpTarget;
  readonly prepared: Prepared;
  readonly into: Answers;
  readonly asking: SnmpAsking;
  /** What is left to ask, the next one last. */
  readonly work: Piece[] = [];
  readonly flying = new Set<Exchange>();
  /** Asked again already, and still welcome. */
  readonly overdue = new Set<Exchange>();
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
  #beganMs = NaN;
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
    else this.addParts(slots, most, tries);
  }

  addParts(slots: Int32Array, most: number, tries: number): void {
    for (const part of split(this.prepared, slots, most)) this.work.push(new Piece(this, part, tries, null, 0, 0));
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

  /** The same rows by GET. */
  addRowsSingly(block: Block, from: number, to: number, tries: number): void {
    this.addParts(block.slots.subarray(from * block.columns, to * block.columns), this.link.oidsPerRequest, tries);
  }

  pump(): void {
    while (!this.over && this.work.length > 0 && this.flying.size < (this.answered ? AT_ONCE : 1)) {
      const piece = this.work.pop();
      if (piece?.dropped) continue;
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
      if (this.#left < 0) this.giveUp('bad answer', 'it took too many requests');
      else this.giveUp('aborted', 'too many requests are in flight');
      return false;
    }
    if (this.#requests === 0) this.#beganMs = this.asking.clock.monoMs();
    this.#requests++;
    if (piece.tries > 0) this.#resent++;
    piece.exchange = exchange;
    this.flying.add(exchange);
    return true;
  }

  /** Nothing waits for this exchange any more. */
  settle(exchange: Exchange): void {
    this.exchanges.cancel(exchange);
    this.flying.delete(exchange);
    this.overdue.delete(exchange);
  }

  /** An answer is taken. */
  took(exchange: Exchange, monoMs: number): void {
    this.settle(exchange);
    // The moment of the first answer is the moment of the poll.
    if (!this.answered) {
      this.#tMs = this.asking.clock.nowMs();
      this.#monoMs = monoMs;
      const { security } = this.link;
      if (security.version === 3) this.#engine = security.clock;
    }
    this.answered = true;
  }

  /** Time from sending to now; counts for the device when it is sure which datagram was answered. */
  timed(exchange: Exchange): void {
    const ms = this.exchanges.elapsedMs(exchange);
    this.#roundTripMs = ms;
    if (exchange.sends === 1) tookMs(this.link, ms);
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
    for (const exchange of [...this.flying, ...this.overdue]) this.exchanges.cancel(exchange);
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
        waitedMs: this.#monoMs - this.#beganMs,
        engine: this.#engine,
        partial,
        roundTripMs: this.#roundTripMs,
      });
    } else this.#resolve({ ok: false, ...(this.#failed ?? { trouble: 'no answer', detail: '' }) });
  }
}
