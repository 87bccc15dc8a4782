import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createSystemClock } from '../../collector/clock.ts';
import { createLocalSource } from '../../collector/local/local.ts';
import { createPingSource } from '../../collector/ping/ping.ts';
import { loadProfiles } from '../../collector/snmp/profile.ts';
import type { Asking } from '../../collector/source.ts';
import { METRIC_UNITS } from '../../core/metrics.ts';
import type { SourceSpec, Unit } from '../../core/model.ts';

/** Metrics of our own sources that are not listed, or are listed with another unit. */
const strange = (metrics: readonly { readonly metric: string; readonly unit: Unit }[]) =>
  metrics.filter(({ metric, unit }) => METRIC_UNITS.get(metric as `${string}.${string}`) !== unit);

test('every metric of the profiles has its unit here', () => {
  const profiles = loadProfiles([join(import.meta.dirname, '../../collector/profiles')]);
  const metrics = profiles.flatMap(({ tables = [], groups = [] }) => [...tables, ...groups].flatMap((part) => part.metrics));
  expect(metrics.length).toBeGreaterThan(20);
  expect(strange(metrics)).toEqual([]);
});

test.each([
  ['local', createLocalSource(), 5],
  ['ping', createPingSource(), 2],
] as const)('every metric of the source %s has its unit here', async (type, source, least) => {
  const asking: Asking = { clock: createSystemClock(), epoch: 'test', signal: AbortSignal.timeout(10_000) };
  const spec: SourceSpec = { type };
  const plan = await source.discover({ address: '', spec, secret: null }, asking);
  if (!plan.ok) throw new Error(plan.text);
  expect(plan.columns.length).toBeGreaterThanOrEqual(least);
  expect(strange(plan.columns)).toEqual([]);
  await source.close();
});
