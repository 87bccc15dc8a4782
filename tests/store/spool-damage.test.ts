/** Forty kinds of damage to a spool's files: whatever is whole is delivered exactly and in order, whatever is not is reported. */
import { mkdtemp, mkdir, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, describe } from 'vitest';
import { openSpool, type Spool, type SpoolRecord } from '../../store/spool.ts';
import { parseRecords } from '../../store/spool/record.ts';
import { entryAt, isAsMade } from './spooled.ts';

const RECORDS = 120;
const DONE = 9;

interface Damage {
  /** Positions that may be gone; null = any. */
  readonly lost: readonly number[] | null;
  /** Whether it must be told; false where nothing that was kept is touched. */
  readonly told: boolean;
}
interface Files {
  readonly folder: string;
  /** Names of the files of records, oldest first. */
  readonly names: readonly string[];
  bytes(at: number): Promise<Buffer>;
  write(at: number, bytes: Uint8Array): Promise<void>;
  /** Records of a file, by position. */
  records(at: number): Promise<ReturnType<typeof parseRecords>['records']>;
}
type Kind = readonly [name: string, (files: Files) => Promise<Damage>];

/** Changes bytes of the record in the middle of the second file, counted from its start. */
function inRecord(
  change: (bytes: Buffer, from: number, to: number) => Buffer | void,
  of: 'first' | 'middle' | 'last' = 'middle',
  at = 1,
) {
  return async (files: Files): Promise<Damage> => {
    const bytes = await files.bytes(at);
    const records = await files.records(at);
    const i = of === 'first' ? 0 : of === 'last' ? records.length - 1 : records.length >> 1;
    const record = records[i];
    if (!record) throw new Error('there is no record to damage');
    await files.write(at, change(bytes, record.offset, record.offset + record.bytes) ?? bytes);
    return { lost: [record.position], told: true };
  };
}
const flip = (offset: number, bit = 3) =>
  inRecord((bytes, from) => void bytes.writeUInt8(bytes.readUInt8(from + offset) ^ (1 << bit), from + offset));
const set = (offset: number, values: readonly number[]) => inRecord((bytes, from) => void bytes.set(values, from + offset));
const nothing: Damage = { lost: [], told: false };

