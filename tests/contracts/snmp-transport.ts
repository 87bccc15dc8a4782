/** What every `SnmpTransport` must do, run against agents on loopback that say what they are told to. */
import { describe } from 'vitest';
import type { Adapter } from '../agents/adapters.ts';
import { getSuite } from './snmp-transport-get.ts';
import { pollSuite } from './snmp-transport-poll.ts';
import { labTest, type LabTest, type Way } from './snmp-transport-lab.ts';
import { repliesSuite } from './snmp-transport-replies.ts';
import { timeSuite } from './snmp-transport-time.ts';
import { walkSuite } from './snmp-transport-walk.ts';

const SUITES: Readonly<Record<string, (test: LabTest, way: Way, adapter: Adapter) => void>> = {
  get: getSuite,
  poll: pollSuite,
  walk: walkSuite,
  time: timeSuite,
  replies: repliesSuite,
};

/** @param ways in which the agents are reached; those whose version the adapter does not speak are left out */
export function snmpTransportContract(adapter: Adapter, ways: readonly Way[]): void {
  for (const way of ways.filter(({ version }) => adapter.versions.includes(version))) {
    const test = labTest(adapter, way);
    // Most of a test here is waiting, so some wait together.
    describe(`${adapter.name}, SNMPv${way.version} at ${way.host}`, { concurrent: true }, () => {
      for (const [name, suite] of Object.entries(SUITES)) describe(name, () => suite(test, way, adapter));
    });
  }
}
