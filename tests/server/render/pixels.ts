/** Reads a PNG with a palette back into colours, as any viewer would. */
import { inflateSync } from 'node:zlib';

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Distinct colours it may use. */
  readonly colours: number;
  /** '#rrggbb' */
  at(x: number, y: number): string;
  /** Pixels of a colour. */
  count(colour: string): number;
}

/** @throws Error when it is not a whole PNG of eight bits with a palette */
export function readPng(png: Buffer): Picture {
  if (png.toString('latin1', 1, 4) !== 'PNG') throw new Error('no PNG');
  let [width, height] = [0, 0];
  let palette: Buffer = Buffer.alloc(0);
  const data: Buffer[] = [];
  let ended = false;
  for (let at = 8; at < png.length && !ended;) {
    const length = png.readUInt32BE(at);
    const body = png.subarray(at + 8, at + 8 + length);
    const type = png.toString('latin1', at + 4, at + 8);
    if (type === 'IHDR') {
      [width, height] = [body.readUInt32BE(0), body.readUInt32BE(4)];
      if (body[8] !== 8 || body[9] !== 3) throw new Error('not eight bits with a palette');
    }
    if (type === 'PLTE') palette = body;
    if (type === 'IDAT') data.push(body);
    ended = type === 'IEND';
    at += 12 + length;
  }
  if (!ended) throw new Error('cut off');
  const rows = inflateSync(Buffer.concat(data));
  if (rows.length !== height * (width + 1)) throw new Error('not as many pixels as it says');
  const hex = Array.from({ length: palette.length / 3 }, (_, i) => `#${palette.toString('hex', 3 * i, 3 * i + 3)}`);
  const at = (x: number, y: number) => hex[rows[y * (width + 1) + 1 + x] ?? -1] ?? 'none';
  return {
    width,
    height,
    colours: hex.length,
    at,
    count(colour) {
      let n = 0;
      for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) if (at(x, y) === colour) n++;
      return n;
    },
  };
}
