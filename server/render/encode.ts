/**
 * PNG with a palette of at most 256 colours: a graph has few, and their blends at edges are near
 * to each other, so that a third of the bytes is enough for what the eye cannot tell apart.
 */
import { promisify } from 'node:util';
import { crc32, deflate } from 'node:zlib';

const COLOURS_MAX = 256;
/** More distinct colours than this are first counted in coarser steps. */
const DISTINCT_MAX = 16_384;
const SLOTS = 32_768;

/** A picture under its palette. */
export interface Paletted {
  readonly width: number;
  readonly height: number;
  readonly palette: Uint8Array;
  /** A filter byte (none), then an index a pixel, row by row. Until the next picture: the room is used again. */
  readonly rows: Uint8Array;
}

/** @param rgba opaque pixels, four bytes each, row by row @throws RangeError for fewer than there should be */
export function paletted(rgba: Uint8Array, width: number, height: number): Paletted {
  const pixels = wordsOf(rgba, width * height);
  return { width, height, ...(indexed(pixels, width, height, 0xffffffff) ?? coarse(pixels, width, height)) };
}

const compress = promisify(deflate);

/** The file of it. */
export async function encodePng({ width, height, palette, rows }: Paletted): Promise<Buffer> {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('PLTE', palette),
    chunk('IDAT', await compress(rows, { level: 6, memLevel: 9, chunkSize: 65_536 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Pixels as words, red lowest as on every machine that Node runs on. */
function wordsOf(rgba: Uint8Array, count: number): Uint32Array {
  if (rgba.length < 4 * count) throw new RangeError('there are fewer pixels than the picture has');
  const aligned = rgba.byteOffset % 4 === 0 ? rgba : rgba.slice();
  return new Uint32Array(aligned.buffer, aligned.byteOffset, count);
}

type Indexed = Pick<Paletted, 'palette' | 'rows'>;

/** Six bits a channel are at most 262,144 colours, four are 4,096: those always have room. */
function coarse(pixels: Uint32Array, width: number, height: number): Indexed {
  for (const mask of [0xfcfcfc, 0xf8f8f8, 0xf0f0f0]) {
    const found = indexed(pixels, width, height, mask);
    if (found) return found;
  }
  throw new RangeError('there are more colours than there can be');
}

/** Used again for every picture of the usual sizes: what is made anew for each piles up before it is collected. */
const room = {
  keys: new Uint32Array(SLOTS),
  /** The colour itself; of those that a mask makes one, the first that was met. */
  colours: new Uint32Array(SLOTS),
  counts: new Uint32Array(SLOTS),
  /** Stretches of one colour within a row, of which there are far fewer than pixels: where each ends, and its colour's slot. */
  ends: new Uint32Array(0),
  slots: new Uint16Array(0),
  rows: new Uint8Array(0),
};
const ROOM_KEPT_PX = 2 ** 21;

function roomFor(pixels: number, bytes: number): typeof room {
  const { keys, colours, counts } = room;
  counts.fill(0);
  if (pixels > ROOM_KEPT_PX) {
    const [ends, slots, rows] = [new Uint32Array(pixels), new Uint16Array(pixels), new Uint8Array(bytes)];
    return { keys, colours, counts, ends, slots, rows };
  }
  if (room.slots.length < pixels) [room.ends, room.slots] = [new Uint32Array(pixels), new Uint16Array(pixels)];
  if (room.rows.length < bytes) room.rows = new Uint8Array(bytes);
  return { keys, colours, counts, ends: room.ends, slots: room.slots, rows: room.rows.subarray(0, bytes) };
}

/** Null when there are too many colours to count under this mask. */
function indexed(pixels: Uint32Array, width: number, height: number, mask: number): Indexed | null {
  const { keys, colours, counts, ends, slots, rows } = roomFor(pixels.length, height * (width + 1));
  let [distinct, runs] = [0, 0];
  for (let y = 0, at = 0; y < height; y++) {
    for (const rowEnd = at + width; at < rowEnd;) {
      const from = at;
      const colour = pixels[from] ?? 0;
      do at++;
      while (at < rowEnd && pixels[at] === colour);
      const key = ((colour & mask) | 0xff000000) >>> 0;
      let slot = Math.imul(key, 0x9e3779b1) >>> 17;
      while (counts[slot] !== 0 && keys[slot] !== key) slot = (slot + 1) & (SLOTS - 1);
      if (counts[slot] === 0) {
        if (++distinct > DISTINCT_MAX) return null;
        keys[slot] = key;
        colours[slot] = colour;
      }
      counts[slot] = (counts[slot] ?? 0) + at - from;
      ends[runs] = at;
      slots[runs++] = slot;
    }
  }
  const { palette, indexOf } = chosen(colours, counts);
  for (let y = 0, run = 0, at = 0, to = 0; y < height; y++) {
    rows[to++] = 0;
    for (const rowEnd = at + width; at < rowEnd; run++) {
      const index = indexOf[slots[run] ?? 0] ?? 0;
      const length = (ends[run] ?? rowEnd) - at;
      if (length > LONG_RUN_PX) rows.fill(index, to, to + length);
      else for (let i = 0; i < length; i++) rows[to + i] = index;
      at += length;
      to += length;
    }
  }
  return { palette, rows };
}
/** From so many pixels on a call is cheaper than a loop. */
const LONG_RUN_PX = 24;

/** The most frequent colours make the palette; each of the others becomes the one nearest to it. */
function chosen(colours: Uint32Array, counts: Uint32Array): { palette: Uint8Array; indexOf: Uint8Array } {
  const used: number[] = [];
  for (let slot = 0; slot < counts.length; slot++) if (counts[slot] !== 0) used.push(slot);
  used.sort((a, b) => (counts[b] ?? 0) - (counts[a] ?? 0));
  const size = Math.min(COLOURS_MAX, used.length);
  const palette = new Uint8Array(3 * size);
  const indexOf = new Uint8Array(counts.length);
  used.forEach((slot, n) => {
    const colour = colours[slot] ?? 0;
    const [r, g, b] = [colour & 255, (colour >>> 8) & 255, (colour >>> 16) & 255];
    if (n < size) palette.set([r, g, b], 3 * n);
    indexOf[slot] = n < size ? n : nearest(palette, size, r, g, b);
  });
  return { palette, indexOf };
}

function nearest(palette: Uint8Array, size: number, r: number, g: number, b: number): number {
  let [best, least] = [0, Infinity];
  for (let i = 0, at = 0; i < size; i++, at += 3) {
    const [dr, dg, db] = [(palette[at] ?? 0) - r, (palette[at + 1] ?? 0) - g, (palette[at + 2] ?? 0) - b];
    const distance = 3 * dr * dr + 6 * dg * dg + db * db;
    if (distance < least) [best, least] = [i, distance];
  }
  return best;
}

function chunk(type: string, data: Uint8Array): Buffer {
  const made = Buffer.alloc(12 + data.length);
  made.writeUInt32BE(data.length, 0);
  made.write(type, 4, 'latin1');
  made.set(data, 8);
  made.writeUInt32BE(crc32(made.subarray(4, 8 + data.length)), 8 + data.length);
  return made;
}
