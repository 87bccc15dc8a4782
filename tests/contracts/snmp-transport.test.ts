import { ADAPTERS } from '../agents/adapters.ts';
import { hasIpv6, type Way } from './snmp-transport-lab.ts';
import { snmpTransportContract } from './snmp-transport.ts';

const ways: Way[] = [
  { version: '1', host: '127.0.0.1' },
  { version: '2c', host: '127.0.0.1' },
  { version: '3', host: '127.0.0.1' },
];
if (await hasIpv6()) ways.push({ version: '2c', host: '::1' });
else console.log('This machine has no ::1: the SNMP transports are not tried over IPv6.');

for (const adapter of ADAPTERS) snmpTransportContract(adapter, ways);
