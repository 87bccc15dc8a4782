/**
 * Requests in flight: each has a place in a table, which its request id names, and a time by
 * which it is answered or lost. A datagram counts only when its id, its sender and its
 * community are those of a request in flight; so one that is forged or late cancels nothing.
 */
import { randomFillSync } from 'node:crypto';
import type { Clock } from '../../../core/ports.ts';
import type { SnmpTrouble } from '../transport.ts';
import { ID_MIN } from './ber.ts';
import { createMessage, readMessage, versionOf, type Message } from './decode.ts';
import type { Link, Security } from './link.ts';
import { BUFFER_COST_BYTES, BUFFER_COST_FACTOR, createSockets, type UdpSocket } from './sockets.ts';
import { createWheel } from './wheel.ts';

export interface MutableCounts {
  sent: number;
  resent: number;
  received: number;
  foreign: number;
  wrongCommunity: number;
  late: number;
  malformed: number;
}

/** Who asked, and takes the answer. */
export interface Asker {
  /**
   * A well-formed answer to this request. The bytes are gone afterwards.
   * @returns why it is not accepted (the request goes on waiting), '' when it is
   */
  answered(exchange: Exchange, bytes: Uint8Array, message: Message): string;
  /** No answer within its time, or it cannot be had. */
  lost(exchange: Exchange, trouble: SnmpTrouble, detail: string): void;
}

export interface Exchange {
  readonly id: number;
  readonly link: Link;
  readonly asker: Asker;
  readonly datagram: Uint8Array;
  readonly timeoutMs: number;
  readonly expectedBytes: number;
  /** Through a socket of its own, which is told of refusals. */
  readonly connected: boolean;
  /** Whether the sender wants to hear at once that nothing can be sent there. */
  readonly first: boolean;
  /** Whether it asks again for what was lost. */
  readonly again: boolean;
  socket: UdpSocket | null;
  /** Still counted among what is expected on its socket. */
  counted: boolean;
  sentMs: number;
  /** What was wrong with an answer that was refused: told if no better one comes. */
  hint: { readonly trouble: SnmpTrouble; readonly detail: string } | null;
}

export interface Ask {
  readonly link: Link;
  readonly asker: Asker;
  /** Makes the datagram for the id the request gets. */
  readonly write: (id: number) => Uint8Array;
  readonly timeoutMs: number;
  /** About how large the answer will be. */
  readonly expectedBytes: number;
  readonly connected: boolean;
  readonly first: boolean;
  readonly again: boolean;
}

export interface Exchanges {
  /** Sends as soon as the socket has room. Null when there are too many requests in flight. */
  begin(ask: Ask): Exchange | null;
  /** Nobody waits for it any more. */
  cancel(exchange: Exchange): void;
  /** Since it was sent. */
  elapsedMs(exchange: Exchange): number;
  close(): Promise<void>;
}

/** Requests in flight at most; their number is the low half of the request id. */
const PLACES = 65_536;
/** An answer that has not come by now comes alone, and no longer holds up others. */
const TOGETHER_MS = 50;
const CONNECTED_MAX = 512;

