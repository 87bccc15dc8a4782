/**
 * Requests in flight: each has a place in a table, which its request id names, and a time by
 * which it is answered or lost. A datagram counts only when its id, its sender and its
 * community are those of a request in flight; so one that is forged or late cancels nothing.
 */
import { randomFillSync } from 'node:crypto';
import type { Clock } from '../../../core/ports.ts';
import type { SnmpTrouble } from '../transport.ts';
import { ID_MIN } from './ber.ts';
import { messageIdOf, OTHER_USER } from '../usm/message.ts';
import { createMessage, readMessage, readPdu, versionOf, type Message } from './decode.ts';
import type { Link, UserSecurity } from './link.ts';
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
  /**
   * No answer within its time.
   * @returns true to go on listening until the exchange is cancelled, false for `lost`
   */
  expired?(exchange: Exchange): boolean;
  /** No answer within its time, or it cannot be had. */
  lost(exchange: Exchange, trouble: SnmpTrouble, detail: string): void;
}

export interface Exchange {
  readonly id: number;
  readonly link: Link;
  readonly asker: Asker;
  /** Under a community the datagram, for v3 the PDU in it. */
  readonly payload: Uint8Array;
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
  /** Its time is over, and what it brings is welcome all the same. */
  overdue: boolean;
  /** When its time began; further datagrams for it do not make it longer. */
  beganMs: number;
  /** When its last datagram left. */
  sentMs: number;
  /** Datagrams that left for it: v3 may need several. */
  sends: number;
  /** What was wrong with an answer that was refused: told if no better one comes. */
  hint: { readonly trouble: SnmpTrouble; readonly detail: string } | null;
}

