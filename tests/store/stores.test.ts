import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmbeddedStore } from '../../store/embedded/store.ts';
import { createMemoryStore } from '../../store/memory.ts';
import { seriesStoreContract } from '../contracts/series-store.ts';

seriesStoreContract('memory', async () => ({ store: createMemoryStore(), reopen: null, cleanup: async () => undefined }));

seriesStoreContract('embedded', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'saguaro-store-'));
  const path = join(folder, 'history.db');
  const store = await createEmbeddedStore({ path });
  return {
    store,
    reopen: async () => {
      await store.close();
      return createEmbeddedStore({ path });
    },
    cleanup: () => rm(folder, { recursive: true, force: true }),
  };
});
