/**
 * A question made ready once: its OIDs encoded as requests list them, and the parts of tables
 * that one GETBULK can fetch. Everything here is shared by the devices that share the question.
 */
import { SYS_UP_TIME } from '../oid.ts';
import type { Question } from '../transport.ts';
import { encodeOid, encodeVarbind, lengthSize, putHead } from './ber.ts';
import type { Expected } from './decode.ts';

/** Rows of one table that follow each other and have the same columns. */
export interface Block {
  readonly columns: number;
  readonly rows: number;
  /** All slots, row after row. */
  readonly slots: Int32Array;
  /** Varbinds that a GETBULK lists to get row r and what follows: the columns with the index just before. */
  readonly starts: (row: number) => Uint8Array;
  /** sysUpTime's slot and those of some rows, in the order in which GETBULK brings them. Not to be changed. */
  readonly run: (row: number, rows: number) => Int32Array;
}

export interface Prepared extends Expected {
  /** Varbinds with NULL, one after another, and where each slot's begins; one more than there are slots. */
  readonly varbinds: Uint8Array;
  readonly varbindAt: Uint32Array;
  /** Slots of each set. */
  readonly sets: readonly Int32Array[];
  readonly blocks: readonly Block[];
  /** What no block has, in pieces of a set at most. */
  readonly loose: readonly Int32Array[];
  /** For each slot the first slot of its row; of an object that is no part of a row its own. */
  readonly rowOf: Int32Array;
  /** Slot of the first sysUpTime; -1 when none is asked for. */
  readonly upTime: number;
  /** Which slots ask for sysUpTime. */
  readonly isUpTime: Uint8Array;
  /** Varbind that makes GETBULK return sysUpTime. */
  readonly beforeUpTime: Uint8Array;
}

/** Fewer rows than this are as quickly asked one by one. */
const BLOCK_ROWS_MIN = 4;
/** Requests mostly begin at the same few rows. */
const KNOWN_STARTS = 64;

/** @throws TypeError for text that is no OID */
export function prepare(question: Question): Prepared {
  const oidTexts = question.sets.flat();
  const oids = oidTexts.map(encodeOid);
  const encoded = oids.map(encodeVarbind);
  const named = oids.map((oid) => {
    const whole = new Uint8Array(1 + lengthSize(oid.length) + oid.length);
    whole.set(oid, putHead(whole, 0, 0x06, oid.length));
    return whole;
  });
  const all = Int32Array.from(oidTexts, (_, slot) => slot);
  let from = 0;
  const sets = question.sets.map((set) => all.subarray(from, (from += set.length)));
  const blocks = blocksOf(question, oidTexts);
  const inBlock = new Uint8Array(oidTexts.length);
  for (const block of blocks) for (const slot of block.slots) inBlock[slot] = 1;
  const rowOf = all.slice();
  for (const [first, count] of question.rows) rowOf.fill(first, first, first + count);
  const isUpTime = Uint8Array.from(oidTexts, (oid) => (oid === SYS_UP_TIME ? 1 : 0));
  const upTime = isUpTime.indexOf(1);
  return {
    oids: joined(named),
    at: offsets(named),
    varbinds: joined(encoded),
    varbindAt: offsets(encoded),
    sets,
    blocks,
    loose: upTime < 0 ? [] : loosePieces(sets, inBlock, isUpTime),
    rowOf,
    upTime,
    isUpTime,
    beforeUpTime: encodeVarbind(encodeOid(SYS_UP_TIME.slice(0, SYS_UP_TIME.lastIndexOf('.')))),
  };
}

/** Slots outside of blocks, filled into pieces as large as the largest set; each set's own sysUpTime is needed once only. */
function loosePieces(sets: readonly Int32Array[], inBlock: Uint8Array, isUpTime: Uint8Array): Int32Array[] {
  const most = sets.reduce((largest, set) => Math.max(largest, set.length), 1);
  const left = sets.flatMap((set) => [...set].filter((slot) => inBlock[slot] === 0 && isUpTime[slot] === 0));
  const upTime = isUpTime.indexOf(1);
  const pieces: Int32Array[] = [];
  for (let at = 0; at < left.length; at += most - 1) pieces.push(Int32Array.of(upTime, ...left.slice(at, at + most - 1)));
  return pieces;
}

