/** One request of a question, and what becomes of its part. */
import { createAnswers, numberAt, TAG } from '../answers.ts';
import type { SnmpTrouble } from '../transport.ts';
import { composeBulk, composeGet } from './compose.ts';
import { readValues, slotsRead, type Message } from './decode.ts';
import { AUTHORIZATION_ERROR, NO_ACCESS, NO_SUCH_NAME, STATUS_MAX, TOO_BIG, WORTH_REPEATING } from './error-status.ts';
import { MAX_SENDS, type Asker, type Exchange } from './exchanges.ts';
import { limitBulk, shrink, shrinkBulk, unlearnBulk } from './link.ts';
import type { Job } from './poll.ts';
import type { Block } from './prepared.ts';

/** GETBULK must bring more than this many values, or GET does as well. */
const BULK_WORTH = 48;
/** What an agent puts behind the values must not make them seem larger than this. */
const VARBIND_MOST = 256;

export class Piece implements Asker {
  readonly job: Job;
  readonly slots: Int32Array;
  readonly tries: number;
  /** Set for GETBULK, with the rows it asks for. */
  readonly block: Block | null;
  readonly row: number;
  readonly rows: number;
  exchange: Exchange | null = null;
  /** It is not needed any more, or was answered. */
  dropped = false;
  /** What asks for the same again, since its time is over. */
  #heirs: readonly Piece[] = [];

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
    if (this.#heirs.length > 0) {
      if (this.#isInherited()) {
        job.settle(exchange);
        return '';
      }
      // Late, and all the same the first to come.
      if (message.errorStatus !== 0) return 'it came late, and is an error';
    }
    if (message.errorStatus === 0) {
      const number = into.monoMs.length;
      if (this.#heirs.length > 0) {
        // Some of it may be there already: what is broken must not take that away.
        const spare = createAnswers(into.tags.length);
        const broken = readValues(bytes, message.from, message.to, prepared, slots, 0, this.block !== null, spare);
        if (broken !== '') return broken;
      }
      const problem = readValues(bytes, message.from, message.to, prepared, slots, number, this.block !== null, into);
      if (problem !== '') return problem;
      const read = slotsRead();
      into.monoMs.push(monoMs);
      const upTime = slots[0] ?? 0;
      const carriesUpTime = read > 0 && prepared.isUpTime[upTime] === 1 && into.tags[upTime] === TAG.timeticks;
      into.upTicks.push(carriesUpTime ? numberAt(into, upTime) : NaN);
      job.took(exchange, monoMs);
      job.timed(exchange);
      this.dropped = true;
      if (this.#heirs.length > 0) {
        this.#disinherit();
        // It was slow, not too large.
        job.lostOne = false;
      }
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
    if (read > 0) link.bulk.varbindBytes += (Math.min(VARBIND_MOST, listBytes / read) - link.bulk.varbindBytes) / 8;
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
    const { job } = this;
    if (status < 0 || status > STATUS_MAX || index < 0 || index > 0xffff) return 'its error status or index is out of range';
    job.settle(exchange);
    job.clean = false;
    const before = job.work.length;
    this.#reduce(exchange, status, index, monoMs);
    this.#heirs = job.work.slice(before);
    this.dropped = this.#heirs.length === 0;
    return '';
  }

  /** Asks for less, or for the rest, or knows that there is nothing. */
  #reduce(exchange: Exchange, status: number, index: number, monoMs: number): void {
    const { job, slots, block } = this;
    const { into, link } = job;
    if (block) {
      if (status === TOO_BIG) shrinkBulk(link);
      else unlearnBulk(link);
      job.addRowsSingly(block, this.row, this.row + this.rows, this.tries);
      return;
    }
    const denied = status === NO_ACCESS || status === AUTHORIZATION_ERROR;
    if (denied && !job.answered && job.work.length === 0 && job.flying.size === 0) {
      job.giveUp('access denied', '');
      return;
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
  }

  #halve(tries: number): void {
    this.job.addParts(this.slots, Math.ceil(this.slots.length / 2), tries);
  }

  /** Its time is over: the same is asked again, and what it brings after all is welcome until that has come. */
  expired(exchange: Exchange): boolean {
    const { job } = this;
    if (this.tries >= job.target.retries || job.over) return false;
    job.flying.delete(exchange);
    job.overdue.add(exchange);
    job.clean = false;
    const before = job.work.length;
    this.#askAgain('no answer');
    this.#heirs = job.work.slice(before);
    job.pump();
    return true;
  }

  lost(exchange: Exchange, trouble: SnmpTrouble, detail: string): void {
    const { job } = this;
    job.flying.delete(exchange);
    job.overdue.delete(exchange);
    if (this.#heirs.length > 0) return;
    job.clean = false;
    if (this.tries >= job.target.retries || exchange.sends >= MAX_SENDS || !WORTH_REPEATING.includes(trouble)) {
      job.giveUp(trouble, detail);
      return;
    }
    this.#askAgain(trouble);
    job.pump();
  }

  #askAgain(trouble: SnmpTrouble): void {
    const { job, slots, block } = this;
    if (block) {
      if (trouble === 'no answer') shrinkBulk(job.link);
      job.addRowsSingly(block, this.row, this.row + this.rows, this.tries + 1);
    } else if (trouble === 'no answer' && slots.length > 1) {
      // A large answer may have been lost for its size: what is sent again is smaller.
      job.lostOne = true;
      this.#halve(this.tries + 1);
    } else job.work.push(new Piece(job, slots, this.tries + 1, null, 0, 0));
  }

  /** Whether everything has come that was asked for again. */
  #isInherited(): boolean {
    return this.#heirs.every((heir) => heir.dropped || (heir.#heirs.length > 0 && heir.#isInherited()));
  }

  #disinherit(): void {
    for (const heir of this.#heirs) {
      heir.dropped = true;
      if (heir.exchange) this.job.settle(heir.exchange);
      heir.#disinherit();
    }
  }
}
