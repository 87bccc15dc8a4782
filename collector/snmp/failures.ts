/** Troubles of asking a device as plain sentences, with the cause that a gap will carry. */
import type { GapCause } from '../../core/model.ts';
import type { SnmpFailure, SnmpTarget, SnmpTrouble } from './transport.ts';

const CAUSES: Readonly<Record<SnmpTrouble, GapCause>> = {
  'no such name': 'unreachable',
  'no route': 'unreachable',
  refused: 'refused',
  'no answer': 'timeout',
  'not snmp': 'bad reply',
  'bad answer': 'bad reply',
  'report storm': 'bad reply',
  'unknown user': 'access denied',
  'wrong auth key': 'access denied',
  'wrong priv key': 'access denied',
  'unsupported level': 'access denied',
  'not in time window': 'access denied',
  'unknown engine': 'bad reply',
  'access denied': 'access denied',
  'agent error': 'bad reply',
  aborted: 'timeout',
  'bad credentials': 'access denied',
};

/** A failure of asking this target. `detail` is added where it helps; it never holds a secret. */
export function failure(target: SnmpTarget, trouble: SnmpTrouble, detail = ''): SnmpFailure {
  return { ok: false, trouble, cause: CAUSES[trouble], text: sentence(target, trouble, detail) };
}

function sentence(target: SnmpTarget, trouble: SnmpTrouble, detail: string): string {
  const where = `${target.address} port ${target.port}`;
  const user = target.credentials.version === '3' ? `"${target.credentials.user}"` : '';
  const because = detail === '' ? '' : ` (${detail})`;
  const insecure = target.credentials.version === '3' && !target.credentials.priv;
  const level = insecure ? ', or the user needs a higher security level: give --auth and --priv' : '';
  switch (trouble) {
    case 'no such name':
      return `The name ${target.address} does not resolve to an address${because}; check its spelling and the DNS.`;
    case 'no route':
      return `There is no route to ${target.address}${because}; check the address and this machine's network.`;
    case 'refused':
      return `${target.address} refuses UDP port ${target.port}: nothing listens there, or a firewall rejects it; start the SNMP agent or check the port.`;
    case 'no answer':
      return `No answer from ${where} within ${target.timeoutMs} ms${target.retries > 0 ? ` and ${target.retries} ${target.retries === 1 ? 'retry' : 'retries'}` : ''}.`;
    case 'not snmp':
      return `What answers at ${where} is not an SNMP agent${because}; check the port.`;
    case 'bad answer':
      return `${where} answered with something that does not fit the request${because}.`;
    case 'report storm':
      return `${where} answers every SNMPv3 request with a Report and never with values; restart its SNMP agent.`;
    case 'unknown user':
      return `The SNMPv3 user ${user} is unknown to ${where}; create it there or correct the name.`;
    case 'wrong auth key':
      return `The authentication key or protocol of SNMPv3 user ${user} is wrong for ${where}; check both.`;
    case 'wrong priv key':
      return `The privacy key or protocol of SNMPv3 user ${user} is wrong for ${where} (it cannot decrypt); check both.`;
    case 'unsupported level':
      return `${where} does not accept SNMPv3 user ${user} at this security level; give the authentication and privacy the agent expects.`;
    case 'not in time window':
      return `${where} is outside of SNMPv3's time window: its clock counter or boot counter jumped; restart its SNMP agent.`;
    case 'unknown engine':
      return `${where} does not know its own SNMPv3 engine id; restart its SNMP agent.`;
    case 'access denied':
      return `${where} denies access to these objects; widen the view of this community or user in its SNMP agent${level}.`;
    case 'agent error':
      return `The SNMP agent at ${where} reports an error${because}.`;
    case 'aborted':
      return `Asking ${where} was ended before it answered.`;
    case 'bad credentials':
      return `The SNMP credentials for ${where} cannot be used${because}.`;
  }
}
