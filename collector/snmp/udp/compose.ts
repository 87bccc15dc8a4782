/** What is sent for a request: a whole message under a community, or a PDU that a v3 message will carry. */
import { lengthSize, messageSize, PDU, pduSize, putMessageHead, putPduHead } from './ber.ts';
import type { Security } from './link.ts';
import type { Block, Prepared } from './prepared.ts';

/**
 * @param second error-status, for GETBULK non-repeaters; @param third error-index, or max-repetitions
 * @param list octets of the varbinds, which `put` writes from the place it is given
 */
export function compose(
  security: Security,
  type: number,
  id: number,
  second: number,
  third: number,
  list: number,
  put: (into: Uint8Array, at: number) => void,
): Uint8Array {
  if (security.version === 3) {
    const content = pduSize(second, third, list);
    const pdu = Buffer.allocUnsafe(1 + lengthSize(content) + content);
    put(pdu, putPduHead(pdu, 0, type, id, second, third, list));
    return pdu;
  }
  const datagram = Buffer.allocUnsafe(messageSize(security, second, third, list));
  put(datagram, putMessageHead(datagram, security, type, id, second, third, list));
  return datagram;
}

/** GET of some slots. */
export function composeGet(security: Security, { varbinds, varbindAt }: Prepared, slots: Int32Array, id: number): Uint8Array {
  const first = slots[0] ?? 0;
  const last = slots[slots.length - 1] ?? 0;
  // A whole set, which is nearly every request, is one copy.
  if (last - first === slots.length - 1) {
    const list = varbinds.subarray(varbindAt[first], varbindAt[last + 1]);
    return compose(security, PDU.get, id, 0, 0, list.length, (into, at) => into.set(list, at));
  }
  let size = 0;
  for (const slot of slots) size += (varbindAt[slot + 1] ?? 0) - (varbindAt[slot] ?? 0);
  return compose(security, PDU.get, id, 0, 0, size, (into, at) => {
    for (const slot of slots) {
      const varbind = varbinds.subarray(varbindAt[slot], varbindAt[slot + 1]);
      into.set(varbind, at);
      at += varbind.length;
    }
  });
}

/** GETBULK of sysUpTime and so many rows of a block. */
export function composeBulk(
  security: Security,
  { beforeUpTime }: Prepared,
  block: Block,
  row: number,
  rows: number,
  id: number,
): Uint8Array {
  const starts = block.starts(row);
  return compose(security, PDU.bulk, id, 1, rows, beforeUpTime.length + starts.length, (into, at) => {
    into.set(beforeUpTime, at);
    into.set(starts, at + beforeUpTime.length);
  });
}
