/** One check of a history file, with a repair where that is asked for. */
import { checkFile } from './embedded/check-file.ts';
import type { CheckReport } from './embedded/findings.ts';
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

/**
 * @param options.repair only where the caller holds the lock of the file's folder
 * @throws DataFolderError when it is no history, or cannot be read at all
 */
export async function checkOrRepair(
  path: string,
  options: { readonly repair: boolean; onProgress(rows: number, table: string): void },
): Promise<CheckOutcome> {
  const onProgress = (rows: number, table: string) => options.onProgress(rows, table);
  if (!options.repair) return { ...checkFile(path, { onProgress }), repair: null };
  const { before, after, setAside, kept, recomputed } = await repairHistory(path, { onProgress });
  return { ...after, repair: { setAside, recomputed, kept, before: before.damaged } };
}
