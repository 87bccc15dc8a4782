/**
 * One net-snmp session behind guards. net-snmp trusts what it receives: it takes replies from
 * anywhere, lets a wrong community cancel a request, throws on surplus variables and follows
 * Reports without end. So it never sees the socket: every datagram is inspected here first,
 * every request has our own deadline, and at most MAX_SENDS datagrams leave for one request.
 */
import dgram from 'node:dgram';
import { BlockList } from 'node:net';
import snmp from 'net-snmp';
import { inspect, REPORT, RESPONSE, type Inspected } from './wire.ts';
import { failure } from './failures.ts';
import { toVarbind, type NetSnmpVarbind } from './varbinds.ts';
import type { EngineClock, SnmpAsking, SnmpCounts, SnmpFailure, SnmpTarget, SnmpTrouble, Varbind } from './transport.ts';

/** Datagrams for one request at most: discovery, time synchronisation and the request itself need three. */
export const MAX_SENDS = 8;
/** net-snmp's own timer must never be the one that ends a request. */
const LIBRARY_TIMEOUT_MS = 3_600_000;
const RECEIVE_BUFFER_BYTES = 512 * 1024;
const ERROR_STATUS_MAX = 18;
/** Reports of the user-based security model: usmStats, RFC 3414. */
const USM_STATS = '1.3.6.1.6.3.15.1.1.';
const REPORTED: Readonly<Record<string, SnmpTrouble>> = {
  '1': 'unsupported level',
  '2': 'not in time window',
  '3': 'unknown user',
  '4': 'unknown engine',
  '5': 'wrong auth key',
  '6': 'wrong priv key',
};

export type Request =
  | { readonly op: 'get' | 'next'; readonly oids: readonly string[] }
  | { readonly op: 'bulk'; readonly oid: string; readonly repetitions: number };

export interface Exchange {
  readonly ok: true;
  readonly varbinds: readonly Varbind[];
  /** error-status of RFC 3416; 0 = none. With an error there are no varbinds. */
  readonly errorStatus: number;
  /** 1-based, 0 when not known. */
  readonly errorIndex: number;
  readonly engine: EngineClock | null;
  readonly roundTripMs: number;
}

export interface GuardedSession {
  /** One request, one answer; the next one only after this has settled. */
  exchange(request: Request, timeoutMs: number, asking: SnmpAsking): Promise<Exchange | SnmpFailure>;
  close(): void;
}

export type MutableCounts = { -readonly [K in keyof SnmpCounts]: SnmpCounts[K] };

/** What of net-snmp's session we must reach although its types do not tell. */
interface Internals {
  reqs: Record<string, unknown>;
  unregisterRequest(id: string): unknown;
  registerRequest(req: unknown): void;
}
interface LibraryError extends Error {
  code?: number | string;
  status?: number;
  info?: unknown;
}

interface Pending {
  readonly request: Request;
  sends: number;
  errorStatus: number;
  errorIndex: number;
  engine: EngineClock | null;
  /** What was wrong with replies that were refused; told if no better one comes. */
  hint: { trouble: SnmpTrouble; detail: string } | null;
  reported: SnmpTrouble | null;
  settle(outcome: { ok: true; varbinds: readonly Varbind[] } | SnmpFailure): void;
}

/** A session to one address. Resolves once the socket is ready. */
export async function openSession(
  target: SnmpTarget,
  address: string,
  counts: MutableCounts,
): Promise<GuardedSession | SnmpFailure> {
  const family = address.includes(':') ? 'ipv6' : 'ipv4';
  const socket = dgram.createSocket({ type: family === 'ipv6' ? 'udp6' : 'udp4', recvBufferSize: RECEIVE_BUFFER_BYTES });
  // A connected socket lets the kernel drop foreign datagrams and tell us of ICMP refusals.
  const problem = await new Promise<Error | null>((resolve) => {
    socket.once('error', resolve);
    socket.connect(target.port, address, (...args: unknown[]) => resolve(args[0] instanceof Error ? args[0] : null));
  });
  if (problem) {
    closeQuietly(socket);
    return socketFailure(target, problem);
  }
  socket.removeAllListeners('error');
  socket.unref();
  return guard(target, socket, family, address, counts);
}

