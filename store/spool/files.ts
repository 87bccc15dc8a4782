/** The files of a spool in order: opened, read, repaired, given up. Damage is set aside and reported once. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Log } from '../../core/ports.ts';
import type { Aside } from './aside.ts';
import { readNotes, writeNotes } from './notes.ts';
import { parseRecords, type Found } from './record.ts';
import {
  cutTail,
  grow,
  newSegment,
  openWriter,
  removeSegment,
  scan,
  SEGMENT_NAME,
  type Segment,
  type Writer,
} from './segment.ts';

export interface FileSet {
  /** Oldest first; the last one is written to. */
  segments(): readonly Segment[];
  /** Of the oldest segment what is delivered already. */
  delivered(): Delivered;
  readonly damage: { bytes: number; pieces: number };
  /** Position up to which everything is delivered. */
  done(): number;
  /** Of the newest record that was ever found. */
  readonly last: number;
  /** The records of a segment after a position, with the bytes of its file. */
  load(segment: Segment, after: number): Promise<{ bytes: Buffer; records: readonly Found[] }>;
  /** Where to write next: a new file when the newest is full or old. */
  current(position: number, isFull: (segment: Segment) => boolean): Promise<{ segment: Segment; writer: Writer }>;
  /** A record was appended to the newest. */
  added(segment: Segment, record: Found): void;
  /** Lets go of the file that is written to; the next append opens it anew. */
  release(): Promise<void>;
  advance(position: number): Promise<void>;
  /** Takes a segment away with all that is in it. @returns how much of it was not delivered */
  give(segment: Segment): Promise<number>;
  note(): Promise<void>;
}

interface Delivered {
  readonly records: number;
  readonly count: number;
  readonly bytes: number;
}
const NOTHING: Delivered = { records: 0, count: 0, bytes: 0 };

