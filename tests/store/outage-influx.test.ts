import { createInfluxStore } from '../../store/influx/store.ts';
import { quiet } from './histories.ts';
import { startInflux } from './influx-server.ts';
import { outageSuite } from './outage.ts';

outageSuite('InfluxDB', async () => {
  const server = await startInflux();
  return {
    open: () =>
      createInfluxStore({
        url: server.url,
        token: null,
        org: null,
        version: 'auto',
        prefix: 'saguaro',
        timeoutMs: 10_000,
        log: quiet,
      }),
    stop: () => server.stop(),
    start: () => server.start(),
    settle: () => Promise.resolve(),
    end: () => server.end(),
  };
});
