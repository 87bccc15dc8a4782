/** Appends to a history until it is killed, and says on stdout what was acknowledged. Run by the kill test. */
import { createEmbeddedStore } from '../../store/embedded/store.ts';
import { createHistory } from '../../store/history.ts';
import { lockDataFolder } from '../../store/lock.ts';
import { join } from 'node:path';
import { rowAt, SERIES, STEP_MS, T0, TIERS } from './appended.ts';

const folder = process.argv[2] ?? '';
await lockDataFolder(folder);
const store = await createEmbeddedStore({ path: join(folder, 'history.db') });
const log = { info: () => undefined, warn: () => undefined, error: (text: string) => process.stderr.write(`${text}\n`) };
const history = await createHistory({ store, tiers: TIERS, nowMs: () => Date.now(), log });
const [last] = await history.latest([SERIES[0] ?? '']);
for (let i = last ? (last.tMs - T0) / STEP_MS + 1 : 0; ; i++) {
  await history.append([rowAt(i)]);
  process.stdout.write(`${i}\n`);
  if (i % 50 === 0) await history.maintain(T0 + i * STEP_MS);
}
