import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createSystemClock } from '../../collector/clock.ts';
import { createLocalSource } from '../../collector/local/local.ts';
import { createPingSource } from '../../collector/ping/ping.ts';
import { loadProfiles } from '../../collector/snmp/profile.ts';
import type { Asking, Source } from '../../collector/source.ts';
import { METRIC_UNITS } from '../../core/metrics.ts';
import type { SourceSpec, Unit } from '../../core/model.ts';
import { realPart } from '../real-parts.ts';

/** Metrics of our own sources that are not listed, or are listed with another unit. */
const strange = (metrics: readonly { readonly metric: string; readonly unit: Unit }[]) =>
  metrics.filter(({ metric, unit }) => METRIC_UNITS.get(metric as `${string}.${string}`) !== unit);

test('every metric of the profiles has its unit here', () => {
  const profiles = loadProfiles([join(import.meta.dirname, '../../collector/profiles')]);
  const metrics = profiles.flatMap(({ tables = [], groups = [] }) => [...tables, ...groups].flatMap((part) => part.metrics));
  expect(metrics.length).toBeGreaterThan(20);
  expect(strange(metrics)).toEqual([]);
});

const ping = realPart('ping');

test('every metric of the local source has its unit here', () => expectUnits('local', createLocalSource(), 5));
test.skipIf(ping === null)('every metric of ping has its unit here', () =>
  expectUnits('ping', createPingSource({ program: ping ?? 'ping' }), 2),
);

async function expectUnits(type: 'local' | 'ping', source: Source, least: number): Promise<void> {
  const asking: Asking = { clock: createSystemClock(), epoch: 'test', signal: AbortSignal.timeout(10_000) };
  const spec: SourceSpec = { type };
  const plan = await source.discover({ address: '', spec, secret: null }, asking);
  if (!plan.ok) throw new Error(plan.text);
  expect(plan.columns.length).toBeGreaterThanOrEqual(least);
  expect(strange(plan.columns)).toEqual([]);
  await source.close();
}