/** `1.3.6.1.2.1.2.2.1.10.7` below row index `7`: the column. Null when a row's objects share no index. */
function columnsOf(oids: readonly string[]): { readonly columns: string[]; readonly index: string } | null {
  const [first = ''] = oids;
  // The longest index that all objects of the row end with, and that leaves each a column.
  const parts = first.split('.');
  for (let size = 1; size <= 20 && parts.length - size > 6; size++) {
    const index = parts.slice(-size).join('.');
    const columns = oids.map((oid) => (oid.endsWith(`.${index}`) ? oid.slice(0, -index.length - 1) : ''));
    if (columns.includes('')) return null;
    // Columns of one table differ in their last part: then the index is whole.
    const tables = new Set(columns.map((column) => column.slice(0, column.lastIndexOf('.'))));
    if (new Set(columns).size === columns.length && [...tables].every((table) => table.endsWith('.1'))) return { columns, index };
  }
  return null;
}

function blocksOf(question: Question, oids: readonly string[]): Block[] {
  const upTime = oids.indexOf(SYS_UP_TIME);
  const blocks: Block[] = [];
  let key = '';
  let columns: string[] = [];
  let indices: string[] = [];
  let slots: number[] = [];
  const flush = () => {
    if (indices.length >= BLOCK_ROWS_MIN) blocks.push(blockOf(columns, indices, slots, upTime));
    [key, columns, indices, slots] = ['', [], [], []];
  };
  for (const [from, count] of question.rows) {
    const row = columnsOf(oids.slice(from, from + count));
    const rowKey = row === null ? '' : row.columns.join(' ');
    if (rowKey !== key || row === null) flush();
    if (row === null) continue;
    key = rowKey;
    columns = row.columns;
    indices.push(row.index);
    for (let slot = from; slot < from + count; slot++) slots.push(slot);
  }
  flush();
  return blocks;
}

function blockOf(columns: readonly string[], indices: readonly string[], slots: readonly number[], upTime: number): Block {
  const known = new Map<number, Uint8Array>();
  const runs = new Map<number, Int32Array>();
  return {
    columns: columns.length,
    rows: indices.length,
    slots: Int32Array.from(slots),
    starts(row) {
      const found = known.get(row);
      if (found) return found;
      const starts = joined(columns.map((column) => encodeVarbind(encodeOid(before(column, indices[row] ?? '')))));
      if (known.size < KNOWN_STARTS) known.set(row, starts);
      return starts;
    },
    run(row, rows) {
      const name = row * 0x10000 + rows;
      const found = runs.get(name);
      if (found) return found;
      const run = Int32Array.of(upTime, ...slots.slice(row * columns.length, (row + rows) * columns.length));
      if (runs.size < KNOWN_STARTS) runs.set(name, run);
      return run;
    },
  };
}

/** An OID that comes just before column.index in the tree. */
function before(column: string, index: string): string {
  const parts = index.split('.');
  const last = Number(parts.pop());
  const shorter = [column, ...parts].join('.');
  return last > 0 ? `${shorter}.${last - 1}` : shorter;
}

function offsets(parts: readonly Uint8Array[]): Uint32Array {
  const at = new Uint32Array(parts.length + 1);
  parts.forEach((part, i) => (at[i + 1] = (at[i] ?? 0) + part.length));
  return at;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * Parts of some slots, of so many objects at most. Rows stay whole where they fit, each part
 * begins with sysUpTime, and a part that goes on with a row asks its first object again: so
 * that a restart or another row in this place is seen between any two of them.
 */
export function split({ rowOf, isUpTime, upTime }: Prepared, slots: Int32Array, most: number): Int32Array[] {
  const first = slots[0] ?? -1;
  const own = isUpTime[first] === 1 ? first : upTime;
  const body = slots.filter((slot) => isUpTime[slot] === 0);
  if (body.length === 0) return [slots];
  // A device that takes fewer than three objects can be asked for nothing besides.
  const guarded = most >= 3;
  const parts: Int32Array[] = [];
  for (let at = 0; at < body.length;) {
    const row = rowOf[body[at] ?? 0] ?? -1;
    const lead = guarded && own >= 0 ? [own] : [];
    if (guarded && row !== body[at]) lead.push(row);
    let end = Math.min(body.length, at + Math.max(1, most - lead.length));
    if (end < body.length) {
      let cut = end;
      while (cut > at && rowOf[body[cut] ?? 0] !== body[cut]) cut--;
      if (cut > at) end = cut;
    }
    parts.push(Int32Array.from([...lead, ...body.subarray(at, end)]));
    at = end;
  }
  return parts;
}