function guard(
  target: SnmpTarget,
  socket: dgram.Socket,
  family: 'ipv4' | 'ipv6',
  address: string,
  counts: MutableCounts,
): GuardedSession {
  const peer = new BlockList();
  peer.addAddress(address, family);
  let pending: Pending | null = null;
  let closed = false;
  let deliver: (datagram: Buffer) => void = () => {};
  let onClosed: () => void = () => {};
  /** The request whose reply is being parsed: taken back if that reply turns out to be forged. */
  let delivering: { id: string; req: unknown } | null = null;

  const facade = {
    on(event: string, listener: (...args: never[]) => void) {
      if (event === 'message') deliver = listener as (datagram: Buffer) => void;
      if (event === 'close') onClosed = listener;
      return facade;
    },
    ref: () => (closed ? socket : socket.ref()),
    unref: () => (closed ? socket : socket.unref()),
    send(
      buffer: Buffer,
      _offset: number,
      _length: number,
      _port: number,
      _host: string,
      callback: (error: Error | null) => void,
    ) {
      if (!pending || closed) return;
      if (pending.sends >= MAX_SENDS) {
        const trouble = pending.reported ?? 'report storm';
        pending.settle(failure(target, trouble === 'not in time window' ? trouble : 'report storm'));
        return;
      }
      pending.sends++;
      counts.sent++;
      // Registered before it is sent, so that no reply can be too fast to be expected.
      callback(null);
      socket.send(buffer, (error) => {
        if (error) pending?.settle(socketFailure(target, error));
      });
    },
    close() {
      closeQuietly(socket);
      onClosed();
    },
  };
  const session = createLibrarySession(target, address, { createSocket: () => facade });
  const internals = session as unknown as Internals;
  session.on('error', (error) => refuse('bad answer', error.message));

  const refuse = (trouble: SnmpTrouble, detail: string) => {
    counts.malformed++;
    if (pending) pending.hint = { trouble, detail };
  };

  const receive = (datagram: Buffer, from: dgram.RemoteInfo) => {
    counts.received++;
    if (from.port !== target.port || !peer.check(from.address, family)) {
      counts.foreign++;
      return;
    }
    const seen = inspect(datagram);
    if (!seen.ok) {
      refuse('not snmp', seen.text);
      return;
    }
    const objection = seen.version === 3 ? objectV3(target, seen) : objectCommunity(target, seen);
    if (objection === 'wrong community') {
      counts.wrongCommunity++;
      if (pending) pending.hint ??= { trouble: 'bad answer', detail: 'the answer came under another community or user' };
      return;
    }
    if (objection !== null) {
      refuse('bad answer', objection);
      return;
    }
    const id = String(seen.version === 3 ? seen.messageId : seen.pdu.requestId);
    const req = internals.reqs[id];
    if (!pending || req === undefined) {
      counts.late++;
      return;
    }
    if (seen.pdu !== null && seen.pdu.type === RESPONSE) {
      const { errorStatus } = seen.pdu;
      const mismatch =
        errorStatus < 0 || errorStatus > ERROR_STATUS_MAX
          ? 'its error status is out of range'
          : mismatchOf(pending.request, seen.pdu.oids, errorStatus);
      if (mismatch !== null) {
        refuse('bad answer', mismatch);
        return;
      }
      pending.errorStatus = errorStatus;
      pending.errorIndex = seen.pdu.errorIndex;
    }
    if (seen.pdu?.type === REPORT) pending.reported = reportedBy(seen.pdu.oids[0]);
    if (seen.version === 3) pending.engine = { boots: seen.boots, timeS: seen.timeS };
    delivering = { id, req };
    try {
      deliver(datagram);
    } catch (error) {
      refuse('bad answer', error instanceof Error ? error.message : String(error));
      expectAgain();
    } finally {
      delivering = null;
    }
  };

  /** Puts back the request that a forged or broken reply has used up. */
  const expectAgain = () => {
    if (!delivering || !pending || internals.reqs[delivering.id] !== undefined) return;
    internals.registerRequest(delivering.req);
  };

  socket.on('message', receive);
  socket.on('error', (error) => pending?.settle(socketFailure(target, error)));

  const forget = () => {
    for (const id of Object.keys(internals.reqs)) internals.unregisterRequest(id);
  };

  const answered = (mine: Pending, error: LibraryError | null, varbinds: readonly unknown[]) => {
    if (pending !== mine) return;
    if (error === null) {
      const flat = varbinds.flat() as NetSnmpVarbind[];
      const mismatch = mismatchOf(
        mine.request,
        flat.map((varbind) => varbind.oid),
        0,
      );
      if (mismatch !== null) {
        mine.settle(failure(target, 'bad answer', mismatch));
        return;
      }
      try {
        mine.settle({ ok: true, varbinds: flat.map(toVarbind) });
      } catch (cause) {
        mine.settle(failure(target, 'bad answer', cause instanceof Error ? cause.message : String(cause)));
      }
      return;
    }
    if (error.name === 'RequestFailedError') {
      mine.errorStatus = error.status ?? mine.errorStatus;
      mine.settle({ ok: true, varbinds: [] });
      return;
    }
    const { ECouldNotDecrypt, EAuthFailure, ENotInTimeWindow } = snmp.ResponseInvalidCode as unknown as Record<string, number>;
    const forged = error.code === ECouldNotDecrypt || (error.code === EAuthFailure && error.info !== undefined);
    if (forged) {
      // RFC 3414: what fails authentication or decryption is discarded; the true reply may still come.
      refuse(error.code === ECouldNotDecrypt ? 'wrong priv key' : 'wrong auth key', 'the answer fails its authentication');
      expectAgain();
      return;
    }
    if (error.code === ENotInTimeWindow) mine.settle(failure(target, 'not in time window'));
    else mine.settle(failure(target, mine.reported ?? 'bad answer', error.message));
  };

  return {
    exchange(request, timeoutMs, asking) {
      if (pending) throw new Error('an SNMP session takes one request at a time');
      return new Promise((resolve) => {
        const startMs = asking.clock.monoMs();
        const wake = new AbortController();
        const onAbort = () => mine.settle(failure(target, 'aborted'));
        const mine: Pending = {
          request,
          sends: 0,
          errorStatus: 0,
          errorIndex: 0,
          engine: null,
          hint: null,
          reported: null,
          settle(outcome) {
            if (pending !== mine) return;
            pending = null;
            asking.signal.removeEventListener('abort', onAbort);
            forget();
            wake.abort();
            if (!outcome.ok) resolve(outcome);
            else {
              const roundTripMs = asking.clock.monoMs() - startMs;
              const { errorStatus, errorIndex, engine } = mine;
              resolve({ ok: true, varbinds: outcome.varbinds, errorStatus, errorIndex, engine, roundTripMs });
            }
          },
        };
        pending = mine;
        if (closed) {
          mine.settle(failure(target, 'aborted'));
          return;
        }
        if (asking.signal.aborted) {
          onAbort();
          return;
        }
        asking.signal.addEventListener('abort', onAbort, { once: true });
        asking.clock.sleep(timeoutMs, wake.signal).then(
          () => mine.settle(failure(target, mine.hint?.trouble ?? 'no answer', mine.hint?.detail)),
          () => mine.settle(failure(target, 'aborted')),
        );
        const done = (error: Error | null, varbinds?: readonly unknown[]) => answered(mine, error, varbinds ?? []);
        try {
          if (request.op === 'bulk') session.getBulk([request.oid], 0, request.repetitions, done);
          else if (request.op === 'next') session.getNext([...request.oids], done);
          else session.get([...request.oids], done);
        } catch (error) {
          mine.settle(failure(target, 'bad credentials', error instanceof Error ? error.message : String(error)));
        }
      });
    },
    close() {
      if (closed) return;
      closed = true;
      pending?.settle(failure(target, 'aborted'));
      forget();
      closeQuietly(socket);
    },
  };
}

