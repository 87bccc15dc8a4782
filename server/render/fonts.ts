/** The fonts of the images, and how wide a text is in them: read from the files that the renderer draws with. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Weight = 400 | 500 | 600;
/**
 * What nearly every picture is written in. These files are small, because the renderer reads a font's whole file
 * again for each letter; the rest of the letters are in files of their own, which it falls back to.
 */
const FILES: Readonly<Record<Weight, readonly [usual: string, more: string]>> = {
  400: ['Inter-Regular.otf', 'InterMore-Regular.otf'],
  500: ['Inter-Medium.otf', 'InterMore-Medium.otf'],
  600: ['Inter-SemiBold.otf', 'InterMore-SemiBold.otf'],
};
const FIGURES = ['InterTabular-Regular.otf', 'InterTabular-SemiBold.otf'];

export interface Fonts {
  readonly files: readonly string[];
  /** Width in pixels, without kerning. */
  measure(text: string, sizePx: number, weight: Weight): number;
}

export const FONT_FOLDER = join(import.meta.dirname, 'fonts');

/** @throws Error in one sentence when a file is missing or is no font: without fonts an image would have no words. */
export function readFonts(folder = FONT_FOLDER): Fonts {
  const read = (name: string, advances: Advances = { em: new Float32Array(0x10000), missing: 0 }): Advances => {
    const file = join(folder, name);
    try {
      return advancesOf(readFileSync(file), advances.em);
    } catch (cause) {
      throw new Error(`The font ${file} cannot be read, so images cannot be drawn.`, { cause });
    }
  };
  const advances = new Map(
    ([400, 500, 600] as const).map((weight) => [
      weight,
      FILES[weight].reduce((all, name) => read(name, all), read(FILES[weight][0])),
    ]),
  );
  for (const name of FIGURES) read(name);
  const names = [...([400, 500, 600] as const).map((weight) => FILES[weight][0]), ...FIGURES];
  const files = [...names, ...([400, 500, 600] as const).map((weight) => FILES[weight][1])].map((name) => join(folder, name));
  return {
    files,
    measure: (text, sizePx, weight) => {
      const em = advances.get(weight);
      return em ? widthOf(text, sizePx, em) : roughWidth(text, sizePx);
    },
  };
}

/** Where no font can be read: of a letter's usual width. */
export const roughWidth = (text: string, sizePx: number): number => text.length * 0.56 * sizePx;

interface Advances {
  /** In em by code unit; a letter the font lacks is as wide as its box for missing ones. */
  readonly em: Float32Array;
  readonly missing: number;
}

function widthOf(text: string, sizePx: number, { em, missing }: Advances): number {
  let sum = 0;
  for (let i = 0; i < text.length; i++) sum += em[text.charCodeAt(i)] || missing;
  return sum * sizePx;
}

/** Advance widths of an OpenType font with a Unicode map of the basic plane (cmap format 4). */
function advancesOf(font: Buffer, em: Float32Array): Advances {
  const tables = new Map<string, number>();
  for (let i = 0; i < font.readUInt16BE(4); i++) {
    const at = 12 + 16 * i;
    tables.set(font.toString('latin1', at, at + 4), font.readUInt32BE(at + 8));
  }
  const table = (name: string): number => {
    const at = tables.get(name);
    if (at === undefined) throw new Error(`it has no table ${name}`);
    return at;
  };
  const unitsPerEm = font.readUInt16BE(table('head') + 18);
  const metrics = font.readUInt16BE(table('hhea') + 34);
  const hmtx = table('hmtx');
  const advance = (glyph: number) => font.readUInt16BE(hmtx + 4 * Math.min(glyph, metrics - 1)) / unitsPerEm;
  eachGlyph(font, table('cmap'), (code, glyph) => (em[code] = advance(glyph)));
  return { em, missing: advance(0) };
}

function eachGlyph(font: Buffer, cmap: number, visit: (code: number, glyph: number) => void): void {
  let at = -1;
  for (let i = 0; i < font.readUInt16BE(cmap + 2); i++) {
    const offset = cmap + font.readUInt32BE(cmap + 4 + 8 * i + 4);
    if (font.readUInt16BE(offset) === 4) at = offset;
  }
  if (at < 0) throw new Error('it has no map of format 4');
  const twice = font.readUInt16BE(at + 6);
  for (let s = 0; s < twice; s += 2) {
    const end = font.readUInt16BE(at + 14 + s);
    const start = font.readUInt16BE(at + 16 + twice + s);
    const delta = font.readUInt16BE(at + 16 + 2 * twice + s);
    const rangeAt = at + 16 + 3 * twice + s;
    const range = font.readUInt16BE(rangeAt);
    for (let code = start; code <= end && code < 0xffff; code++) {
      const found = range === 0 ? code : font.readUInt16BE(rangeAt + range + 2 * (code - start));
      const glyph = found === 0 ? 0 : (found + delta) & 0xffff;
      if (glyph !== 0) visit(code, glyph);
    }
  }
}
