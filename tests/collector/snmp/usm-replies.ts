/** Users of SNMPv3, and messages made field by field with Node's own crypto objects, right or wrong as a test wants them. */
import { createCipheriv, createHmac } from 'node:crypto';
import { authHash, authKeyAt, privKeyAt } from '../../../collector/snmp/usm/keys.ts';
import { createUsm, type Opened, type UsmCredentials, type UsmEngine } from '../../../collector/snmp/usm/message.ts';
import { encodeValue, oidOctets, PDU, tlv, type AgentValue } from '../../../demo/agents/ber.ts';

export const integer = (value: number) => encodeValue({ type: 'integer', value });
export const sequence = (...parts: Uint8Array[]) => tlv(0x30, Buffer.concat(parts));
export const octets = (content: Uint8Array) => tlv(0x04, content);

export function pduOf(type: number, varbinds: readonly (readonly [string, AgentValue])[], requestId = 1): Buffer {
  const list = varbinds.map(([oid, value]) => sequence(tlv(0x06, oidOctets(oid)), encodeValue(value)));
  return tlv(type, Buffer.concat([integer(requestId), integer(0), integer(0), sequence(...list)]));
}

/** A Report of one counter of the user-based security model. */
export const reportOf = (stat: number) => pduOf(PDU.report, [[`1.3.6.1.6.3.15.1.1.${stat}.0`, { type: 'counter32', value: 7 }]]);

export interface MessageParts {
  readonly messageId: number;
  readonly pdu: Uint8Array;
  /** By default those of the credentials. */
  readonly flags?: number;
  readonly engineId: Uint8Array;
  readonly boots?: number;
  readonly timeS?: number;
  readonly user?: string;
  readonly salt?: Uint8Array;
  readonly contextEngineId?: Uint8Array;
  readonly contextName?: string;
  /** What the scoped PDU becomes before it is encrypted. */
  readonly scoped?: (scoped: Buffer) => Uint8Array;
}

export function encodeV3(credentials: UsmCredentials, parts: MessageParts): Buffer {
  const { auth, priv } = credentials;
  const level = (auth ? 1 : 0) | (priv ? 2 : 0);
  const { messageId, engineId, boots = 3, timeS = 1_000, salt = Buffer.from('saltsalt'), flags = level } = parts;
  const plain = sequence(octets(parts.contextEngineId ?? engineId), octets(Buffer.from(parts.contextName ?? '')), parts.pdu);
  const scoped = parts.scoped ? parts.scoped(plain) : plain;
  const key = auth ? authKeyAt(auth.protocol, auth.key, engineId) : Buffer.alloc(0);
  let data: Uint8Array = scoped;
  if ((flags & 2) !== 0 && auth && priv) {
    const privKey = privKeyAt(auth.protocol, priv.protocol, priv.key, engineId);
    const clock = Buffer.alloc(8);
    clock.writeUInt32BE(boots, 0);
    clock.writeUInt32BE(timeS, 4);
    const half = privKey.subarray(0, 8);
    const cipher =
      priv.protocol === 'des'
        ? createCipheriv(
            'des-ede3-cbc',
            Buffer.concat([half, half, half]),
            salt.map((octet, i) => octet ^ (privKey[8 + i] ?? 0)),
          ).setAutoPadding(false)
        : createCipheriv(`aes-${privKey.length * 8}-cfb`, privKey, Buffer.concat([clock, salt]));
    const filled = Buffer.concat([scoped, Buffer.alloc(priv.protocol === 'des' ? (8 - (scoped.length % 8)) % 8 : 0)]);
    data = octets(Buffer.concat([cipher.update(filled), cipher.final()]));
  }
  const whole = (signature: Uint8Array) =>
    sequence(
      integer(3),
      sequence(integer(messageId), integer(65_507), octets(Buffer.of(flags)), integer(3)),
      octets(
        sequence(
          octets(engineId),
          integer(boots),
          integer(timeS),
          octets(Buffer.from(parts.user ?? credentials.user)),
          octets(signature),
          octets((flags & 2) !== 0 ? salt : Buffer.alloc(0)),
        ),
      ),
      data,
    );
  if ((flags & 1) === 0 || !auth) return whole(Buffer.alloc(0));
  const { name, sentOctets } = authHash(auth.protocol);
  const digest = createHmac(name, key)
    .update(whole(Buffer.alloc(sentOctets)))
    .digest();
  return whole(digest.subarray(0, sentOctets));
}