function createLibrarySession(target: SnmpTarget, address: string, dgramModule: unknown): snmp.Session {
  const options = { port: target.port, retries: 0, timeout: LIBRARY_TIMEOUT_MS, idBitsSize: 32, dgramModule };
  const { credentials } = target;
  if (credentials.version !== '3') {
    const version = credentials.version === '1' ? snmp.Version1 : snmp.Version2c;
    return snmp.createSession(address, credentials.community, { ...options, version });
  }
  const { auth, priv } = credentials;
  const level = auth === null ? 'noAuthNoPriv' : priv === null ? 'authNoPriv' : 'authPriv';
  const user = {
    name: credentials.user,
    level: snmp.SecurityLevel[level],
    ...(auth && { authProtocol: snmp.AuthProtocols[auth.protocol], authKey: auth.key }),
    ...(priv && { privProtocol: snmp.PrivProtocols[priv.protocol], privKey: priv.key }),
  };
  return snmp.createV3Session(address, user, options);
}

function objectCommunity(target: SnmpTarget, seen: Extract<Inspected, { ok: true; version: 0 | 1 }>): string | null {
  const { credentials } = target;
  if (credentials.version === '3' || (credentials.version === '1' ? 0 : 1) !== seen.version)
    return 'it is of another SNMP version';
  if (!Buffer.from(credentials.community).equals(seen.community)) return 'wrong community';
  return seen.pdu.type === RESPONSE ? null : 'it is a Report outside of SNMPv3';
}

