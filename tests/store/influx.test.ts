/** The adapter for InfluxDB against a real server of version 1. */
import { afterAll, beforeAll, describe } from 'vitest';
import { createInfluxStore } from '../../store/influx/store.ts';
import { seriesStoreContract } from '../contracts/series-store.ts';
import { realPart } from '../real-parts.ts';
import { quiet } from './histories.ts';
import { startInflux, type InfluxServer } from './influx-server.ts';

describe.skipIf(realPart('influxd') === null)('on a real server', () => {
  let server: InfluxServer;
  beforeAll(async () => {
    server = await startInflux();
  });
  afterAll(() => server?.end());

  let count = 0;
  seriesStoreContract(
    'InfluxDB 1',
    async () => {
      const prefix = `contract${count++}`;
      const open = () =>
        createInfluxStore({ url: server.url, token: null, org: null, version: 'auto', prefix, timeoutMs: 20_000, log: quiet });
      const store = open();
      return {
        store,
        reopen: async () => {
          await store.close();
          return open();
        },
        cleanup: async () => undefined,
      };
    },
    { retention: false },
  );
});
