/** What cannot be delivered is kept in files beside the spool, for an operator to look at, up to a bound. */
import { appendFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const MOST_BYTES = 64 * 2 ** 20;

export interface Refused {
  readonly line: string;
  readonly reason: string;
}

export interface Aside {
  /** Keeps lines that the destination will never take, each below its reason. False when there is no room for them. */
  refused(lines: readonly Refused[], nowMs: number): Promise<boolean>;
  /** Keeps bytes that are no record. */
  damaged(name: string, bytes: Uint8Array): Promise<boolean>;
}

export async function openAside(folder: string): Promise<Aside> {
  let kept = 0;
  for (const name of await readdir(folder)) {
    if (/^(refused|damaged)-/.test(name)) kept += (await stat(join(folder, name))).size;
  }
  const room = (bytes: number): boolean => {
    if (kept + bytes > MOST_BYTES) return false;
    kept += bytes;
    return true;
  };
  return {
    async refused(lines, nowMs) {
      const text = lines.map(({ line, reason }) => `# ${reason.replaceAll(/\s+/g, ' ')}\n${line}\n`).join('');
      if (!room(Buffer.byteLength(text))) return false;
      const day = new Date(nowMs).toISOString().slice(0, 10);
      await appendFile(join(folder, `refused-${day}.lp`), text, { mode: 0o600 });
      return true;
    },
    async damaged(name, bytes) {
      if (!room(bytes.length)) return false;
      await writeFile(join(folder, `damaged-${name}.bin`), bytes, { mode: 0o600 });
      return true;
    },
  };
}
