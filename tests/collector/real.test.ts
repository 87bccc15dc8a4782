import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSystemClock } from '../../collector/clock.ts';
import { createCollector } from '../../collector/collector.ts';
import { createLocalSource } from '../../collector/local/local.ts';
import { createPingSource } from '../../collector/ping/ping.ts';
import type { Catalog, Log } from '../../core/ports.ts';
import { createCatalog } from '../../store/catalog/catalog.ts';
import { realPart } from '../real-parts.ts';
import { createMemoryHistory, device } from './fleet.ts';

let catalog: Catalog;
beforeAll(async () => {
  catalog = await createCatalog({ path: ':memory:', keyPath: null });
});
afterAll(() => catalog.close());

it.skipIf(realPart('ping') === null)('polls this machine every second in real time, over a restart, without a gap', async () => {
  const clock = createSystemClock();
  const history = createMemoryHistory();
  const troubles: string[] = [];
  const trouble = (text: string, fields?: Record<string, unknown>) => void troubles.push(`${text} ${JSON.stringify(fields)}`);
  const log: Log = { info: () => undefined, warn: trouble, error: trouble };
  let ids = 0;
  const make = () =>
    createCollector({
      clock,
      catalog,
      history,
      log,
      sources: [createLocalSource(), createPingSource({ program: realPart('ping') ?? '' })],
      newId: () => `id${String(ids++)}`,
    });
  const self = device('self', 1000, { address: '', sources: [{ type: 'local' }, { type: 'ping' }], origin: 'self' });
  await catalog.devices.put(self);

  const first = make();
  await first.start([self]);
  await clock.sleep(4_000);
  expect(first.deviceStatus('self')).toMatchObject({ state: 'up', failures: 0, skipped: 0 });
  await first.stop();

  const second = make();
  const [again] = await catalog.devices.list();
  if (!again) throw new Error('the device is in the catalog');
  expect(again.facts.sysName).not.toBe('');
  const n = history.rows.length;
  await second.start([again]);
  await clock.sleep(4_000);
  expect(second.status().gaps).toEqual({});
  await second.stop();

  const instances = await catalog.instances.list('self');
  const cpu = instances.filter((one) => one.kind === 'cpu');
  expect(cpu).toHaveLength(1);
  const series = `self/${cpu[0]?.id ?? ''}/cpu.used_ratio`;
  const shares = history.rows
    .slice(n)
    .flatMap((row) => [...row.series].flatMap((one, i) => (one === series ? [row.values[i] ?? NaN] : [])));
  // The first poll waits for the self-test of ping.
  expect(shares.length).toBeGreaterThanOrEqual(2);
  for (const share of shares) {
    expect(share).toBeGreaterThanOrEqual(0);
    expect(share).toBeLessThanOrEqual(1);
  }
  const rtt = history.rows.flatMap((row) =>
    [...row.series].flatMap((one, i) => (one.endsWith('ping.rtt_ms') ? [row.values[i] ?? NaN] : [])),
  );
  expect(rtt.filter((ms) => ms > 0).length).toBeGreaterThanOrEqual(3);
  expect(troubles).toEqual([]);
  expect((await catalog.events.list({ limit: 100 })).map((event) => event.kind).sort()).toEqual(['added', 'collector']);
});
