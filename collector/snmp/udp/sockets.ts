/**
 * A few unconnected sockets for all devices, and short-lived connected ones: only those are
 * told when a device refuses (ICMP port unreachable).
 */
import dgram from 'node:dgram';
import { SocketAddress } from 'node:net';

export type Family = 'ipv4' | 'ipv6';

export interface Receiver {
  /** A datagram came; `bytes` is the receiver's to keep for the moment of the call. */
  received(socket: UdpSocket, bytes: Uint8Array, address: string, port: number): void;
  /** The system said that nothing can be reached through this connected socket, or it broke. */
  failed(socket: UdpSocket, code: string): void;
}

export interface UdpSocket {
  readonly family: Family;
  /** Set for a connected one: it belongs to one request. */
  readonly owner: number;
  /** Octets of answers that may be on their way at once without overrunning the receive buffer. */
  readonly roomBytes: number;
  /** Octets of answers expected now. */
  expectedBytes: number;
  send(datagram: Uint8Array, port: number, address: string, failed: ((code: string) => void) | null): void;
  close(): void;
}

/** Asked for; the system gives what its limit allows (net.core.rmem_max). */
const RECEIVE_BUFFER_BYTES = 8 * 1024 * 1024;
/** Sockets a family: each has a receive buffer of its own, which where the limit is small is too small for all. */
const SHARED = 4;
/** What an answer takes of a receive buffer beyond its own size: the kernel's bookkeeping, and rounding up. */
export const BUFFER_COST_FACTOR = 2;
export const BUFFER_COST_BYTES = 1_024;

/** The address in the one way of writing in which the system gives senders; null when it is none. */
export function canonicalAddress(address: string): { readonly address: string; readonly family: Family } | null {
  const [bare = '', scope] = address.split('%');
  const family: Family = bare.includes(':') ? 'ipv6' : 'ipv4';
  try {
    const canonical = new SocketAddress({ address: bare, family }).address;
    return { address: scope === undefined ? canonical : `${canonical}%${scope}`, family };
  } catch {
    return null;
  }
}

export interface Sockets {
  /** The socket a device is asked through; opened when first needed. */
  shared(family: Family, place: number): UdpSocket;
  /** A socket for one request, connected to its target. */
  connected(family: Family, owner: number, address: string, port: number): UdpSocket;
  /** A shared socket that broke is closed; the next request opens another. */
  replace(socket: UdpSocket): void;
  close(): Promise<void>;
}

export function createSockets(receiver: Receiver): Sockets {
  const shared = new Map<string, UdpSocket & { closed(): Promise<void> }>();
  const open = new Set<UdpSocket & { closed(): Promise<void> }>();

  const make = (family: Family, owner: number) => {
    const socket = dgram.createSocket({
      type: family === 'ipv6' ? 'udp6' : 'udp4',
      ...(family === 'ipv6' ? { ipv6Only: true } : {}),
      // Only addresses come here: nothing is looked up, and a datagram leaves in the same breath.
      lookup: (address: string, _options: unknown, done: (error: Error | null, address: string, family: number) => void) => {
        done(null, address, family === 'ipv6' ? 6 : 4);
      },
    });
    let closing: Promise<void> | null = null;
    let unreachable = false;
    /** It failed before it could do anything; Node never tells of the end of such a socket. */
    let broken = false;
    let ready = false;
    const one = {
      family,
      owner,
      roomBytes: RECEIVE_BUFFER_BYTES,
      expectedBytes: 0,
      send(datagram: Uint8Array, port: number, address: string, failed: ((code: string) => void) | null) {
        // Without a connection there is no way to send; why there is none comes as an error of the socket.
        if (closing) queueMicrotask(() => failed?.('ENOTCONN'));
        if (closing || unreachable) return;
        const done = failed && ((error: Error | null) => (error ? failed(codeOf(error)) : undefined));
        try {
          if (owner >= 0) {
            if (done) socket.send(datagram, done);
            else socket.send(datagram);
          } else if (done) socket.send(datagram, 0, datagram.length, port, address, done);
          else socket.send(datagram, 0, datagram.length, port, address);
        } catch (error) {
          // The socket is not what it should be, an address family that this machine has not for one. Told later: who sends is not ready to hear it.
          queueMicrotask(() => {
            failed?.(codeOf(error));
            receiver.failed(one, codeOf(error));
          });
        }
      },
      close() {
        void this.closed();
      },
      closed() {
        closing ??= new Promise<void>((resolve) => {
          open.delete(one);
          socket.removeAllListeners('message');
          socket.close(() => resolve());
          if (broken) resolve();
        });
        return closing;
      },
    };
    open.add(one);
    socket.on('message', (bytes, from) => receiver.received(one, bytes, from.address, from.port));
    socket.on('listening', () => (ready = true));
    socket.on('error', (error) => {
      broken ||= !ready;
      // In a moment: it may be that nobody knows this socket yet.
      queueMicrotask(() => receiver.failed(one, codeOf(error)));
    });
    const connect = (port: number, address: string) => {
      socket.connect(port, address);
      try {
        socket.remoteAddress();
      } catch {
        unreachable = true;
      }
    };
    return { socket, one, connect };
  };

  return {
    shared(family, place) {
      const key = `${family} ${place % SHARED}`;
      const known = shared.get(key);
      if (known) return known;
      const { socket, one } = make(family, -1);
      // Bound by an explicit call: with our lookup "listening" comes before anybody could wait for it.
      socket.bind(0);
      socket.unref();
      try {
        socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
        one.roomBytes = Math.floor(socket.getRecvBufferSize() * 0.75);
      } catch {
        // Not bound yet, or not allowed: the system's own size is there, and this much of it is safe.
        one.roomBytes = 128 * 1024;
      }
      shared.set(key, one);
      return one;
    },
    connected(family, owner, address, port) {
      const { socket, one, connect } = make(family, owner);
      socket.unref();
      connect(port, address);
      return one;
    },
    replace(socket) {
      for (const [key, one] of shared) if (one === socket) shared.delete(key);
      socket.close();
    },
    async close() {
      await Promise.all([...open].map((one) => one.closed()));
    },
  };
}

function codeOf(error: unknown): string {
  return error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : String(error);
}
