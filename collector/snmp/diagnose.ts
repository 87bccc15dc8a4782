/** Turns a failure to reach a device into one sentence that says what is wrong, by a few more probes. */
import { failure } from './failures.ts';
import { SYS_UP_TIME } from './oid.ts';
import type { SnmpAsking, SnmpCredentials, SnmpFailure, SnmpTarget, SnmpTransport, SnmpTrouble } from './transport.ts';

/** A user no agent has: whoever answers that it is unknown is an SNMP agent. */
const NOBODY: SnmpCredentials = { version: '3', user: 'saguaro-probe', auth: null, priv: null };
/** What only an SNMPv3 agent says. */
const SPEAKS_V3: readonly SnmpTrouble[] = [
  'unknown user',
  'unsupported level',
  'unknown engine',
  'wrong auth key',
  'not in time window',
  'report storm',
];

/**
 * The same failure with the best sentence there is. Costs at most two more probes without
 * retries, each with the target's timeout, and only when no answer came.
 */
export async function diagnose(
  transport: SnmpTransport,
  target: SnmpTarget,
  found: SnmpFailure,
  asking: SnmpAsking,
): Promise<SnmpFailure> {
  if (found.trouble !== 'no answer' || asking.signal.aborted) return found;
  const probe = async (credentials: SnmpCredentials): Promise<SnmpTrouble | 'answers'> => {
    const probed: SnmpTarget = { ...target, retries: 0, credentials };
    const answer = await transport.get(probed, [SYS_UP_TIME], asking);
    transport.release(probed);
    return answer.ok ? 'answers' : answer.trouble;
  };
  const where = `${target.address} port ${target.port}`;
  const said = (text: string, trouble: SnmpTrouble = 'no answer'): SnmpFailure => ({ ...failure(target, trouble), text });

  const { credentials } = target;
  const asNobody = await probe(NOBODY);
  const speaksV3 = asNobody === 'answers' || SPEAKS_V3.includes(asNobody);
  if (asNobody === 'refused' || asNobody === 'not snmp') return failure(target, asNobody);
  if (credentials.version === '3') {
    if (!speaksV3) {
      return said(
        `No answer from ${where}: no SNMPv3 agent listens there, or a firewall drops the packets; check the address, the agent and the firewall.`,
      );
    }
    if (credentials.priv) return failure(target, 'wrong priv key');
    return said(
      `An SNMPv3 agent answers at ${where}, but not to user "${credentials.user}"; check the user's security level and access.`,
    );
  }
  const other: SnmpCredentials = { ...credentials, version: credentials.version === '1' ? '2c' : '1' };
  if ((await probe(other)) === 'answers') {
    return said(`${where} answers SNMPv${other.version} but not SNMPv${credentials.version}; use version ${other.version}.`);
  }
  if (speaksV3) {
    return said(
      `An SNMP agent answers at ${where}, but not to this community: it is probably wrong, or not allowed from this address.`,
      'access denied',
    );
  }
  return said(`No answer from ${where}: wrong community, or no SNMP agent there, or a firewall drops the packets.`);
}
