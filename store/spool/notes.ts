/** Small files of a spool that may be lost without harm: how far it was delivered, and what its closed files hold. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Segment } from './segment.ts';

export type Summary = Omit<Segment, 'path'>;
export interface Notes {
  readonly done: number;
  readonly summaries: readonly Summary[];
}
const FILE = 'notes.json';
const NONE: Notes = { done: -1, summaries: [] };

/** What is damaged is as good as absent: then more is read, and delivered again. */
export async function readNotes(folder: string): Promise<Notes> {
  let text: string;
  try {
    text = await readFile(join(folder, FILE), 'utf8');
  } catch {
    return NONE; // There is none yet, or it cannot be read: see above.
  }
  const [sum = '', body = ''] = text.split('\n');
  if (sum !== String(crc32(body))) return NONE;
  const { done, summaries } = JSON.parse(body) as { done: number; summaries: Record<string, number | null>[] };
  return {
    done,
    // JSON has no infinities.
    summaries: summaries.map((one) => ({
      ...(one as unknown as Summary),
      firstMs: one['firstMs'] ?? Infinity,
      lastMs: one['lastMs'] ?? -Infinity,
    })),
  };
}

export async function writeNotes(folder: string, { done, summaries }: Notes): Promise<void> {
  const body = JSON.stringify({ done, summaries });
  const path = join(folder, FILE);
  await writeFile(`${path}.new`, `${crc32(body)}\n${body}`, { mode: 0o600 });
  await rename(`${path}.new`, path);
}
