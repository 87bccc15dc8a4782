/** The whole program with its history on a real server, which goes away and comes back; and the way from one store to another. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder, saguaro, startServer, type RunningServer } from '../cli/processes.ts';
import { createEmbeddedStore } from '../../store/embedded/store.ts';
import { createInfluxStore } from '../../store/influx/store.ts';
import { startInflux, type InfluxServer } from '../store/influx-server.ts';

interface Status {
  readonly running: boolean;
  readonly store: { ok: boolean; waitingRows: number; destination?: { state: string; waitingLines: number } | null };
}

describe('a history in InfluxDB', () => {
  const { path, remove } = folder('influx');
  let influx: InfluxServer;
  let server: RunningServer | null = null;
  const variables = () => ({ SAGUARO_DATA: path, SAGUARO_STORE: 'influxdb', SAGUARO_INFLUXDB_URL: influx.url });
  const query = async (database: string, statement: string): Promise<number> => {
    const url = `${influx.url}/query?db=${database}&q=${encodeURIComponent(statement)}`;
    const answer = (await (await fetch(url, { signal: AbortSignal.timeout(10_000) })).json()) as {
      results: { series?: { values: [string, number][] }[] }[];
    };
    return answer.results[0]?.series?.[0]?.values[0]?.[1] ?? 0;
  };
  const until = async (what: string, condition: () => Promise<boolean>) => {
    for (let i = 0; i < 200; i++) {
      if (await condition()) return;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect.fail(`${what} did not happen`);
  };

  beforeAll(async () => {
    influx = await startInflux();
  });
  afterAll(async () => {
    await server?.stop();
    await influx.end();
    remove();
  });

  it('is there while the server is away, and complete when it is back', { timeout: 120_000 }, async () => {
    const config = join(path, 'saguaro.yaml');
    writeFileSync(config, 'thisMachine: { interval: 1s, snmp: false }\n');
    server = await startServer({ ...variables(), SAGUARO_CONFIG: config });
    const load = () => query('saguaro_raw', 'SELECT count("one") FROM "load"');
    await until('the first samples', async () => (await load()) >= 2);
    await influx.stop();
    const stoppedMs = Date.now();
    const metrics = async () => (await fetch(`${server?.url ?? ''}metrics`)).text();
    await until('word of it', () => Promise.resolve(/does not take history/.test(server?.output() ?? '')));
    const before = Number(/saguaro_store_written_samples_total (\d+)/.exec(await metrics())?.[1]);
    await until(
      'further samples',
      async () => Number(/saguaro_store_written_samples_total (\d+)/.exec(await metrics())?.[1]) > before + 20,
    );
    const status = JSON.parse((await saguaro(['status', '--json'], variables())).stdout) as Status;
    expect(status).toMatchObject({ running: true, store: { ok: true, waitingRows: 0 } });
    await influx.start();
    await until('word of its return', () => Promise.resolve(/takes history again/.test(server?.output() ?? '')));
    expect(await server.stop()).toBe(0);
    server = null;
    // What was measured while it was away is there as well: the server has just what is kept here.
    const here = await createEmbeddedStore({ path: join(path, 'recent.db') });
    const there = createInfluxStore({
      ...{ url: influx.url, token: null, org: null, prefix: 'saguaro' },
      ...{ version: 'auto', timeoutMs: 10_000, log: { info: () => undefined, warn: () => undefined, error: () => undefined } },
    });
    try {
      const keys = (await there.keys()).sort();
      expect(keys.length).toBeGreaterThan(5);
      const kept = await here.raw(keys, -Infinity, Infinity);
      // Of the moment before anything was kept here there may be one word more.
      const firstMs = Math.min(...kept.map(({ tMs }) => tMs[0] ?? Infinity));
      const records = (all: typeof kept) => all.map(({ tMs, value }) => [[...tMs], [...value]]);
      expect(records(await there.raw(keys, firstMs - 1, Infinity))).toEqual(records(kept));
      const [last] = await there.latest(keys);
      expect(last?.tMs).toBeGreaterThan(stoppedMs);
    } finally {
      await there.close();
      await here.close();
    }
  });

  it('moves into a file, and says that both are the same', { timeout: 60_000 }, async () => {
    const moved = await saguaro(['store', 'migrate', '--from', 'influxdb', '--to', 'embedded'], variables());
    expect(moved.stdout).toMatch(/: embedded holds what influxdb holds\.\n$/);
    expect(moved.status).toBe(0);
    const there = await query('saguaro_raw', 'SELECT count("one") FROM "load"');
    expect(Number(/Copied ([\d\s\u2009\u202f]+) values/.exec(moved.stdout)?.[1]?.replaceAll(/\D/g, ''))).toBeGreaterThan(there);
  });
});
