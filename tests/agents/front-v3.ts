/**
 * SNMPv3 before an agent that speaks v2c on loopback: discovery, time window, signature and
 * encryption are the front's, what is answered is the agent's. Its engine's clocks are
 * settable, and what it answers may be damaged before or after it is signed.
 */
import dgram from 'node:dgram';
import { encodeReportV3, tlv } from '../../demo/agents/ber.ts';
import { readNumber, readTlvsOf, type Tlv } from './oracle.ts';
import { usmKeys, type UsmUser } from './usm.ts';

const ENGINE_ID = Buffer.from('80001f8880c0ffee', 'hex');
const TIME_WINDOW_S = 150;
/** Requests remembered, so that one may be answered late or again. */
const WAITING_MAX = 1_000;
const STAT = { level: 1, window: 2, user: 3, engine: 4, digest: 5, decryption: 6 } as const;
const WITH_AUTH = 1;
const WITH_PRIV = 2;

export interface FrontV3 {
  readonly port: number;
  /** snmpEngineBoots; change it and the engine has started anew. */
  boots: number;
  /** snmpEngineTime, seconds. */
  timeS: () => number;
  /** Changes the PDU before it is signed and encrypted. */
  content: (pdu: Buffer, requestId: number) => Uint8Array;
  /** What to send for a finished answer; by default the answer itself. */
  answers: (datagram: Buffer) => readonly Uint8Array[];
  /** Datagrams received, those for discovery and time included. */
  received(): number;
  close(): Promise<void>;
}

interface Request {
  readonly messageId: number;
  readonly flags: number;
  readonly pdu: Tlv;
}