export interface Ask {
  readonly link: Link;
  readonly asker: Asker;
  /** Makes what is sent, see `compose`, for the id the request gets. */
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

const RESPONSE = 0xa2;
/** Requests in flight at most; their number is the low half of the request id. */
const PLACES = 65_536;
/** An answer that has not come by now comes alone, and no longer holds up others. */
const TOGETHER_MS = 50;
const CONNECTED_MAX = 512;
/** Datagrams for one v3 request at most: discovery, time synchronisation and the request itself need three. */
export const MAX_SENDS = 8;
/** Reports after which the same request may well be answered. */
const CORRECTED: readonly SnmpTrouble[] = ['not in time window', 'unknown engine'];

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
      if (socket.owner < 0) sockets.replace(socket);
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
      const leftMs = exchange.beganMs + exchange.timeoutMs - clock.monoMs();
      if (leftMs > 0) {
        wheel.add(id, leftMs);
        return;
      }
      const { hint } = exchange;
      if (hint === null && exchange.asker.expired?.(exchange)) {
        exchange.overdue = true;
        return;
      }
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
    exchange.socket = socket;
    exchange.counted = true;
    socket.expectedBytes += costOf(exchange);
    if (exchange.again) counts.resent++;
    exchange.beganMs = clock.monoMs();
    transmit(exchange, socket);
    wheel.add(exchange.id, Math.min(TOGETHER_MS, exchange.timeoutMs));
  };
  const transmit = (exchange: Exchange, socket: UdpSocket) => {
    const { link, payload, id } = exchange;
    exchange.sentMs = clock.monoMs();
    const failed =
      exchange.first && exchange.sends === 0
        ? (code: string) => lose(exchange, code === 'ECONNREFUSED' ? 'refused' : 'no route', code)
        : null;
    exchange.sends++;
    counts.sent++;
    const { security } = link;
    if (security.version !== 3) socket.send(payload, link.port, link.address, failed);
    else {
      const { usm, engine } = security;
      const datagram = engine ? usm.seal(engine, id, payload, 0, payload.length, exchange.sentMs) : usm.probe(id);
      socket.send(datagram, link.port, link.address, failed);
    }
  };
  const drain = (socket: UdpSocket) => {
    const queue = queues.get(socket);
    if (!queue || closed) return;
    while (queue.first < queue.waiting.length && socket.expectedBytes < socket.roomBytes) {
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
    let problem = version < 0 ? 'it is no message' : '';
    let id = -1;
    if (version === 3) id = messageIdOf(bytes, bytes.length);
    else if (version >= 0) {
      problem = readMessage(bytes, bytes.length, message);
      id = message.requestId;
    }
    if (problem !== '' || (version === 3 && id < 0)) {
      counts.malformed++;
      hintAt(socket, bytes, address, port, problem);
      return;
    }
    const exchange = id < 0 ? undefined : places[id % PLACES];
    if (exchange?.id !== id || exchange.socket === null) {
      counts.late++;
      return;
    }
    const { link } = exchange;
    if (exchange.socket !== socket || address !== link.address || port !== link.port) {
      counts.foreign++;
      return;
    }
    const { security } = link;
    if (security.version === 3) {
      if (version === 3) openSealed(exchange, security, bytes);
      else refuse(exchange, 'bad answer', 'it is of another SNMP version');
      return;
    }
    if (version !== security.version) refuse(exchange, 'bad answer', 'it is of another SNMP version');
    else if (!isFrom(security.community, bytes)) {
      counts.wrongCommunity++;
      exchange.hint ??= { trouble: 'bad answer', detail: 'the answer came under another community' };
    } else if (message.type !== RESPONSE) refuse(exchange, 'bad answer', 'it is a Report outside of SNMPv3');
    else accept(exchange, bytes);
  };
  const refuse = (exchange: Exchange, trouble: SnmpTrouble, detail: string) => {
    counts.malformed++;
    exchange.hint = { trouble, detail };
  };
  const accept = (exchange: Exchange, bytes: Uint8Array) => {
    const objection = exchange.asker.answered(exchange, bytes, message);
    if (objection !== '') refuse(exchange, 'bad answer', objection);
  };
  const isFrom = (community: Uint8Array, bytes: Uint8Array): boolean => {
    if (message.communityTo - message.communityFrom !== community.length) return false;
    for (let i = 0; i < community.length; i++) if (bytes[message.communityFrom + i] !== community[i]) return false;
    return true;
  };

  const openSealed = (exchange: Exchange, security: UserSecurity, bytes: Uint8Array) => {
    const opened = security.usm.open(bytes, bytes.length, exchange.id, security.engine, clock.monoMs());
    if (!opened.ok) {
      if (opened.text === OTHER_USER) {
        counts.wrongCommunity++;
        exchange.hint ??= { trouble: 'bad answer', detail: OTHER_USER };
        return;
      }
      refuse(exchange, opened.trouble, opened.text);
      // Authentic, but older than what was heard before: an agent that began anew without counting its boots.
      if (opened.trouble === 'not in time window') security.engine = null;
      return;
    }
    if (opened.kind === 'report') {
      const began = security.engine === null;
      security.engine = opened.engine;
      if (!began && !CORRECTED.includes(opened.trouble)) lose(exchange, opened.trouble, '');
      else if (exchange.overdue) leave(exchange);
      else if (exchange.sends >= MAX_SENDS || !exchange.socket) {
        lose(exchange, opened.trouble === 'not in time window' ? opened.trouble : 'report storm', '');
      } else transmit(exchange, exchange.socket);
      return;
    }
    const problem = readPdu(opened.buffer, opened.pduFrom, opened.pduTo, message);
    if (problem !== '' || message.type !== RESPONSE || message.requestId !== exchange.id) {
      refuse(exchange, 'bad answer', problem === '' ? 'it answers another request' : problem);
      return;
    }
    security.clock = { boots: opened.boots, timeS: opened.timeS };
    accept(exchange, opened.buffer);
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
        payload: ask.write(id),
        timeoutMs,
        expectedBytes,
        connected: own,
        first,
        again,
        socket: null,
        counted: false,
        overdue: false,
        beganMs: 0,
        sentMs: 0,
        sends: 0,
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