/** @param sizeOfSegment a delivered file of half that size is begun anew */
export async function openFiles(folder: string, sizeOfSegment: number, aside: Aside, log: Log): Promise<FileSet> {
  const notes = await readNotes(folder);
  let segments: Segment[] = [];
  let writer: Writer | null = null;
  let done = notes.done;
  let last = done;
  let delivered = NOTHING;
  const damage = { bytes: 0, pieces: 0 };
  /** What stands where, of the oldest file and of the one that is written to. */
  const indexes = new Map<Segment, Found[]>();

  const setDamageAside = async (segment: Segment, bytes: Buffer, damaged: readonly { from: number; to: number }[]) => {
    for (const { from, to } of damaged) {
      damage.bytes += to - from;
      damage.pieces++;
      const name = `${basename(segment.path, '.waiting')}-${from}`;
      const kept = await aside.damaged(name, bytes.subarray(from, to)).catch(() => false);
      log.error(`A part of what waits for the server cannot be read and is ${kept ? 'set aside' : 'lost'}: ${to - from} bytes.`, {
        folder,
        file: basename(segment.path),
      });
    }
  };
  /** Writes a segment anew without what is damaged in it, so that it is reported once. */
  const repair = async (segment: Segment, bytes: Buffer, records: readonly Found[]) => {
    const open = segment === segments.at(-1) && writer !== null;
    if (open) await release();
    const whole = Buffer.concat(records.map(({ offset, bytes: size }) => bytes.subarray(offset, offset + size)));
    await removeSegment(segment);
    const { last: end } = segment;
    const fixing = await openWriter(newSegment(folder, segment.first));
    if (whole.length > 0) await fixing.append(whole);
    await fixing.close();
    Object.assign(segment, newSegment(folder, segment.first));
    for (const record of records) grow(segment, record, record.bytes);
    segment.last = end;
    indexes.delete(segment);
  };
  const load: FileSet['load'] = async (segment, after) => {
    // Damage is written out of the file at the first look; a second one finds none.
    for (let look = 0; ; look++) {
      const bytes = (await readFile(segment.path)).subarray(0, segment.bytes);
      const { records, damaged } = parseRecords(bytes, 0, segment.first - 1);
      if ((records.length === segment.records && damaged.length === 0) || look > 0)
        return { bytes, records: records.filter(({ position }) => position > after) };
      // A file that is shorter than it was has lost its end without a trace.
      await setDamageAside(segment, bytes, damaged);
      await repair(segment, bytes, records);
      if (segment === segments[0]) measure(records);
    }
  };
  const measure = (records: readonly Found[]) => {
    let [past, count, bytes] = [0, 0, 0];
    for (const record of records) {
      if (record.position > done) break;
      past++;
      count += record.count;
      bytes += record.bytes;
    }
    delivered = { records: past, count, bytes };
  };
  const release = async () => {
    const closing = writer;
    writer = null;
    await closing?.close();
  };
  const drop = async (segment: Segment) => {
    if (segment === segments.at(-1)) await release();
    segments = segments.filter((one) => one !== segment);
    indexes.delete(segment);
    delivered = NOTHING;
    await removeSegment(segment);
  };
  /** Forgets files of which everything is delivered; the newest stays, to be written to. */
  const forgetDelivered = async () => {
    for (let [oldest] = segments; oldest && oldest.last <= done; [oldest] = segments) {
      if (segments.length === 1 && writer !== null && oldest.bytes < sizeOfSegment / 2) break;
      await drop(oldest);
    }
    const [oldest] = segments;
    if (!oldest || oldest.first > done) return;
    if (oldest.last <= done) delivered = { records: oldest.records, count: oldest.count, bytes: oldest.bytes };
    else {
      let index = indexes.get(oldest);
      if (!index) indexes.set(oldest, (index = [...(await load(oldest, -1)).records]));
      measure(index);
    }
  };
  const note = () => writeNotes(folder, { done, summaries: segments.slice(0, -1).map(({ path: _path, ...rest }) => rest) });

  const names = (await readdir(folder)).filter((name) => SEGMENT_NAME.test(name)).sort();
  for (const [i, name] of names.entries()) {
    const first = Number(SEGMENT_NAME.exec(name)?.[1]);
    const path = join(folder, name);
    const summary = notes.summaries.find((one) => one.first === first);
    if (summary && i < names.length - 1 && (await stat(path)).size === summary.bytes) {
      // Closed in order: what is inside is looked at when it is read.
      segments.push({ ...summary, path });
      last = Math.max(last, summary.last);
      continue;
    }
    const { segment, bytes, parsed } = await scan(path, first);
    segments.push(segment);
    last = Math.max(last, segment.last, first - 1);
    // What stands at the very end was being written when the process ended: nobody was told that it is there.
    // Whole records of a place where they do not belong are something else.
    const torn = parsed.damaged.find(
      ({ from, to }) => i === names.length - 1 && to === bytes.length && parseRecords(bytes, from).records.length === 0,
    );
    if (torn) {
      segment.bytes = torn.from;
      await cutTail(path, torn.from);
    }
    const damaged = parsed.damaged.filter((piece) => piece !== torn);
    if (damaged.length === 0) continue;
    await setDamageAside(segment, bytes, damaged);
    await repair(segment, bytes, parsed.records);
  }
  await forgetDelivered();

  return {
    segments: () => segments,
    delivered: () => delivered,
    damage,
    done: () => done,
    get last() {
      return last;
    },
    load,
    async current(position, isFull) {
      let segment = segments.at(-1);
      if (!segment || isFull(segment)) {
        await release();
        // An empty one of the same name may be there.
        if (segment?.first === position) await drop(segment);
        else if (segment && segment !== segments[0]) indexes.delete(segment);
        segment = newSegment(folder, position);
        writer = await openWriter(segment);
        segments.push(segment);
        indexes.set(segment, []);
        await note();
      }
      writer ??= await openWriter(segment);
      return { segment, writer };
    },
    added(segment, record) {
      grow(segment, record, record.bytes);
      indexes.get(segment)?.push(record);
      last = record.position;
    },
    release,
    async advance(position) {
      done = Math.min(position, last);
      await forgetDelivered();
    },
    async give(segment) {
      const left = segment === segments[0] ? segment.count - delivered.count : segment.count;
      done = Math.max(done, segment.last);
      await drop(segment);
      return left;
    },
    note,
  };
}
