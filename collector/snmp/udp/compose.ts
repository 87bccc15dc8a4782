/** What is sent for a request: a whole message under a community, or a PDU that a v3 message will carry. */
import { messageSize, pduSize, putMessageHead, putPduHead, lengthSize } from './ber.ts';
import type { Security } from './link.ts';

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
