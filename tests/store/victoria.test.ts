/** The adapter for VictoriaMetrics against the real server. */
import { afterAll, beforeAll, describe } from 'vitest';
import { realPart } from '../real-parts.ts';
import { seriesStoreContract } from '../contracts/series-store.ts';
import { settling, startVictoria, victoriaStore, type VictoriaServer } from './victoria-server.ts';

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
      let current = settling(server, victoriaStore(server, { prefix }));
      return {
        store: current.store,
        reopen: async () => {
          await current.store.close();
          current = settling(server, victoriaStore(server, { prefix }));
          return current.store;
        },
        cleanup: async () => undefined,
        settle: () => current.settle(),
      };
    },
    { rewrites: false, retention: false, digits: 11 },
  );
});