/** @param community of the agent behind it */
export async function startFrontV3(agentPort: number, who: UsmUser, host = '127.0.0.1', community = 'public'): Promise<FrontV3> {
  const keys = usmKeys(who, ENGINE_ID);
  const level = (who.auth ? WITH_AUTH : 0) | (who.priv ? WITH_PRIV : 0);
  const kind = host.includes(':') ? 'udp6' : 'udp4';
  const front = dgram.createSocket(kind);
  const back = dgram.createSocket(kind);
  for (const socket of [front, back]) {
    socket.on('error', () => {});
    await new Promise<void>((resolve) => socket.bind(0, host, resolve));
  }
  const startMs = performance.now();
  /** By request id. */
  const waiting = new Map<number, Request & { readonly client: dgram.RemoteInfo }>();
  let received = 0;
  let salted = 0n;
  let closed = false;
  const it: FrontV3 = {
    port: front.address().port,
    boots: 1,
    timeS: () => 1_000 + Math.floor((performance.now() - startMs) / 1_000),
    content: (pdu) => pdu,
    answers: (datagram) => [datagram],
    received: () => received,
    async close() {
      closed = true;
      await Promise.all([front, back].map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
    },
  };
  const send = (datagram: Uint8Array, client: dgram.RemoteInfo) => {
    if (!closed) front.send(datagram, client.port, client.address);
  };

  const sealed = (messageId: number, pdu: Uint8Array): Buffer => {
    const [boots, timeS] = [it.boots, it.timeS()];
    const scoped = sequence(octets(ENGINE_ID), octets(''), pdu);
    const salt = Buffer.alloc(who.priv ? 8 : 0);
    if (who.priv) salt.writeBigUInt64BE(++salted);
    const body = who.priv ? octets(keys.encrypt(scoped, boots, timeS, salt)) : scoped;
    const header = sequence(number(messageId), number(65_507), octets(Buffer.of(level)), number(3));
    const withSignature = (signature: Uint8Array) => {
      const security = sequence(
        octets(ENGINE_ID),
        number(boots),
        number(timeS),
        octets(who.user),
        octets(signature),
        octets(salt),
      );
      return sequence(number(3), header, octets(security), body);
    };
    return withSignature(keys.sign(withSignature(Buffer.alloc(keys.signatureOctets))));
  };

  /** The request in a datagram, or what must be reported instead. */
  const open = (datagram: Buffer): Request | { readonly messageId: number; readonly stat: number } => {
    const [message] = readTlvsOf(datagram, [0x30]) as [Tlv];
    const [, header, security, body] = readTlvsOf(message.content, [2, 0x30, 4, null]) as [Tlv, Tlv, Tlv, Tlv];
    const [id, , flagOctets] = readTlvsOf(header.content, [2, 2, 4, 2]) as [Tlv, Tlv, Tlv, Tlv];
    const messageId = whole(id);
    const flags = flagOctets.content[0] ?? 0;
    const [inner] = readTlvsOf(security.content, [0x30]) as [Tlv];
    const parts = readTlvsOf(inner.content, [4, 2, 2, 4, 4, 4]) as [Tlv, Tlv, Tlv, Tlv, Tlv, Tlv];
    const [engine, bootsPart, timePart, user, signature, salt] = parts;
    const report = (stat: number) => ({ messageId, stat });
    if (!ENGINE_ID.equals(engine.content)) return report(STAT.engine);
    if (Buffer.from(user.content).toString() !== who.user) return report(STAT.user);
    if ((flags & (WITH_AUTH | WITH_PRIV)) !== level) return report(STAT.level);
    const [boots, timeS] = [whole(bootsPart), whole(timePart)];
    if (who.auth) {
      const unsigned = Buffer.from(datagram);
      const at = signature.content.byteOffset - datagram.byteOffset;
      unsigned.fill(0, at, at + signature.content.length);
      if (!keys.verify(unsigned, signature.content)) return report(STAT.digest);
      if (boots !== it.boots || Math.abs(timeS - it.timeS()) > TIME_WINDOW_S) return report(STAT.window);
    }
    const plain = who.priv
      ? keys.decrypt(readTlvsOf(body.whole, [4])[0]?.content ?? Buffer.alloc(0), boots, timeS, salt.content)
      : body.whole;
    const [scoped] = readTlvsOf(plain, [0x30]) as [Tlv];
    const [, , pdu] = readTlvsOf(scoped.content, [4, 4, null]) as [Tlv, Tlv, Tlv];
    return { messageId, flags, pdu };
  };

  front.on('message', (datagram, client) => {
    received++;
    let seen: ReturnType<typeof open>;
    try {
      seen = open(datagram);
    } catch (error) {
      if (error instanceof RangeError) return;
      throw error;
    }
    if ('stat' in seen) {
      const { messageId, stat } = seen;
      if (stat === STAT.window) {
        // RFC 3414, 3.2.7: this one report is authentic, so that the client may take over the time.
        send(signedReport(messageId), client);
      } else send(encodeReportV3({ messageId, boots: it.boots, timeS: it.timeS(), stat }), client);
      return;
    }
    const requestId = whole(readTlvsOf(seen.pdu.content, [2, 2, 2, 0x30])[0] as Tlv);
    waiting.set(requestId, { ...seen, client });
    if (waiting.size > WAITING_MAX) waiting.delete(waiting.keys().next().value ?? 0);
    back.send(sequence(number(1), octets(community), seen.pdu.whole), agentPort, host);
  });
  const signedReport = (messageId: number): Buffer => {
    const plain = encodeReportV3({ messageId, boots: it.boots, timeS: it.timeS(), stat: STAT.window });
    const [message] = readTlvsOf(plain, [0x30]) as [Tlv];
    const [, , , scoped] = readTlvsOf(message.content, [2, 0x30, 4, 0x30]) as [Tlv, Tlv, Tlv, Tlv];
    const header = sequence(number(messageId), number(65_507), octets(Buffer.of(WITH_AUTH)), number(3));
    const withSignature = (signature: Uint8Array) => {
      const clock = [number(it.boots), number(it.timeS())];
      const security = sequence(octets(ENGINE_ID), ...clock, octets(who.user), octets(signature), octets(''));
      return sequence(number(3), header, octets(security), scoped.whole);
    };
    return withSignature(keys.sign(withSignature(Buffer.alloc(keys.signatureOctets))));
  };

  back.on('message', (reply) => {
    const [message] = readTlvsOf(reply, [0x30]) as [Tlv];
    const [, , pdu] = readTlvsOf(message.content, [2, 4, null]) as [Tlv, Tlv, Tlv];
    const requestId = whole(readTlvsOf(pdu.content, [2, 2, 2, 0x30])[0] as Tlv);
    const request = waiting.get(requestId);
    if (!request) return;
    const datagram = sealed(request.messageId, it.content(Buffer.from(pdu.whole), requestId));
    for (const one of it.answers(datagram)) send(one, request.client);
  });
  return it;
}

const sequence = (...parts: Uint8Array[]): Buffer => tlv(0x30, Buffer.concat(parts));
const octets = (value: Uint8Array | string): Buffer => tlv(4, Buffer.from(value as string));
const whole = (part: Tlv): number => Number(readNumber(part.content, -(2n ** 31n), 2n ** 31n - 1n));
function number(value: number): Buffer {
  const content = Buffer.alloc(4);
  content.writeInt32BE(value);
  // As few octets as keep the sign, as X.690 asks.
  let from = 0;
  while (
    from < 3 &&
    ((content[from] === 0 && (content[from + 1] ?? 0) < 128) || (content[from] === 255 && (content[from + 1] ?? 0) > 127))
  )
    from++;
  return tlv(2, content.subarray(from));
}
