/** The adapters of `SnmpTransport` that the suites run on: the one place that names them. */
import { createNetSnmpTransport } from '../../collector/snmp/net-snmp.ts';
import { createUdpTransport } from '../../collector/snmp/udp.ts';
import type { SnmpTransport } from '../../collector/snmp/transport.ts';
import type { SnmpVersion } from '../../core/model.ts';
import { realClock } from './asking.ts';

export interface Adapter {
  readonly name: string;
  readonly versions: readonly SnmpVersion[];
  /** Has a connected socket a device: what strangers send, or what comes after a failure, its kernel drops unseen. */
  readonly connected: boolean;
  /** Whether what was encrypted is read as strictly as what was not. */
  readonly readsSealed: boolean;
  create(): SnmpTransport;
}

export const ADAPTERS: readonly Adapter[] = [
  { name: 'net-snmp', versions: ['1', '2c', '3'], connected: true, readsSealed: false, create: createNetSnmpTransport },
  {
    name: 'udp',
    versions: ['1', '2c', '3'],
    connected: false,
    readsSealed: true,
    create: () => createUdpTransport({ clock: realClock }),
  },
];
