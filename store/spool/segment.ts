/** A file of a spool: records one behind the other. The last one of a spool is open and grows, the others only wait. */
import { open, readFile, rm, stat, truncate, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseRecords, type Found, type Parsed } from './record.ts';

export const SEGMENT_NAME = /^(\d{16})\.waiting$/;

export interface Segment {
  readonly path: string;
  /** Its records are at this position or later. */
  readonly first: number;
  /** Position of the last record, first - 1 when there is none. */
  last: number;
  /** Bytes that count: what stands behind them was never acknowledged. */
  bytes: number;
  records: number;
  count: number;
  firstMs: number;
  lastMs: number;
}

export function segmentPath(folder: string, first: number): string {
  return join(folder, `${String(first).padStart(16, '0')}.waiting`);
}

export function newSegment(folder: string, first: number): Segment {
  const path = segmentPath(folder, first);
  return { path, first, last: first - 1, bytes: 0, records: 0, count: 0, firstMs: Infinity, lastMs: -Infinity };
}

/** Takes up what a record adds to its segment. */
export function grow(
  segment: Segment,
  { position, count, atMs }: Pick<Found, 'position' | 'count' | 'atMs'>,
  bytes: number,
): void {
  segment.last = position;
  segment.bytes += bytes;
  segment.records++;
  segment.count += count;
  segment.firstMs = Math.min(segment.firstMs, atMs);
  segment.lastMs = Math.max(segment.lastMs, atMs);
}

export interface Scanned {
  readonly segment: Segment;
  readonly bytes: Buffer;
  readonly parsed: Parsed;
}

/** Reads a whole file of an earlier run. */
export async function scan(path: string, first: number): Promise<Scanned> {
  const bytes = await readFile(path);
  const parsed = parseRecords(bytes, 0, first - 1);
  const segment = newSegment(dirname(path), first);
  for (const record of parsed.records) grow(segment, record, 0);
  segment.bytes = bytes.length;
  return { segment, bytes, parsed };
}

/** A segment that is written to. */
export interface Writer {
  /** Appends behind what counts, and waits for the disk. Whatever goes wrong, nothing of it counts afterwards. */
  append(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

export async function openWriter(segment: Segment): Promise<Writer> {
  const handle = await open(segment.path, 'a+', 0o600);
  let torn = (await handle.stat()).size > segment.bytes;
  // A new file is lost with its folder's entry.
  await syncFolder(dirname(segment.path));
  const cut = async () => {
    if (!torn) return;
    await handle.truncate(segment.bytes);
    await handle.datasync();
    torn = false;
  };
  return {
    async append(bytes) {
      // What a failed attempt left must be gone before anything stands behind it.
      await cut();
      torn = true;
      try {
        await writeAll(handle, bytes);
        await handle.datasync();
        torn = false;
      } catch (error) {
        await cut().catch(tornAsBefore);
        throw error;
      }
    },
    async close() {
      try {
        await cut().catch(tornAsBefore);
      } finally {
        await handle.close();
      }
    },
  };
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, at, bytes.length - at);
    if (bytesWritten === 0) throw Object.assign(new Error('nothing was written'), { code: 'EIO' });
    at += bytesWritten;
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** It is tried again before the next append; the first error says what is wrong. */
function tornAsBefore(): void {}

export async function removeSegment({ path }: Segment): Promise<void> {
  await rm(path, { force: true });
}

/** Cuts off what stands behind the last whole record. */
export async function cutTail(path: string, bytes: number): Promise<void> {
  if ((await stat(path)).size > bytes) await truncate(path, bytes);
}
