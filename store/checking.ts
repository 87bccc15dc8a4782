/** One check of a history file, with a repair where that is asked for. */
import { join } from 'node:path';
import { checkFile } from './embedded/check-file.ts';
import type { CheckReport } from './embedded/findings.ts';
import { DataFolderError } from './failures.ts';
import { lockDataFolder } from './lock.ts';
import { repairHistory } from './repair.ts';

export interface CheckOutcome extends CheckReport {
  /** `before` counts what was damaged; `kept` names the old file where a new one had to be made. */
  readonly repair: {
    readonly setAside: number;
    readonly recomputed: number;
    readonly kept: string | null;
    readonly before: number;
  } | null;
}

export interface CheckOrder {
  /** A copy anywhere; null = the history of the data folder. */
  readonly file: string | null;
  /** Of the data folder's history only. */
  readonly repair: boolean;
  onProgress(rows: number, table: string): void;
}

/**
 * @param dataDir asked for only where it is the data folder's history; its lock is held meanwhile
 * @throws DataFolderError when it is in use, is no history, or cannot be read at all
 */
export async function checkHistory(order: CheckOrder, dataDir: () => string): Promise<CheckOutcome> {
  if (order.file !== null) return { ...checkFile(order.file, progressOf(order)), repair: null };
  const folder = dataDir();
  const lock = await lockDataFolder(folder).catch((cause: unknown) => {
    if (!(cause instanceof DataFolderError) || !cause.message.includes(' is in use ')) throw cause;
    throw new DataFolderError(`${cause.message} A backup can be checked meanwhile: saguaro store check --file FILE.`, { cause });
  });
  try {
    return await checkOrRepair(join(folder, 'history.db'), order);
  } finally {
    await lock.release();
  }
}

async function checkOrRepair(path: string, order: CheckOrder): Promise<CheckOutcome> {
  if (!order.repair) return { ...checkFile(path, progressOf(order)), repair: null };
  const { before, after, setAside, kept, recomputed } = await repairHistory(path, progressOf(order));
  return { ...after, repair: { setAside, recomputed, kept, before: before.damaged } };
}

function progressOf(order: CheckOrder) {
  return { onProgress: (rows: number, table: string) => order.onProgress(rows, table) };
}