/** An unauthenticated answer to an authenticated request must not count, except for Reports. */
function objectV3(target: SnmpTarget, seen: Extract<Inspected, { ok: true; version: 3 }>): string | null {
  const { credentials } = target;
  if (credentials.version !== '3') return 'it is of another SNMP version';
  const level = (credentials.auth ? 1 : 0) | (credentials.priv ? 2 : 0);
  const given = seen.flags & 3;
  if ((given & ~level) !== 0) return 'it is protected in a way that was not asked for';
  if (seen.pdu?.type === REPORT) return null;
  if (given !== level) return 'it is less protected than the request';
  return Buffer.from(credentials.user).equals(seen.user) ? null : 'wrong community';
}

/** Why OIDs cannot be the answer to a request, null when they can. */
function mismatchOf(request: Request, oids: readonly string[], errorStatus: number): string | null {
  if (errorStatus !== 0) return null;
  if (request.op === 'bulk') {
    if (oids.length === 0) return 'it is empty';
    return oids.length <= request.repetitions ? null : 'it has more rows than were asked for';
  }
  const { op, oids: asked } = request;
  if (oids.length !== asked.length) return `it has ${oids.length} values where ${asked.length} were asked for`;
  if (op === 'next') return null;
  const wrong = asked.findIndex((oid, i) => oid !== oids[i]);
  return wrong < 0 ? null : `it has ${oids[wrong]} where ${asked[wrong]} was asked for`;
}

function reportedBy(oid: string | undefined): SnmpTrouble | null {
  return oid?.startsWith(USM_STATS) ? (REPORTED[oid.slice(USM_STATS.length).split('.')[0] ?? ''] ?? null) : null;
}

function socketFailure(target: SnmpTarget, error: Error): SnmpFailure {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code === 'ECONNREFUSED') return failure(target, 'refused');
  return failure(target, 'no route', code);
}

function closeQuietly(socket: dgram.Socket): void {
  socket.removeAllListeners();
  // Late errors of a socket nobody uses any more have no other owner.
  socket.on('error', () => {});
  try {
    socket.close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SOCKET_DGRAM_NOT_RUNNING') throw error;
  }
}
