/** The adapter for VictoriaMetrics against the real server. */
import { afterAll, beforeAll, describe } from 'vitest';
import { realPart } from '../real-parts.ts';
import { seriesStoreContract } from '../contracts/series-store.ts';
import { startVictoria, victoriaStore, type VictoriaServer } from './victoria-server.ts';

describe.skipIf(realPart('victoria-metrics') === null)('on a real server', () => {
  let server: VictoriaServer;
  beforeAll(async () => {
    server = await startVictoria();
  });
  afterAll(() => server?.end());

  let count = 0;
  seriesStoreContract(
    'VictoriaMetrics',
    async () => {
      const prefix = `contract${count++}`;
      const store = victoriaStore(server, { prefix });
      return {
        store,
        reopen: async () => {
          await store.close();
          return victoriaStore(server, { prefix });
        },
        cleanup: async () => undefined,
      };
    },
    { rewrites: false, retention: false, digits: 11 },
  );
});
