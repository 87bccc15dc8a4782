/** The adapter for VictoriaMetrics against the real server. */
import { afterAll, beforeAll } from 'vitest';
import { realPart } from '../real-parts.ts';
import { seriesStoreContract } from '../contracts/series-store.ts';
import { startVictoria, victoriaStore, type VictoriaServer } from './victoria-server.ts';

if (realPart('victoria-metrics') !== null) {
  let server: VictoriaServer;
  beforeAll(async () => {
    server = await startVictoria();
  });
  afterAll(() => server?.end());

  seriesStoreContract(
    'VictoriaMetrics',
    async () => {
      const options = { prefix: `c${Math.random().toString(36).slice(2)}` };
      const store = victoriaStore(server, options);
      return {
        store,
        reopen: async () => {
          await store.close();
          return victoriaStore(server, options);
        },
        cleanup: async () => undefined,
        settle: () => server.settle(),
      };
    },
    { rewrites: false, retention: false, digits: 12 },
  );
}
