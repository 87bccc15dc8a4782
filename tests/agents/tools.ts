/** Ports, first signs of life, and the command line tools of net-snmp. */
import { execFile } from 'node:child_process';
import dgram from 'node:dgram';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import { encodeMessage, PDU } from '../../demo/agents/ber.ts';
import { realPart } from '../real-parts.ts';

const run = promisify(execFile);
const TOOL_TIMEOUT_MS = 20_000;
const ALIVE_TIMEOUT_MS = 200;

/** A UDP port that was free a moment ago, for programs that cannot choose one themselves. */
export async function freePort(host: string): Promise<number> {
  const socket = dgram.createSocket(host.includes(':') ? 'udp6' : 'udp4');
  await new Promise<void>((resolve) => socket.bind(0, host, resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

/** Whether something on loopback answers sysUpTime within 200 ms. */
export async function answers(port: number, community: string): Promise<boolean> {
  const socket = dgram.createSocket('udp4');
  try {
    return await new Promise<boolean>((resolve) => {
      socket.once('message', () => resolve(true));
      socket.once('error', () => resolve(false));
      setTimeout(() => resolve(false), ALIVE_TIMEOUT_MS);
      socket.connect(port, '127.0.0.1', () => {
        socket.send(
          encodeMessage({
            version: 1,
            community,
            pdu: PDU.get,
            requestId: 1,
            status: 0,
            index: 0,
            varbinds: [['1.3.6.1.2.1.1.3.0', { type: 'null' }]],
          }),
        );
      });
    });
  } finally {
    socket.close();
  }
}

/**
 * Runs a tool of net-snmp without MIBs and without anybody's configuration.
 * @param folder where it may keep what it learns of SNMPv3 engines
 * @returns its lines
 */
export async function snmpTool(
  name: 'snmpget' | 'snmpbulkwalk',
  args: readonly string[],
  folder: string = tmpdir(),
): Promise<string[]> {
  const program = realPart(name);
  if (program === null) throw new Error(`${name} is not installed`);
  const { stdout } = await run(program, ['-m', '', ...args], {
    env: { ...process.env, SNMP_PERSISTENT_DIR: folder, SNMPCONFPATH: folder, MIBS: '' },
    timeout: TOOL_TIMEOUT_MS,
    maxBuffer: 16 * 2 ** 20,
  });
  return stdout.trimEnd().split('\n');
}
