/** What passes between the catalog and its worker. */
import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';

export interface Step {
  readonly sql: string;
  readonly params: readonly SQLInputValue[];
  /** Instead of `params`: the statement once for each of these, nothing of what it answers. */
  readonly each?: readonly (readonly SQLInputValue[])[];
}

/** No steps at all: close the file and end. */
export interface Request {
  readonly id: number;
  readonly steps: readonly Step[];
  /** Without a transaction around it (VACUUM INTO). */
  readonly alone: boolean;
}

export interface Result {
  readonly rows: readonly Record<string, SQLOutputValue>[];
  readonly lastId: number;
}

/** The first reply has id 0 and says whether the file could be opened. */
export type Reply =
  | { readonly id: number; readonly ok: true; readonly results: readonly Result[] }
  | {
      readonly id: number;
      readonly ok: false;
      readonly message: string;
      /** Result code of SQLite, if it was one. */
      readonly code: number | null;
      readonly dataFolder: boolean;
    };
