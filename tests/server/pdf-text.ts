/** Text of a PDF as somebody who copies it gets it: streams inflated, glyphs mapped back by each font's own table. */
import { inflateSync } from 'node:zlib';

export interface PdfText {
  /** One text for each page, a line for each piece that was written. */
  readonly pages: readonly string[];
}

/** Of files as pdfkit writes them: objects one after the other, streams deflated, text as hexadecimal glyph numbers. */
export function pdfText(file: Buffer): PdfText {
  const source = file.toString('latin1');
  const objects = new Map<string, string>();
  for (const [, id = '', body = ''] of source.matchAll(/(?:^|\n)(\d+) 0 obj\n([\s\S]*?)\nendobj/g)) objects.set(id, body);
  const stream = (id: string): string => {
    const body = objects.get(id) ?? '';
    const raw = /stream\n([\s\S]*)\nendstream$/.exec(body)?.[1] ?? '';
    return body.includes('/FlateDecode') ? inflateSync(Buffer.from(raw, 'latin1')).toString('latin1') : raw;
  };
  const fonts = new Map<string, Map<string, string>>();
  const fontOf = (id: string): Map<string, string> => {
    const known = fonts.get(id);
    if (known) return known;
    const table = /\/ToUnicode (\d+) 0 R/.exec(objects.get(id) ?? '')?.[1];
    const map = table === undefined ? new Map<string, string>() : unicodeMap(stream(table));
    fonts.set(id, map);
    return map;
  };
  const pages = [...objects.values()].filter((body) => /\/Type \/Page\b(?!s)/.test(body));
  return {
    pages: pages.map((page) => {
      const content = /\/Contents (\d+) 0 R/.exec(page)?.[1] ?? '';
      const resources = objects.get(/\/Resources (\d+) 0 R/.exec(page)?.[1] ?? '') ?? page;
      const named = new Map([...resources.matchAll(/\/(F\d+) (\d+) 0 R/g)].map(([, name = '', id = '']) => [name, fontOf(id)]));
      return written(stream(content), named);
    }),
  };
}

function written(content: string, fonts: ReadonlyMap<string, ReadonlyMap<string, string>>): string {
  let font: ReadonlyMap<string, string> = new Map();
  const lines: string[] = [];
  for (const [, name, pieces] of content.matchAll(/\/(F\d+) [\d.]+ Tf|\[([^\]]*)\] TJ/g)) {
    if (name !== undefined) font = fonts.get(name) ?? new Map();
    else {
      const codes = [...(pieces ?? '').matchAll(/<([0-9a-f]*)>/g)].flatMap(([, hex = '']) => hex.match(/.{4}/g) ?? []);
      lines.push(codes.map((code) => font.get(code) ?? '\ufffd').join(''));
    }
  }
  return lines.join('\n');
}

/** Tables of ranges of which each entry is named: <0000> <0003> [<0000> <0052> …]. */
function unicodeMap(table: string): Map<string, string> {
  const map = new Map<string, string>();
  for (const [, first = '0', , list = ''] of table.matchAll(/<([0-9a-f]+)> <([0-9a-f]+)> \[([^\]]*)\]/g)) {
    [...list.matchAll(/<([0-9a-f ]*)>/g)].forEach(([, hex = ''], i) => {
      const units = hex.replaceAll(' ', '').match(/.{4}/g) ?? [];
      map.set(
        (parseInt(first, 16) + i).toString(16).padStart(4, '0'),
        String.fromCharCode(...units.map((unit) => parseInt(unit, 16))),
      );
    });
  }
  return map;
}
