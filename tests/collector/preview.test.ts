import { describe, expect, it } from 'vitest';
import { previewOf, type Tried } from '../../collector/preview.ts';
import { NO_FACTS, type SourceSpec } from '../../core/model.ts';
import type { Plan } from '../../core/readings.ts';
import { device, TIMEOUT } from './fleet.ts';

const SNMP: SourceSpec = device('sw1').sources[0] ?? { type: 'local' };
const PING: SourceSpec = { type: 'ping' };

/** A plan with one metric for each part, "kind key". */
function plan(parts: readonly string[], other: Partial<Plan> = {}): { ok: true } & Plan {
  const columns = parts.map((part) => {
    const [kind = '', key = ''] = part.split(' ');
    return { kind, key, metric: `${kind}.x`, unit: '1', form: 'gauge', scale: 1 } as const;
  });
  const instances = columns.map(({ kind, key }) => ({ kind, key, name: key, alias: '', capacity: null }));
  return { ok: true, facts: NO_FACTS, instances, columns, covers: [], notes: [], route: null, ...other };
}
const answers: Tried = { spec: SNMP, outcome: plan(['interface eth0']), tookMs: 12 };
const fails: Tried = { spec: SNMP, outcome: TIMEOUT, tookMs: 4000 };
const pinged = (roundTripMs: number | null): Tried => ({
  spec: PING,
  outcome: plan(['ping ping'], { roundTripMs }),
  tookMs: 417,
});

describe('what a device would give, in one sentence', () => {
  it.each<[string, Tried[], object]>([
    ['ping by its measured round trip', [pinged(0.04)], { ok: true, text: 'answers ping in 0.04 ms: ping.', roundTripMs: 0.04 }],
    ['ping without an answer', [pinged(null)], { ok: true, text: 'does not answer ping now: ping.' }],
    [
      'SNMP and ping',
      [answers, pinged(3.21)],
      { ok: true, text: 'answers SNMP 2c in 12 ms and answers ping in 3.2 ms: 1 interface, ping.', roundTripMs: 12 },
    ],
    ['ping beside SNMP that fails', [fails, pinged(3)], { ...TIMEOUT, text: `${TIMEOUT.text} It answers ping.` }],
    ['nothing answers although ping could be asked', [fails, pinged(null)], TIMEOUT],
    [
      'cores, and not their total',
      [{ ...answers, outcome: plan(['cpu cpu', 'cpu cpu0', 'cpu cpu1']) }],
      { text: 'answers SNMP 2c in 12 ms: 2 CPUs.' },
    ],
    ['a processor as a whole', [{ ...answers, outcome: plan(['cpu cpu']) }], { text: 'answers SNMP 2c in 12 ms: CPU.' }],
    ['SNMP alone fails', [fails], TIMEOUT],
    [
      'this machine answers for SNMP that fails',
      [{ spec: { type: 'local' }, outcome: plan(['load load']), tookMs: 1 }, fails],
      { ok: true, text: `reads this machine: load. SNMP 2c gives nothing: ${TIMEOUT.text}` },
    ],
  ])('%s', (_, tried, expected) => {
    expect(previewOf(tried)).toMatchObject(expected);
  });
});
