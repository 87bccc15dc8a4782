/** Profiles as files: ours are valid, a user's replace them, and mistakes are told with file, line and key. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createNetSnmpTransport } from '../../../collector/snmp/net-snmp.ts';
import { loadProfiles, parseProfile, ProfileError } from '../../../collector/snmp/profile.ts';
import { createSnmpSource } from '../../../collector/snmp/source.ts';
import { asking, snmpTarget } from '../../agents/asking.ts';
import { startScriptedAgent } from '../../../demo/agents/scripted-agent.ts';
import type { AgentValue } from '../../../demo/agents/ber.ts';

const OURS = join(import.meta.dirname, '../../../collector/profiles');
const folder = mkdtempSync(join(tmpdir(), 'saguaro-profiles-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('ours are valid, each under its file name', () => {
  const names = readdirSync(OURS).map((file) => file.replace('.yaml', ''));
  expect(loadProfiles([OURS]).map((profile) => profile.profile)).toEqual(names.sort());
  expect(names).toEqual(expect.arrayContaining(['host-resources', 'if-mib', 'system', 'ucd']));
});

test('the example in the documentation is valid', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/profiles.md'), 'utf8');
  const examples = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
  expect(examples.length).toBeGreaterThan(0);
  for (const example of examples) expect(parseProfile(example, 'example.yaml').profile).not.toBe('');
});

test('a folder that does not exist holds none; a file of a later folder replaces the one of the same name', () => {
  writeFileSync(
    join(folder, 'system.yaml'),
    readFileSync(join(OURS, 'system.yaml'), 'utf8').replace('profile: system', 'profile: mine'),
  );
  const names = loadProfiles([OURS, join(folder, 'missing'), folder]).map((profile) => profile.profile);
  expect(names).toContain('mine');
  expect(names).not.toContain('system');
});

const part = `profile: ups
groups:
  - kind: ups
    objects:
      charge: 1.3.6.1.2.1.33.1.2.4.0
    metrics:
      - metric: ups.charge_ratio
        unit: ratio
        scale: 0.01
        from: [charge]
`;
describe('mistakes', () => {
  const mistakes: readonly [string, string, string][] = [
    [
      'an unknown key, with a suggestion',
      part.replace('scale: 0.01', 'scal: 0.01'),
      'ups.yaml:9: unknown key "scal"; did you mean "scale".',
    ],
    [
      'an unknown unit',
      part.replace('unit: ratio', 'unit: percent'),
      'ups.yaml:8: groups.0.metrics.0.unit must be one of bps, bytes, ratio, per_s, s, ms, 1.',
    ],
    [
      'an OID that is none',
      part.replace('1.3.6.1.2.1.33.1.2.4.0', 'upsCharge.0'),
      'ups.yaml:5: groups.0.objects.charge must match pattern',
    ],
    [
      'an object that is not defined',
      part.replace('[charge]', '[charg]'),
      'ups.yaml:10: no object is named "charg"; did you mean "charge".',
    ],
    [
      'a metric of another family',
      part.replace('ups.charge', 'disk.charge'),
      'ups.yaml:7: disk.charge_ratio does not belong to the kind "ups".',
    ],
    ['a metric from nowhere', part.replace('        from: [charge]\n', ''), 'needs either from or sum.'],
    ['broken YAML', part.replace('[charge]', '[charge'), 'ups.yaml:1'],
    ['a missing key', part.replace('profile: ups\n', ''), 'must have required properties profile'],
    ['an empty file', '', 'ups.yaml:1: the file must be object'],
    [
      'a table without a key',
      part.replace('groups:', 'tables:'),
      'ups.yaml:3: a table needs exactly one of key, numbered and single.',
    ],
  ];
  test.each(mistakes)('%s', (_name, text, said) => {
    expect(() => parseProfile(text, 'ups.yaml')).toThrow(ProfileError);
    expect(() => parseProfile(text, 'ups.yaml')).toThrow(said);
  });
  test('without a mistake it is valid', () => expect(parseProfile(part, 'ups.yaml').groups).toHaveLength(1));
});

test("a user's profile is polled without code", async () => {
  writeFileSync(join(folder, 'ups.yaml'), part);
  const objects = new Map<string, AgentValue>([
    ['1.3.6.1.2.1.1.3.0', { type: 'timeticks', value: 5_000 }],
    ['1.3.6.1.2.1.33.1.2.4.0', { type: 'integer', value: 87 }],
  ]);
  const agent = await startScriptedAgent({ objects });
  const source = createSnmpSource({ transport: createNetSnmpTransport(), profiles: loadProfiles([OURS, folder]) });
  try {
    const plan = await source.discover(snmpTarget(agent.port), asking());
    if (!plan.ok) throw new Error(plan.text);
    expect(plan.instances).toContainEqual({ kind: 'ups', key: 'ups', name: 'ups', alias: '', capacity: null });
    const readings = await source.poll(snmpTarget(agent.port), plan, asking());
    if (!readings.ok) throw new Error(readings.text);
    const at = plan.columns.findIndex((column) => column.metric === 'ups.charge_ratio');
    expect((readings.gauge[at] ?? 0) * (plan.columns[at]?.scale ?? 0)).toBeCloseTo(0.87);
  } finally {
    await source.close();
    await agent.close();
  }
});
