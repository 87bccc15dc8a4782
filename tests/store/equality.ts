/** Every store there is under the same history, compared with the embedded one. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { createSystemClock } from '../../collector/clock.ts';
import { createEmbeddedStore } from '../../store/embedded/store.ts';
import { createMemoryStore } from '../../store/memory.ts';
import { createBufferedStore } from '../../store/server/buffered.ts';
import { createInfluxStore } from '../../store/influx/store.ts';
import type { ServerStore } from '../../store/server/port.ts';
import { openSpool } from '../../store/spool.ts';
import { historyEquality, type EqualStore, type Size } from '../contracts/history-equality.ts';
import { realPart } from '../real-parts.ts';
import { quiet } from './histories.ts';
import { startInflux, type InfluxServer } from './influx-server.ts';
import { startVictoria, victoriaStore, type VictoriaServer } from './victoria-server.ts';

async function embedded(): Promise<EqualStore> {
  const folder = await mkdtemp(join(tmpdir(), 'saguaro-equality-'));
  return {
    store: await createEmbeddedStore({ path: join(folder, 'history.db') }),
    cleanup: () => rm(folder, { recursive: true, force: true }),
  };
}
const memory = (): Promise<EqualStore> => Promise.resolve({ store: createMemoryStore(), cleanup: () => Promise.resolve() });

export function equalityOfAll(size: Size): void {
  historyEquality('memory', memory, embedded, size);

  describe.skipIf(realPart('influxd') === null)('on a real server', () => {
    let server: InfluxServer;
    let count = 0;
    beforeAll(async () => {
      server = await startInflux();
    });
    afterAll(() => server?.end());
    const open = () =>
      createInfluxStore({
        ...{ url: server.url, token: null, org: null, version: 'auto', timeoutMs: 60_000, log: quiet },
        prefix: `equal${count++}`,
      });
    historyEquality('InfluxDB', () => Promise.resolve({ store: open(), cleanup: () => Promise.resolve() }), embedded, size, {
      retention: false,
    });
  });

  describe.skipIf(realPart('victoria-metrics') === null)('on a real server', () => {
    let server: VictoriaServer;
    beforeAll(async () => {
      server = await startVictoria();
    });
    afterAll(() => server?.end());
    historyEquality(
      'VictoriaMetrics',
      () => Promise.resolve({ store: victoriaStore(server), cleanup: () => Promise.resolve() }),
      embedded,
      size,
      { rewrites: false, retention: false, digits: 11 },
    );
  });
}

/** The same through the disk that stands before a server: all of it is older than what is kept here as well. */
export function equalityOfBuffered(size: Size): void {
  describe.skipIf(realPart('victoria-metrics') === null)('on a real server', () => {
    let server: VictoriaServer;
    beforeAll(async () => {
      server = await startVictoria();
    });
    afterAll(() => server?.end());
    historyEquality('VictoriaMetrics behind a spool', () => buffered(victoriaStore(server)), embedded, size, {
      rewrites: false,
      retention: false,
      digits: 11,
    });
  });
}

async function buffered(server: ServerStore): Promise<EqualStore> {
  const folder = await mkdtemp(join(tmpdir(), 'saguaro-equality-'));
  const clock = createSystemClock();
  const spool = await openSpool({
    folder: join(folder, 'spool'),
    maxBytes: 2 ** 30,
    maxAgeMs: 100 * 365 * 86_400_000,
    nowMs: () => clock.nowMs(),
    log: quiet,
  });
  const recent = await createEmbeddedStore({ path: join(folder, 'recent.db') });
  const store = await createBufferedStore({ server, recent, sinceMs: clock.nowMs(), spool, clock, log: quiet });
  // What still waits on disk is not on the server yet, and a busy machine may take longer than a write waits for it.
  const delivered = async () => {
    for (let i = 0; i < 2_400 && store.destination().waitingLines > 0; i++) await clock.sleep(25);
    expect(store.destination().waitingLines).toBe(0);
  };
  return {
    store: {
      ...store,
      raw: (...asked) => delivered().then(() => store.raw(...asked)),
      bins: (...asked) => delivered().then(() => store.bins(...asked)),
    },
    cleanup: () => rm(folder, { recursive: true, force: true }),
  };
}
