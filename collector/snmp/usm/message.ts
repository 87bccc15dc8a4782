/**
 * SNMPv3 messages of one user, by the user-based security model (RFC 3412, RFC 3414): requests are
 * sealed, answers opened. Knows no sockets and does not wait; whoever sends keeps an engine for each
 * device, matches message ids and bounds how many datagrams a device's Reports may cost.
 */
import { randomFillSync } from 'node:crypto';
import type { SnmpTrouble } from '../transport.ts';
import { lengthSize, putHead } from '../udp/ber.ts';
import { acceptClock, createEngine, hintClock, timeAt, type UsmEngine } from './engine.ts';
import { createFrame, createScope, FLAG, readFrame, readReport, readScope } from './frame.ts';
import { OTHER_VERSION, REPORT, SALT_OCTETS, USM } from './frame.ts';
import { authHash, authKeyAt, privKeyAt, usmObjection, type UsmCredentials } from './keys.ts';
import { createPrivKey, decrypt, encrypt, encryptedOctets } from './privacy.ts';
import { BLOCK_OCTETS_MAX, createAuthKey, sign, takeSignature } from './signature.ts';

export type { UsmEngine } from './engine.ts';
export { messageIdOf } from './frame.ts';
export { usmObjection, usmSupports, type UsmCredentials } from './keys.ts';

export type Opened =
  | {
      readonly ok: true;
      readonly kind: 'response';
      /** The datagram itself, or a decrypted copy of it that the next `open` of any user overwrites. */
      readonly buffer: Uint8Array;
      /** The Response PDU with its tag. */
      readonly pduFrom: number;
      readonly pduTo: number;
      /** Clock of the agent's engine as the message has it; authentic when the user has authentication. */
      readonly boots: number;
      readonly timeS: number;
    }
  | {
      readonly ok: true;
      readonly kind: 'report';
      readonly trouble: SnmpTrouble;
      /** Whether it was signed with the user's key. Only the holder of the key can, so most troubles never are. */
      readonly authentic: boolean;
      /** To go on with: the one given, its clock perhaps corrected, or a new one. */
      readonly engine: UsmEngine;
    }
  | { readonly ok: false; readonly trouble: SnmpTrouble; readonly text: string };

export interface Usm {
  /** A request that makes an agent tell its engine id and clock (RFC 3414 section 4). */
  probe(messageId: number): Uint8Array;
  /**
   * A whole datagram, the caller's to keep, that asks for pdu[from..to].
   * @param messageId 0 to 2^31-1, not used lately, hard to guess
   * @throws RangeError for a PDU beyond what a datagram holds; TypeError for an engine without this user's keys
   */
  seal(engine: UsmEngine, messageId: number, pdu: Uint8Array, from: number, to: number, monoMs: number): Uint8Array;
  /**
   * What the first `length` octets of a datagram say in answer to a request of this message id.
   * Never throws for what they are. Checked: structure to the last octet, message id, level, user,
   * engine, signature, time window, context. An answer that is less protected than requests are
   * counts only as a Report, and a Report only tells a trouble and may correct the engine's clock or id.
   * `not in time window` of a failure: an authentic answer is older than another one; when that goes
   * on, forget the engine and probe again.
   * @param engine null when it is asked for, after a probe
   */
  open(datagram: Uint8Array, length: number, messageId: number, engine: UsmEngine | null, monoMs: number): Opened;
  /** An engine whose id is known; localises the user's keys, which takes milliseconds for the first of a passphrase. */
  engine(id: Uint8Array, boots: number, timeS: number, monoMs: number): UsmEngine;
}

/** Told when an answer is another user's. */
export const OTHER_USER = 'the answer came under another user';

/** Largest UDP datagram over IPv4; also what we say we can take. */
const DATAGRAM_MAX = 65_507;
const RECEIVED_MAX = 65_535;
/** Some agents fill a whole block more. */
const DES_PADDING_MAX = 8;
/** Content of the message's header without the message id: the largest size, one octet of flags, the model. */
const HEADER_REST = 5 + 3 + 3;
const EMPTY = new Uint8Array(0);
/** GET without objects; its request id matters to nobody. */
const PROBE_PDU = Uint8Array.of(0xa0, 11, 0x02, 1, 0, 0x02, 1, 0, 0x02, 1, 0, 0x30, 0);

