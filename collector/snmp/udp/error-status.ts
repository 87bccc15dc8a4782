/** What an agent says in error-status (RFC 3416), and what it is worth to ask again. */
import type { SnmpTrouble } from '../transport.ts';

export const TOO_BIG = 1;
export const NO_SUCH_NAME = 2;
export const NO_ACCESS = 6;
export const AUTHORIZATION_ERROR = 16;
/** The last error-status there is, inconsistentName of RFC 3416. */
export const STATUS_MAX = 18;

export const WORTH_REPEATING: readonly SnmpTrouble[] = [
  'no answer',
  'bad answer',
  'not snmp',
  'not in time window',
  'unknown engine',
];
