import { describe, expect, it } from 'vitest';
import { merge } from '../../collector/merge.ts';
import { reconcile } from '../../collector/inventory.ts';
import { NO_FACTS } from '../../core/model.ts';
import type { Plan } from '../../core/readings.ts';

/** A plan from lines "kind key field". */
function plan(lines: readonly string[], covers: readonly string[] = [], capacity: number | null = null): Plan {
  const parts = lines.map((line) => line.split(' ') as [string, string, string]);
  const instances = [
    ...new Map(parts.map(([kind, key]) => [`${kind} ${key}`, { kind, key, name: key, alias: '', capacity }])).values(),
  ];
  return {
    facts: NO_FACTS,
    instances,
    columns: parts.map(([kind, key, field]) => ({
      kind,
      key,
      metric: `${kind}.${field}`,
      unit: '1',
      form: 'gauge',
      scale: 1,
    })),
    covers,
    notes: [],
    route: null,
  };
}
const LOCAL = plan(
  ['interface eth0 in_bps', 'interface lo in_bps', 'disk / used_bytes', 'load load one'],
  ['interface', 'disk', 'load'],
);

describe('merging sources', () => {
  const table: [name: string, plans: (Plan | null)[], kept: number[][], instances: string[]][] = [
    ['one source keeps everything', [LOCAL], [[0, 1, 2, 3]], ['interface eth0', 'interface lo', 'disk /', 'load load']],
    [
      'a metric belongs to the first source',
      [LOCAL, plan(['interface eth0 in_bps'])],
      [[0, 1, 2, 3], []],
      ['interface eth0', 'interface lo', 'disk /', 'load load'],
    ],
    [
      'a later source may add metrics to what is known',
      [LOCAL, plan(['interface eth0 in_bps', 'interface eth0 mtu'])],
      [[0, 1, 2, 3], [1]],
      ['interface eth0', 'interface lo', 'disk /', 'load load'],
    ],
    [
      'but never instances to a family that is covered',
      [LOCAL, plan(['disk Physical used_bytes', 'interface br0 in_bps', 'sensor fan1 rpm'])],
      [[0, 1, 2, 3], [2]],
      ['interface eth0', 'interface lo', 'disk /', 'load load', 'sensor fan1'],
    ],
    ['the second source stands in while the first is silent', [null, plan(['disk / used_bytes'])], [[], [0]], ['disk /']],
    ['the same column twice counts once', [plan(['disk / used_bytes', 'disk / used_bytes'])], [[0]], ['disk /']],
    [
      'a column without its instance is left out',
      [{ ...LOCAL, instances: LOCAL.instances.slice(0, 1) }],
      [[0]],
      ['interface eth0'],
    ],
    ['nothing found', [null, null], [[], []], []],
  ];
  it.each(table)('%s', (_name, plans, kept, instances) => {
    const merged = merge(plans);
    expect(merged.kept).toEqual(kept);
    expect(merged.instances.map(({ kind, key }) => `${kind} ${key}`)).toEqual(instances);
  });

  it('fills capacity and alias from whoever knows them', () => {
    expect(merge([LOCAL, plan(['interface eth0 mtu'], [], 1e9)]).instances[0]?.capacity).toBe(1e9);
  });
});

describe('the catalog of parts', () => {
  let ids = 0;
  const newId = () => `id${String(ids++)}`;
  const first = reconcile('d', [], merge([LOCAL]), true, 1000, newId);

  it('gives each part an id and keeps it', () => {
    expect(first.added).toHaveLength(4);
    const second = reconcile('d', [...first.all.values()], merge([LOCAL]), true, 2000, newId);
    expect([second.added, second.vanished, second.returned]).toEqual([[], [], []]);
    expect(second.changed.map((one) => [one.id, one.firstSeenMs, one.lastSeenMs])).toEqual(
      first.changed.map((one) => [one.id, 1000, 2000]),
    );
  });

  it('takes nothing for gone while a source is silent', () => {
    const less = merge([null, plan(['load load one'])]);
    expect(reconcile('d', first.changed, less, false, 2000, newId).vanished).toEqual([]);
    expect(reconcile('d', first.changed, less, true, 2000, newId).vanished.map((one) => one.key)).toEqual(['eth0', 'lo', '/']);
  });
});