/** Shared by all users, with room before the message for what signing and encrypting put there. */
const sealed = new Uint8Array(BLOCK_OCTETS_MAX + DATAGRAM_MAX);
const opened = new Uint8Array(BLOCK_OCTETS_MAX + RECEIVED_MAX);
const frame = createFrame();
const scope = createScope();
/** Counts up from a random start through all messages of the process: never the same twice for any key. */
const salt = randomFillSync(new Uint8Array(SALT_OCTETS));
const receivedSalt = new Uint8Array(SALT_OCTETS);

function nextSalt(): void {
  for (let i = SALT_OCTETS - 1; i >= 0; i--) {
    const value = ((salt[i] ?? 0) + 1) & 0xff;
    salt[i] = value;
    if (value !== 0) return;
  }
}

/** @throws RangeError for credentials that `usmObjection` objects to */
export function createUsm(credentials: UsmCredentials): Usm {
  const objection = usmObjection(credentials);
  if (objection !== '') throw new RangeError(`SNMPv3 credentials cannot be used: ${objection}`);
  const { auth, priv } = credentials;
  const user = Buffer.from(credentials.user);
  const level = (auth ? FLAG.auth : 0) | (priv ? FLAG.priv : 0);
  const sentOctets = auth ? authHash(auth.protocol).sentOctets : 0;

  const engine: Usm['engine'] = (id, boots, timeS, monoMs) => {
    const own = Uint8Array.from(id);
    const authKey = auth ? createAuthKey(authHash(auth.protocol), authKeyAt(auth.protocol, auth.key, own)) : null;
    const privKey =
      auth && priv ? createPrivKey(priv.protocol === 'des', privKeyAt(auth.protocol, priv.protocol, priv.key, own)) : null;
    return createEngine(own, authKey, privKey, boots, timeS, monoMs);
  };

  const open = (datagram: Uint8Array, length: number, messageId: number, known: UsmEngine | null, monoMs: number): Opened => {
    if (length > datagram.length || length > RECEIVED_MAX) return refused('not snmp', 'it is longer than a datagram');
    const broken = readFrame(datagram, length, frame);
    if (broken !== '') return refused(broken === OTHER_VERSION ? 'bad answer' : 'not snmp', broken);
    if (frame.messageId !== messageId) return refused('bad answer', 'it answers another request');
    const given = frame.flags & (FLAG.auth | FLAG.priv);
    if ((given & ~(known ? level : 0)) !== 0 || given === FLAG.priv)
      return refused('bad answer', 'it is protected in a way that was not asked for');

    let buffer = datagram;
    let shift = 0;
    if (given !== 0 && known !== null) {
      if (!equal(datagram, frame.userFrom, frame.userTo, user)) return refused('bad answer', OTHER_USER);
      if (!equal(datagram, frame.engineFrom, frame.engineTo, known.id)) return refused('bad answer', 'it is from another engine');
      const problem = authenticate(datagram, length, known, monoMs);
      if (problem !== null) return problem;
      if ((given & FLAG.priv) !== 0) {
        buffer = opened;
        shift = BLOCK_OCTETS_MAX;
        if (!decipher(known)) return refused('wrong priv key', 'its encrypted part has a wrong length');
      }
    }
    const padding = (given & FLAG.priv) !== 0 && known?.priv?.des === true ? DES_PADDING_MAX : 0;
    const unreadable = readScope(buffer, frame.dataFrom + shift, frame.dataTo + shift, padding, scope);
    if (unreadable !== '') {
      return (given & FLAG.priv) !== 0
        ? refused('wrong priv key', 'the answer cannot be decrypted')
        : refused('bad answer', unreadable);
    }
    if (scope.type === REPORT) return report(datagram, buffer, given, known, monoMs);

    if (known === null) return refused('bad answer', 'it is no Report');
    if (given !== level) return refused('bad answer', 'it is less protected than the request');
    if (given === 0) {
      if (!equal(datagram, frame.userFrom, frame.userTo, user)) return refused('bad answer', OTHER_USER);
      if (!equal(datagram, frame.engineFrom, frame.engineTo, known.id)) return refused('bad answer', 'it is from another engine');
    }
    if (!equal(buffer, scope.engineFrom, scope.engineTo, known.id) || scope.nameFrom !== scope.nameTo)
      return refused('bad answer', 'it is of another context');
    const { pduFrom, pduTo } = scope;
    return { ok: true, kind: 'response', buffer, pduFrom, pduTo, boots: frame.boots, timeS: frame.timeS };
  };

  /** Copies the datagram, where it can be deciphered afterwards, and checks its signature and time. */
  const authenticate = (datagram: Uint8Array, length: number, known: UsmEngine, monoMs: number): Opened | null => {
    if (known.auth === null || frame.signatureTo - frame.signatureFrom !== sentOctets)
      return refused('wrong auth key', 'its signature has a wrong length');
    const from = BLOCK_OCTETS_MAX;
    opened.set(datagram.length === length ? datagram : datagram.subarray(0, length), from);
    if (!takeSignature(known.auth, opened, from, from + length, from + frame.signatureFrom))
      return refused('wrong auth key', 'the answer fails its authentication');
    return acceptClock(known, frame.boots, frame.timeS, monoMs)
      ? null
      : refused('not in time window', 'the answer is older than another one');
  };

  const decipher = (known: UsmEngine): boolean => {
    if (known.priv === null) return false;
    const shift = BLOCK_OCTETS_MAX;
    for (let i = 0; i < SALT_OCTETS; i++) receivedSalt[i] = opened[shift + frame.saltFrom + i] ?? 0;
    return decrypt(known.priv, opened, shift + frame.dataFrom, shift + frame.dataTo, frame.boots, frame.timeS, receivedSalt);
  };

  const report = (datagram: Uint8Array, buffer: Uint8Array, given: number, known: UsmEngine | null, monoMs: number): Opened => {
    const trouble = readReport(buffer, scope.pduFrom, scope.pduTo);
    if (trouble === 'bad answer') return refused(trouble, 'its Report is broken');
    const authentic = given !== 0;
    const { engineFrom, engineTo, boots, timeS } = frame;
    if (known !== null && equal(datagram, engineFrom, engineTo, known.id)) {
      if (!authentic && (trouble === 'not in time window' || trouble === 'unknown engine'))
        hintClock(known, boots, timeS, monoMs);
      return { ok: true, kind: 'report', trouble, authentic, engine: known };
    }
    // Another engine is believed to be there only by a Report that says so.
    if (known !== null && trouble !== 'unknown engine') return refused('bad answer', 'it is from another engine');
    if (engineTo === engineFrom) return refused('unknown engine', 'its Report tells no engine id');
    const found = engine(datagram.subarray(engineFrom, engineTo), boots, timeS, monoMs);
    return { ok: true, kind: 'report', trouble, authentic, engine: found };
  };

  return {
    probe: (messageId) => write(null, EMPTY, 0, 0, messageId, PROBE_PDU, 0, PROBE_PDU.length, 0, 0),
    seal(to, messageId, pdu, pduFrom, pduTo, monoMs) {
      // Never less protected than the user wants, whatever is passed.
      if ((auth && !to.auth) || (priv && !to.priv)) throw new TypeError('the engine was made for another user');
      // Only who authenticates shows a clock.
      const [boots, timeS] = auth ? [to.boots, timeAt(to, monoMs)] : [0, 0];
      return write(to, user, level, sentOctets, messageId, pdu, pduFrom, pduTo, boots, timeS);
    },
    open,
    engine,
  };
}