const KINDS: readonly Kind[] = [
  ['a bit of the magic', flip(0)],
  ['all of the magic', set(0, [0, 0, 0, 0])],
  ['a bit of the kind', flip(4)],
  ['a bit of the flags', flip(5, 0)],
  ['a bit of the reserved bytes', flip(6)],
  ['a bit of the position', flip(9)],
  ['a high bit of the position', flip(15, 6)],
  ['a bit of the time', flip(20)],
  ['a bit of the count', flip(24)],
  ['a bit of the length', flip(28)],
  ['a length that reaches far beyond the file', set(28, [255, 255, 255, 63])],
  ['a length of nothing', set(28, [0, 0, 0, 0])],
  ['a bit of the checksum of the header', flip(33)],
  ['a bit of the payload', flip(40)],
  [
    'a bit of the checksum at the end',
    inRecord((bytes, _from, to) => void bytes.writeUInt8(bytes.readUInt8(to - 2) ^ 16, to - 2)),
  ],
  [
    'the first record of a file',
    inRecord((bytes, from) => void bytes.writeUInt8(bytes.readUInt8(from + 41) ^ 1, from + 41), 'first'),
  ],
  [
    'the last record of a file',
    inRecord((bytes, _from, to) => void bytes.writeUInt8(bytes.readUInt8(to - 1) ^ 1, to - 1), 'last'),
  ],
  ['a whole record overwritten with zeros', inRecord((bytes, from, to) => void bytes.fill(0, from, to))],
  ['a whole record overwritten with noise', inRecord((bytes, from, to) => void bytes.fill('noise', from, to))],
  [
    'a record cut out without a trace',
    async (files) => ({
      ...(await inRecord((bytes, from, to) => Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]))(files)),
      told: false,
    }),
  ],
  [
    'half a record cut out',
    inRecord((bytes, from, to) => Buffer.concat([bytes.subarray(0, (from + to) >> 1), bytes.subarray(to)])),
  ],
  [
    'a byte put in',
    inRecord((bytes, from) => Buffer.concat([bytes.subarray(0, from + 50), Buffer.from([7]), bytes.subarray(from + 50)])),
  ],
  [
    'noise put between records',
    async (files) => {
      const bytes = await files.bytes(1);
      const [, second] = await files.records(1);
      const at = second?.offset ?? 0;
      await files.write(1, Buffer.concat([bytes.subarray(0, at), Buffer.from('noise between'), bytes.subarray(at)]));
      return { lost: [], told: true };
    },
  ],
  [
    'a magic put between records',
    async (files) => {
      const bytes = await files.bytes(1);
      const [, second] = await files.records(1);
      const at = second?.offset ?? 0;
      await files.write(1, Buffer.concat([bytes.subarray(0, at), bytes.subarray(at, at + 4), bytes.subarray(at)]));
      return { lost: [], told: true };
    },
  ],
  [
    'a record written twice',
    async (files) => ({
      ...(await inRecord((bytes, from, to) =>
        Buffer.concat([bytes.subarray(0, to), bytes.subarray(from, to), bytes.subarray(to)]),
      )(files)),
      lost: [],
    }),
  ],
  [
    'two records exchanged',
    async (files) => {
      const bytes = await files.bytes(1);
      const [a, b] = (await files.records(1)).slice(2, 4);
      if (!a || !b) throw new Error('too few records');
      const part = ({ offset, bytes: size }: { offset: number; bytes: number }) => bytes.subarray(offset, offset + size);
      await files.write(1, Buffer.concat([bytes.subarray(0, a.offset), part(b), part(a), bytes.subarray(b.offset + b.bytes)]));
      return { lost: [a.position], told: true };
    },
  ],
  [
    'zeros at the end',
    async (files) => {
      await files.write(1, Buffer.concat([await files.bytes(1), Buffer.alloc(4096)]));
      return { lost: [], told: true };
    },
  ],
  [
    'a block of zeros in the middle',
    async (files) => {
      const bytes = await files.bytes(1);
      const records = await files.records(1);
      bytes.fill(0, 512, 1024);
      await files.write(1, bytes);
      return {
        lost: records.filter(({ offset, bytes: size }) => offset < 1024 && offset + size > 512).map(({ position }) => position),
        told: true,
      };
    },
  ],
  [
    'a file cut in the middle of a record',
    async (files) => {
      const records = await files.records(1);
      const cut = records[3];
      await truncate(join(files.folder, files.names[1] ?? ''), (cut?.offset ?? 0) + 20);
      return { lost: records.slice(3).map(({ position }) => position), told: true };
    },
  ],
  [
    'a file cut between records',
    async (files) => {
      const records = await files.records(1);
      await truncate(join(files.folder, files.names[1] ?? ''), records[3]?.offset ?? 0);
      return { lost: records.slice(3).map(({ position }) => position), told: false };
    },
  ],
  [
    'a file cut to nothing',
    async (files) => {
      const records = await files.records(1);
      await files.write(1, Buffer.alloc(0));
      return { lost: records.map(({ position }) => position), told: false };
    },
  ],
  [
    'a file of zeros',
    async (files) => {
      const records = await files.records(1);
      await files.write(1, Buffer.alloc((await files.bytes(1)).length));
      return { lost: records.map(({ position }) => position), told: true };
    },
  ],
  [
    'a file gone',
    async (files) => {
      const records = await files.records(1);
      await rm(join(files.folder, files.names[1] ?? ''));
      return { lost: records.map(({ position }) => position), told: false };
    },
  ],
  [
    'the oldest file gone',
    async (files) => {
      const records = await files.records(0);
      await rm(join(files.folder, files.names[0] ?? ''));
      return { lost: records.map(({ position }) => position), told: false };
    },
  ],
  [
    'the newest file torn, as by a crash',
    async (files) => {
      const at = files.names.length - 1;
      const last = (await files.records(at)).at(-1);
      await truncate(join(files.folder, files.names[at] ?? ''), (last?.offset ?? 0) + 30);
      return { lost: [last?.position ?? -1], told: false };
    },
  ],
  [
    'a file under the name of a later one',
    async (files) => {
      const records = await files.records(1);
      await rename(join(files.folder, files.names[1] ?? ''), join(files.folder, '0000000000099999.waiting'));
      return { lost: records.map(({ position }) => position), told: true };
    },
  ],
  [
    'notes that are gone',
    async (files) => {
      await rm(join(files.folder, 'notes.json'));
      return nothing;
    },
  ],
  [
    'notes that are cut',
    async (files) => {
      await truncate(join(files.folder, 'notes.json'), 20);
      return nothing;
    },
  ],
  [
    'notes of another time',
    async (files) => {
      const path = join(files.folder, 'notes.json');
      await writeFile(path, (await readFile(path, 'utf8')).replace('"done":9', '"done":119'));
      return nothing;
    },
  ],
  [
    'notes that are noise',
    async (files) => {
      await writeFile(join(files.folder, 'notes.json'), 'null');
      return nothing;
    },
  ],
  [
    'half-written notes left over',
    async (files) => {
      await writeFile(join(files.folder, 'notes.json.new'), '{');
      return nothing;
    },
  ],
  [
    'foreign files and folders',
    async (files) => {
      await writeFile(join(files.folder, 'readme.txt'), 'hello');
      await writeFile(join(files.folder, '12.waiting'), 'hello');
      await mkdir(join(files.folder, 'damaged-folder'));
      return nothing;
    },
  ],
];

