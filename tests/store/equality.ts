/** Every store there is under the same history, compared with the embedded one. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { createEmbeddedStore } from '../../store/embedded/store.ts';
import { createMemoryStore } from '../../store/memory.ts';
import { historyEquality, type EqualStore, type Size } from '../contracts/history-equality.ts';
import { realPart } from '../real-parts.ts';
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