export function createExchanges(clock: Clock, counts: MutableCounts, onError: (error: unknown) => void): Exchanges {
  const places = new Array<Exchange | undefined>(PLACES);
  const message = createMessage();
  /** Waiting for room, in order, by socket. */
  const queues = new Map<UdpSocket, { readonly waiting: Exchange[]; first: number }>();
  /** Drawn many at a time: drawing is dear, and a request must be cheap. */
  const chance = new Uint16Array(4_096);
  let chanceUsed = chance.length;
  let cursor = 0;
  let connected = 0;
  let closed = false;

  const sockets = createSockets({
    received: (socket, bytes, address, port) => {
      receive(socket, bytes, address, port);
    },
    failed: (socket, code) => {
      const exchange = socket.owner >= 0 ? places[socket.owner % PLACES] : undefined;
      if (exchange?.id === socket.owner) lose(exchange, code === 'ECONNREFUSED' ? 'refused' : 'no route', code);
    },
  });
  const wheel = createWheel(
    clock,
    (id) => {
      const exchange = places[id % PLACES];
      if (exchange?.id !== id || exchange.socket === null) return;
      uncount(exchange);
      const leftMs = exchange.sentMs + exchange.timeoutMs - clock.monoMs();
      if (leftMs > 0) {
        wheel.add(id, leftMs);
        return;
      }
      const { hint } = exchange;
      lose(exchange, hint?.trouble ?? 'no answer', hint?.detail ?? '');
    },
    onError,
  );

  /** The half of an id that nobody can guess, such that its shortest form has four octets. */
  const highHalf = (): number => {
    if (chanceUsed === chance.length) {
      randomFillSync(chance);
      chanceUsed = 0;
    }
    const bits = (chance[chanceUsed++] ?? 0) & 0x7fff;
    return bits < ID_MIN / PLACES ? bits + ID_MIN / PLACES : bits;
  };
  /** A free place and an id that nobody can guess from the last one. */
  const nextId = (): number => {
    for (let tries = 0; tries < PLACES; tries++) {
      cursor = (cursor + 1) % PLACES;
      if (places[cursor] === undefined) return highHalf() * PLACES + cursor;
    }
    return -1;
  };
  const costOf = (exchange: Exchange) => BUFFER_COST_BYTES + BUFFER_COST_FACTOR * exchange.expectedBytes;
  const uncount = (exchange: Exchange) => {
    if (!exchange.counted || exchange.socket === null) return;
    exchange.counted = false;
    exchange.socket.expectedBytes -= costOf(exchange);
    drain(exchange.socket);
  };
  const leave = (exchange: Exchange) => {
    if (places[exchange.id % PLACES] !== exchange) return false;
    places[exchange.id % PLACES] = undefined;
    uncount(exchange);
    if (exchange.connected && exchange.socket) {
      connected--;
      exchange.socket.close();
    }
    return true;
  };
  const lose = (exchange: Exchange, trouble: SnmpTrouble, detail: string) => {
    if (leave(exchange)) exchange.asker.lost(exchange, trouble, detail);
  };

  const dispatch = (exchange: Exchange, socket: UdpSocket) => {
    const { link } = exchange;
    exchange.socket = socket;
    exchange.counted = true;
    exchange.sentMs = clock.monoMs();
    socket.expectedBytes += costOf(exchange);
    counts.sent++;
    if (exchange.again) counts.resent++;
    const failed = exchange.first
      ? (code: string) => lose(exchange, code === 'ECONNREFUSED' ? 'refused' : 'no route', code)
      : null;
    socket.send(exchange.datagram, link.port, link.address, failed);
    wheel.add(exchange.id, Math.min(TOGETHER_MS, exchange.timeoutMs));
  };
  const drain = (socket: UdpSocket) => {
    const queue = queues.get(socket);
    if (!queue) return;
    while (queue.first < queue.waiting.length && (socket.expectedBytes < socket.roomBytes || closed)) {
      const exchange = queue.waiting[queue.first++];
      if (exchange && places[exchange.id % PLACES] === exchange) dispatch(exchange, socket);
    }
    if (queue.first === queue.waiting.length) queues.delete(socket);
    else if (queue.first > 1_024) {
      queue.waiting.splice(0, queue.first);
      queue.first = 0;
    }
  };

  const receive = (socket: UdpSocket, bytes: Uint8Array, address: string, port: number) => {
    counts.received++;
    const version = versionOf(bytes, bytes.length);
    const problem = version < 0 ? 'it is no message' : version === 3 ? '' : readMessage(bytes, bytes.length, message);
    if (problem !== '') {
      counts.malformed++;
      hintAt(socket, bytes, address, port, problem);
      return;
    }
    const exchange = places[message.requestId % PLACES];
    if (exchange?.id !== message.requestId || exchange.socket === null) {
      counts.late++;
      return;
    }
    const { link } = exchange;
    if (exchange.socket !== socket || address !== link.address || port !== link.port) {
      counts.foreign++;
      return;
    }
    const objection = objectionTo(link.security, bytes);
    if (objection === 'community') {
      counts.wrongCommunity++;
      exchange.hint ??= { trouble: 'bad answer', detail: 'the answer came under another community' };
      return;
    }
    const refused = objection !== '' ? objection : exchange.asker.answered(exchange, bytes, message);
    if (refused !== '') {
      counts.malformed++;
      exchange.hint = { trouble: 'bad answer', detail: refused };
    }
  };

  /** A datagram that is no SNMP says something all the same where only one request can be meant by it. */
  const hintAt = (socket: UdpSocket, bytes: Uint8Array, address: string, port: number, problem: string) => {
    const exchange = socket.owner >= 0 ? places[socket.owner % PLACES] : firstTo(address, port);
    if (exchange && exchange.link.address === address && exchange.link.port === port) {
      exchange.hint ??= { trouble: versionOf(bytes, bytes.length) < 0 ? 'not snmp' : 'bad answer', detail: problem };
    }
  };
  /** Looked for among few: this is for people who try out a device, not for a fleet. */
  const firstTo = (address: string, port: number): Exchange | undefined => {
    for (let back = 0; back < 256; back++) {
      const exchange = places[(cursor - back + PLACES) % PLACES];
      if (exchange && exchange.link.address === address && exchange.link.port === port) return exchange;
    }
    return undefined;
  };
  const objectionTo = (security: Security, bytes: Uint8Array): string => {
    if (message.version !== security.version) return 'it is of another SNMP version';
    const { community } = security;
    if (message.communityTo - message.communityFrom !== community.length) return 'community';
    for (let i = 0; i < community.length; i++) if (bytes[message.communityFrom + i] !== community[i]) return 'community';
    return message.type === 0xa2 ? '' : 'it is a Report outside of SNMPv3';
  };

  return {
    begin(ask) {
      const id = closed ? -1 : nextId();
      if (id < 0) return null;
      const { link, asker, timeoutMs, expectedBytes, first, again } = ask;
      const own = ask.connected && connected < CONNECTED_MAX;
      const exchange: Exchange = {
        id,
        link,
        asker,
        datagram: ask.write(id),
        timeoutMs,
        expectedBytes,
        connected: own,
        first,
        again,
        socket: null,
        counted: false,
        sentMs: 0,
        hint: null,
      };
      places[id % PLACES] = exchange;
      if (own) {
        connected++;
        dispatch(exchange, sockets.connected(link.family, id, link.address, link.port));
        return exchange;
      }
      const socket = sockets.shared(link.family, link.place);
      const queue = queues.get(socket);
      if (queue) queue.waiting.push(exchange);
      else if (socket.expectedBytes >= socket.roomBytes) queues.set(socket, { waiting: [exchange], first: 0 });
      else dispatch(exchange, socket);
      return exchange;
    },
    cancel(exchange) {
      leave(exchange);
    },
    elapsedMs: (exchange) => clock.monoMs() - exchange.sentMs,
    async close() {
      closed = true;
      wheel.stop();
      for (const exchange of places) if (exchange) lose(exchange, 'aborted', '');
      await sockets.close();
    },
  };
}
