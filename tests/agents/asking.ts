/** What a source needs to be asked in tests: a real clock, an epoch and a signal. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../../core/ports.ts';
import type { Asking, Target } from '../../collector/source.ts';
import type { SnmpSecret, SnmpSource } from '../../core/model.ts';

export const realClock: Clock = {
  nowMs: () => Date.now(),
  monoMs: () => performance.now(),
  sleep: (ms, signal) => wait(ms, undefined, signal ? { signal } : {}),
};

export function asking(signal: AbortSignal = new AbortController().signal): Asking {
  return { clock: realClock, epoch: 'test', signal };
}

export function snmpTarget(port: number, change: Partial<SnmpSource> = {}, secret: SnmpSecret = { community: 'public' }): Target {
  const spec: SnmpSource = {
    type: 'snmp',
    version: '2c',
    port,
    timeoutMs: 500,
    retries: 1,
    user: null,
    auth: null,
    priv: null,
    secret: 'test',
    ...change,
  };
  return { address: '127.0.0.1', spec, secret };
}