/** The eight octets before the encrypted part. */
export function saltIn(datagram: Uint8Array): Buffer {
  const whole = Buffer.from(datagram);
  const message = contentOf(whole, 0);
  const header = next(whole, next(whole, message));
  const security = contentOf(whole, contentOf(whole, header));
  let at = security;
  for (let i = 0; i < 5; i++) at = next(whole, at);
  return whole.subarray(contentOf(whole, at), next(whole, at));
}
function contentOf(bytes: Buffer, at: number): number {
  const first = bytes[at + 1] ?? 0;
  return at + 2 + (first < 0x80 ? 0 : first & 0x7f);
}
export function next(bytes: Buffer, at: number): number {
  const content = contentOf(bytes, at);
  const length = content === at + 2 ? (bytes[at + 1] ?? 0) : bytes.readUIntBE(at + 2, content - at - 2);
  return content + length;
}

export const authKey = { key: 'authentic-pass' };
export const privKey = { key: 'private-pass' };
export const both: UsmCredentials = {
  version: '3',
  user: 'strong',
  auth: { protocol: 'sha', ...authKey },
  priv: { protocol: 'aes', ...privKey },
};
export const plain: UsmCredentials = { version: '3', user: 'plain', auth: null, priv: null };
export const signedOnly: UsmCredentials = { version: '3', user: 'signed', auth: { protocol: 'sha512', ...authKey }, priv: null };
export const users: readonly UsmCredentials[] = [
  both,
  plain,
  signedOnly,
  { ...both, auth: { protocol: 'md5', ...authKey }, priv: { protocol: 'des', ...privKey } },
  { ...both, auth: { protocol: 'sha256', ...authKey }, priv: { protocol: 'aes256b', ...privKey } },
  { ...both, auth: { protocol: 'sha224', ...authKey }, priv: { protocol: 'aes256r', ...privKey } },
];
const nameOf = ({ auth, priv }: UsmCredentials) => `${auth?.protocol ?? 'no signature'}, ${priv?.protocol ?? 'no privacy'}`;
export const named = users.map((credentials) => [nameOf(credentials), credentials] as const);

export const ID = Buffer.from('80001f8880c0ffee01', 'hex');
export const OTHER_ID = Buffer.from('80001f8880c0ffee02', 'hex');
export const MESSAGE = 1_234_567;
export const SYS_NAME = '1.3.6.1.2.1.1.5.0';
export const answer = pduOf(PDU.response, [[SYS_NAME, { type: 'string', value: 'core switch' }]]);
export const NOW_MS = 50_000;

/** An engine whose clock stands at boot 3, second 1000, not yet confirmed. */
export const engineFor = (credentials: UsmCredentials): UsmEngine => createUsm(credentials).engine(ID, 3, 1_000, NOW_MS);
export const reply = (credentials: UsmCredentials, change: Partial<MessageParts> = {}) =>
  encodeV3(credentials, { messageId: MESSAGE, pdu: answer, engineId: ID, ...change });
export const openIt = (credentials: UsmCredentials, datagram: Uint8Array, engine: UsmEngine | null, monoMs = NOW_MS) =>
  createUsm(credentials).open(datagram, datagram.length, MESSAGE, engine, monoMs);
export const pduIn = (opened: Opened) =>
  opened.ok && opened.kind === 'response' ? Buffer.from(opened.buffer.slice(opened.pduFrom, opened.pduTo)) : null;