describe(`a spool with ${KINDS.length} kinds of damage`, () => {
  it.each(KINDS)('%s', async (_name, damage) => {
    const folder = await mkdtemp(join(tmpdir(), 'saguaro-damage-'));
    const told: string[] = [];
    const log = { info: () => undefined, warn: () => undefined, error: (text: string) => void told.push(text) };
    const open = () => openSpool({ folder, maxBytes: 2 ** 30, maxAgeMs: 1e12, nowMs: () => 0, log, segmentBytes: 2_500 });
    try {
      let spool = await open();
      for (let i = 0; i < RECORDS; i++) await spool.append([entryAt(i)]);
      await spool.done(DONE);
      await spool.close();
      const names = (await readdir(folder)).filter((name) => name.endsWith('.waiting')).sort();
      expect(names.length).toBeGreaterThan(4);
      const bytes = (at: number) => readFile(join(folder, names[at] ?? ''));
      const { lost, told: mustTell } = await damage({
        folder,
        names,
        bytes,
        write: (at, content) => writeFile(join(folder, names[at] ?? ''), content),
        records: async (at) => parseRecords(await bytes(at)).records,
      });
      spool = await open();
      const found = await everything(spool);
      expect(found.filter((record) => !isAsMade(record))).toEqual([]);
      const positions = found.map(({ position }) => position);
      expect(positions).toEqual(positions.toSorted((a, b) => a - b));
      expect(new Set(positions).size).toBe(positions.length);
      const missing = Array.from({ length: RECORDS - DONE - 1 }, (_p, i) => DONE + 1 + i).filter(
        (position) => !positions.includes(position),
      );
      expect(missing).toEqual((lost ?? missing).filter((position) => position > DONE));
      expect(told.length > 0).toBe(mustTell);
      const { damagedBytes, damagedPieces } = spool.stats();
      expect([damagedBytes > 0, damagedPieces > 0]).toEqual([mustTell, mustTell]);
      if (mustTell) expect((await readdir(folder)).some((name) => /^damaged-.*\.bin$/.test(name))).toBe(true);
      expect(spool.stats().waitingRecords).toBe(positions.length);
      // It goes on, under positions of its own, and tells of each damage once.
      expect(await spool.append([entryAt(RECORDS)])).toMatchObject({ result: 'ok' });
      await spool.close();
      told.length = 0;
      spool = await open();
      expect((await everything(spool)).length).toBe(positions.length + 1);
      expect(told).toEqual([]);
      expect(spool.stats().damagedPieces).toBe(0);
      await spool.close();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

async function everything(spool: Spool): Promise<SpoolRecord[]> {
  const out: SpoolRecord[] = [];
  for (let after = -1; ;) {
    const records = await spool.peek(3_000, after);
    if (records.length === 0) return out;
    out.push(...records);
    after = records.at(-1)?.position ?? after;
  }
}