function refused(trouble: SnmpTrouble, text: string): Opened {
  return { ok: false, trouble, text };
}

function equal(bytes: Uint8Array, from: number, to: number, expected: Uint8Array): boolean {
  if (to - from !== expected.length) return false;
  for (let i = from, j = 0; i < to; i++, j++) if (bytes[i] !== expected[j]) return false;
  return true;
}

function write(
  engine: UsmEngine | null,
  user: Uint8Array,
  level: number,
  signatureOctets: number,
  messageId: number,
  pdu: Uint8Array,
  pduFrom: number,
  pduTo: number,
  boots: number,
  timeS: number,
): Uint8Array {
  const id = engine?.id ?? EMPTY;
  const priv = (level & FLAG.priv) !== 0 ? (engine?.priv ?? null) : null;
  const context = sized(id.length) + 2;
  const scoped = sized(context + pduTo - pduFrom);
  const cipher = priv ? encryptedOctets(priv, scoped) : 0;
  const security =
    sized(id.length) +
    integerSize(boots) +
    integerSize(timeS) +
    sized(user.length) +
    sized(signatureOctets) +
    (priv ? 2 + SALT_OCTETS : 2);
  const header = integerSize(messageId) + HEADER_REST;
  const content = 3 + sized(header) + sized(sized(security)) + (priv ? sized(cipher) : scoped);
  const whole = sized(content);
  if (whole > DATAGRAM_MAX) throw new RangeError('a request is too long');
  const from = BLOCK_OCTETS_MAX;
  const to = from + whole;

  // The end first: encrypting overwrites what stands just before it.
  const data = to - (priv ? cipher : scoped);
  let at = putHead(sealed, data, 0x30, context + pduTo - pduFrom);
  at = putOctets(sealed, at, id);
  at = putHead(sealed, at, 0x04, 0);
  sealed.set(pduFrom === 0 && pduTo === pdu.length ? pdu : pdu.subarray(pduFrom, pduTo), at);
  if (priv) {
    sealed.fill(0, data + scoped, to);
    nextSalt();
    encrypt(priv, sealed, data, to, boots, timeS, salt);
  }

  at = putHead(sealed, from, 0x30, content);
  at = putInteger(sealed, at, 3);
  at = putHead(sealed, at, 0x30, header);
  at = putInteger(sealed, at, messageId);
  at = putInteger(sealed, at, DATAGRAM_MAX);
  at = putHead(sealed, at, 0x04, 1);
  sealed[at++] = level | FLAG.reportable;
  at = putInteger(sealed, at, USM);
  at = putHead(sealed, at, 0x04, sized(security));
  at = putHead(sealed, at, 0x30, security);
  at = putOctets(sealed, at, id);
  at = putInteger(sealed, at, boots);
  at = putInteger(sealed, at, timeS);
  at = putOctets(sealed, at, user);
  const signature = putHead(sealed, at, 0x04, signatureOctets);
  at = signature + signatureOctets;
  sealed.fill(0, signature, at);
  at = putOctets(sealed, at, priv ? salt : EMPTY);
  if (priv) putHead(sealed, at, 0x04, cipher);
  if (engine?.auth && (level & FLAG.auth) !== 0) sign(engine.auth, sealed, from, to, signature);
  const datagram = Buffer.allocUnsafe(whole);
  datagram.set(sealed.subarray(from, to));
  return datagram;
}

function sized(content: number): number {
  return 1 + lengthSize(content) + content;
}

/** Of a number from 0 to 2^31-1 with its tag and length. */
function integerSize(value: number): number {
  return value < 0x80 ? 3 : value < 0x8000 ? 4 : value < 0x800000 ? 5 : 6;
}

function putInteger(into: Uint8Array, at: number, value: number): number {
  const octets = integerSize(value) - 2;
  into[at++] = 0x02;
  into[at++] = octets;
  for (let shift = 8 * (octets - 1); shift >= 0; shift -= 8) into[at++] = (value >>> shift) & 0xff;
  return at;
}

function putOctets(into: Uint8Array, at: number, octets: Uint8Array): number {
  const from = putHead(into, at, 0x04, octets.length);
  for (let i = 0; i < octets.length; i++) into[from + i] = octets[i] ?? 0;
  return from + octets.length;
}
