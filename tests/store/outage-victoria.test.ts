import { outageSuite } from './outage.ts';
import { createVictoriaStore } from '../../store/victoria/store.ts';
import { quiet } from './histories.ts';
import { startVictoria } from './victoria-server.ts';

outageSuite(
  'VictoriaMetrics',
  async () => {
    const server = await startVictoria();
    return {
      open: () =>
        createVictoriaStore({
          writeUrl: server.url,
          readUrl: server.url,
          deleteUrl: null,
          token: null,
          prefix: 'saguaro',
          timeoutMs: 10_000,
          log: quiet,
        }),
      stop: () => server.stop(),
      start: () => server.start(),
      settle: () => server.settle(),
      end: () => server.end(),
    };
  },
  11,
);
