/**
 * Appends to a history until it is killed, and says on stdout what was acknowledged; takes backups meanwhile,
 * and says which are whole, and what was acknowledged when they began. Run by the kill test.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createEmbeddedStore } from '../../store/embedded/store.ts';
import { createHistory } from '../../store/history.ts';
import { lockDataFolder } from '../../store/lock.ts';
import { rowsAt, SERIES, STEP_MS, T0, TIERS } from './appended.ts';

const MAINTAINED_EVERY = 20;
const folder = process.argv[2] ?? '';
await lockDataFolder(folder);
const store = await createEmbeddedStore({ path: join(folder, 'history.db') });
const log = { info: () => undefined, warn: () => undefined, error: (text: string) => process.stderr.write(`${text}\n`) };
let nowMs = T0;
const history = await createHistory({ store, tiers: TIERS, nowMs: () => nowMs, log });
const [last] = await history.latest([SERIES[0] ?? '']);
let backup: Promise<void> | null = null;
const takeBackup = async (acknowledged: number): Promise<void> => {
  const file = `backup-${acknowledged}.db`;
  await store.backupTo(join(folder, file));
  process.stdout.write(`backup ${acknowledged}\n`);
};
for (let i = last ? (last.tMs - T0) / STEP_MS + 1 : 0; ; i++) {
  nowMs = T0 + i * STEP_MS;
  await history.append(rowsAt(i));
  process.stdout.write(`row ${i}\n`);
  if (i % MAINTAINED_EVERY === 0) await history.maintain(nowMs);
  if (backup === null && i % MAINTAINED_EVERY === 7) {
    // One that was cut off by a kill is in the way of nobody.
    rmSync(join(folder, `backup-${i}.db`), { force: true });
    backup = takeBackup(i).finally(() => (backup = null));
  }
}
