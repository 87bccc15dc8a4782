/**
 * A queue on disk between the history and a server that may be away for days: in order, bounded in bytes and age,
 * acknowledged once it is on the disk. One process uses a folder at a time; the caller sees to that.
 *
 * Files of records, each with its checksums (`spool/record.ts`); the newest is written to, all others wait. What cannot be read
 * any more is set aside and reported, and everything else is delivered.
 */
import { mkdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import type { Log } from '../core/ports.ts';
import { DataFolderError } from './failures.ts';
import { openAside, type Refused } from './spool/aside.ts';
import { openFiles } from './spool/files.ts';
import { encodeRecord, PAYLOAD_MAX, payloadOf, RECORD_OVERHEAD, type Found } from './spool/record.ts';
import type { Segment } from './spool/segment.ts';

export interface SpoolEntry {
  /** The caller's, 0–255. */
  readonly kind: number;
  /** When it was made, UTC milliseconds. */
  readonly atMs: number;
  /** Lines, for figures. */
  readonly count: number;
  readonly payload: Uint8Array;
}
export interface SpoolRecord extends SpoolEntry {
  /** Ascending, never used twice, over restarts as well. */
  readonly position: number;
}
export type Appended =
  | { readonly result: 'ok'; /** Of the last record. */ readonly position: number }
  | { readonly result: 'retry' | 'blocked'; readonly reason: string };

/** Counts only ever grow, from the opening on; what waits is what there is now. */
export interface SpoolStats {
  readonly waitingRecords: number;
  readonly waitingCount: number;
  readonly waitingBytes: number;
  readonly oldestMs: number | null;
  /** Of the newest record ever, -1 when there was none. */
  readonly lastPosition: number;
  readonly appendedCount: number;
  readonly doneCount: number;
  /** Given up because more waited than may. */
  readonly droppedCount: number;
  /** Given up because it waited longer than it may. */
  readonly expiredCount: number;
  readonly damagedBytes: number;
  readonly damagedPieces: number;
  readonly refusedLines: number;
  /** Why nothing can be appended just now, '' while it can. */
  readonly trouble: string;
}

export interface Spool {
  /** All of them or none; on the disk when ok. The order of calls is the order of records. */
  append(entries: readonly SpoolEntry[]): Promise<Appended>;
  /** The oldest that wait, after a position if one is given; about maxBytes of payload, at least one record if there is one. */
  peek(maxBytes: number, after?: number): Promise<SpoolRecord[]>;
  /** Everything up to here is delivered. A crash may forget the last of it: then it is delivered again. */
  done(position: number): Promise<void>;
  /** Keeps lines that the destination will never take, in a file beside. */
  setAside(lines: readonly Refused[]): Promise<void>;
  stats(): SpoolStats;
  close(): Promise<void>;
}

export interface SpoolOptions {
  readonly folder: string;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  readonly nowMs: () => number;
  readonly log: Log;
  /** Size of a file. */
  readonly segmentBytes?: number;
}

const SEGMENT_BYTES = 8 * 2 ** 20;
/** So many files share the bound, so that giving one up is not giving all up. */
const SEGMENTS_LEAST = 8;
/** And as many share the longest wait. */
const AGES_LEAST = 16;
/** What is delivered is noted once for so many calls. */
const DONE_AT_ONCE = 64;
/** Records that were appended last stay in memory, so that nobody reads back what was just written. */
const FRESH_BYTES = 4 * 2 ** 20;
/** Smaller payloads do not shrink. */
const PACKED_FROM = 256;

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** @throws DataFolderError when the folder cannot be used */
export async function openSpool(options: SpoolOptions): Promise<Spool> {
  try {
    return await openIn(options);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new DataFolderError(
      `What waits for the server cannot be kept in ${options.folder} (${code}); give Saguaro write access to it.`,
      {
        cause,
      },
    );
  }
}

async function openIn(options: SpoolOptions): Promise<Spool> {
  const { folder, maxBytes, maxAgeMs, nowMs, log, segmentBytes = SEGMENT_BYTES } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const aside = await openAside(folder);
  const sizeOfSegment = Math.max(1, Math.min(segmentBytes, Math.floor(maxBytes / SEGMENTS_LEAST)));
  const files = await openFiles(folder, sizeOfSegment, aside, log);
  const counts = { appendedCount: 0, doneCount: 0, droppedCount: 0, expiredCount: 0, refusedLines: 0 };
  let trouble = '';
  let overfull = false;
  const fresh: SpoolRecord[] = [];
  let freshBytes = 0;
  let unnoted = 0;
  let closed = false;
  let turn: Promise<unknown> = Promise.resolve();
  /** One thing at a time touches the files. */
  const exclusive = <T>(work: () => Promise<T>): Promise<T> => {
    const result = turn.then(work);
    turn = result.catch(() => undefined);
    return result;
  };
  const sum = (of: 'records' | 'count' | 'bytes') =>
    files.segments().reduce((total, segment) => total + segment[of], 0) - files.delivered()[of];
  const forgetFresh = () => {
    while (fresh[0] && fresh[0].position <= files.done()) freshBytes -= fresh.shift()?.payload.length ?? 0;
  };

  const expire = async () => {
    const beforeMs = nowMs() - maxAgeMs;
    let expired = 0;
    for (let [oldest] = files.segments(); oldest && oldest.records > 0 && oldest.lastMs < beforeMs; [oldest] = files.segments())
      expired += await files.give(oldest);
    if (expired === 0) return;
    counts.expiredCount += expired;
    forgetFresh();
    log.error('What waited for the server longer than it may was given up.', { folder, lines: expired });
  };
  /** Gives the oldest up until so many more bytes have room. */
  const makeRoom = async (bytes: number) => {
    let given = false;
    for (let [oldest] = files.segments(); oldest && sum('bytes') + bytes > maxBytes; [oldest] = files.segments()) {
      counts.droppedCount += await files.give(oldest);
      given = true;
    }
    if (given) forgetFresh();
    if (given && !overfull) log.error('More waits for the server than may; the oldest is given up.', { folder, maxBytes });
    overfull = given || (overfull && sum('bytes') > maxBytes / 2);
  };
  const isFull = ({ bytes, firstMs }: Segment) => bytes >= sizeOfSegment || nowMs() - firstMs > maxAgeMs / AGES_LEAST;
  const put = async (bodies: readonly Body[]): Promise<Appended> => {
    if (closed) return { result: 'retry', reason: 'The spool is closed.' };
    const size = bodies.reduce((total, { body }) => total + body.length + RECORD_OVERHEAD, 0);
    if (size > maxBytes || bodies.some(({ body }) => body.length > PAYLOAD_MAX))
      return { result: 'blocked', reason: `One write of ${size} bytes is more than may wait in all (spool.maxBytes).` };
    try {
      await expire();
      await makeRoom(size);
      const { segment, writer } = await files.current(files.last + 1, isFull);
      const first = files.last + 1;
      const records = bodies.map(({ entry, body, packed }, i) => {
        const { kind, atMs, count } = entry;
        const header = { kind, packed, position: first + i, atMs, count, length: body.length };
        return { entry, header, bytes: encodeRecord(header, body) };
      });
      let offset = segment.bytes;
      await writer.append(Buffer.concat(records.map(({ bytes }) => bytes)));
      for (const { entry, header, bytes } of records) {
        files.added(segment, { ...header, offset, bytes: bytes.length });
        offset += bytes.length;
        counts.appendedCount += entry.count;
        fresh.push({ ...entry, position: header.position });
        freshBytes += entry.payload.length;
      }
      while (freshBytes > FRESH_BYTES && fresh.length > 1) freshBytes -= fresh.shift()?.payload.length ?? 0;
      if (trouble !== '') log.info('What waits for the server can be written again.', { folder });
      trouble = '';
      return { result: 'ok', position: files.last };
    } catch (error) {
      const answer = troubleOf(error, folder);
      if (trouble === '') log.error(answer.reason);
      trouble = answer.reason;
      // Whatever state the file is in, it is opened anew; that closing it fails as well says nothing new.
      await files.release().catch(() => undefined);
      return answer;
    }
  };

  const readFrom = async (most: number, after: number): Promise<SpoolRecord[]> => {
    const out: SpoolRecord[] = [];
    let size = 0;
    const take = (record: SpoolRecord): boolean => {
      if (out.length > 0 && size + record.payload.length > most) return false;
      out.push(record);
      size += record.payload.length;
      return true;
    };
    const [newest] = fresh;
    if (newest && after >= newest.position - 1) {
      for (const record of fresh) if (record.position > after && !take(record)) break;
      return out;
    }
    for (const segment of [...files.segments()]) {
      if (segment.last <= after || segment.records === 0) continue;
      const { bytes, records } = await files.load(segment, after);
      for (const found of records) if (!take(await unpack(bytes, found))) return out;
      if (size >= most) break;
    }
    return out;
  };

  return {
    async append(entries) {
      if (entries.length === 0) return { result: 'ok', position: files.last };
      const bodies = Promise.all(entries.map(pack));
      return exclusive(async () => put(await bodies));
    },
    peek: (most, after = -1) =>
      exclusive(async () => {
        await expire();
        return readFrom(most, Math.max(files.done(), after));
      }),
    done: (position) =>
      exclusive(async () => {
        if (position <= files.done()) return;
        const before = sum('count');
        await files.advance(position);
        forgetFresh();
        counts.doneCount += before - sum('count');
        if (++unnoted < DONE_AT_ONCE) return;
        unnoted = 0;
        await files.note();
      }),
    async setAside(lines) {
      counts.refusedLines += lines.length;
      if (!(await aside.refused(lines, nowMs())))
        log.warn('There is no room for more refused lines; they are only counted.', { folder });
    },
    stats: () => ({
      ...counts,
      damagedBytes: files.damage.bytes,
      damagedPieces: files.damage.pieces,
      waitingRecords: sum('records'),
      waitingCount: sum('count'),
      waitingBytes: sum('bytes'),
      // Of a file that is delivered in part, when its first was made: a little too old does no harm.
      oldestMs: sum('records') === 0 ? null : (files.segments().find(({ last }) => last > files.done())?.firstMs ?? null),
      lastPosition: files.last,
      trouble,
    }),
    close: () =>
      exclusive(async () => {
        if (closed) return;
        closed = true;
        await files.release();
        // A file of which all is delivered need not wait for the next start.
        await files.advance(files.done());
        await files
          .note()
          .catch((error: unknown) => log.warn('How far the spool was delivered could not be noted.', { error: String(error) }));
      }),
  };
}

interface Body {
  readonly entry: SpoolEntry;
  readonly body: Uint8Array;
  readonly packed: boolean;
}

async function pack(entry: SpoolEntry): Promise<Body> {
  const { payload } = entry;
  if (payload.length < PACKED_FROM) return { entry, body: payload, packed: false };
  const small = await compress(payload, { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
  return small.length < payload.length ? { entry, body: small, packed: true } : { entry, body: payload, packed: false };
}

async function unpack(bytes: Buffer, found: Found): Promise<SpoolRecord> {
  const { kind, atMs, count, position, packed } = found;
  const body = payloadOf(bytes, found);
  return { kind, atMs, count, position, payload: packed ? await decompress(body) : Buffer.from(body) };
}

/** An operator must act where a disk is full or not ours to write; anything else may pass. */
function troubleOf(error: unknown, folder: string): Exclude<Appended, { result: 'ok' }> {
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return {
      result: 'blocked',
      reason: `The disk is full: what waits for the server cannot be kept in ${folder}; free some space.`,
    };
  if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM')
    return {
      result: 'blocked',
      reason: `${folder} cannot be written (${code}); give the user who runs Saguaro write access to it.`,
    };
  return { result: 'retry', reason: `What waits for the server could not be written to ${folder} (${code}); it is tried again.` };
}
