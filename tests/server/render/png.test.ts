/** The thread that draws: words really appear, and it is bounded, single-flight and restarted. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { uplink } from '../../../bench/graph/data.ts';
import { PALETTES } from '../../../core/graph-colours.ts';
import { encodePng, paletted } from '../../../server/render/encode.ts';
import { FONT_FOLDER, readFonts } from '../../../server/render/fonts.ts';
import { createPngs, RenderBusy, type PngOptions, type Pngs } from '../../../server/render/png.ts';
import { createRenderer, type Look } from '../../../server/render/renderer.ts';
import { readPng } from './pixels.ts';

const LOOK: Look = { width: 400, height: 200, theme: 'light', legend: true, scale: 1 };
const folder = mkdtempSync(join(tmpdir(), 'saguaro-png-'));
afterAll(() => rmSync(folder, { recursive: true }));

let open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.map((one) => one.close()));
  open = [];
});
const renderer = (options = {}) => {
  const made = createRenderer(options);
  open.push(made);
  return made;
};
/** A thread that does as the picture says: "die", "hang", "fail", or hands back how many it has drawn. */
function scripted(options: Partial<PngOptions> = {}): Pngs {
  const file = join(folder, 'scripted.mjs');
  writeFileSync(
    file,
    `import { parentPort } from 'node:worker_threads';
     let drawn = 0;
     parentPort.on('message', ({ id, svg }) => {
       if (svg.startsWith('die')) process.exit(1);
       if (svg.startsWith('throw')) throw new Error('broken');
       if (svg.startsWith('hang')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
       if (svg.startsWith('fail')) return parentPort.postMessage({ id, error: 'not an SVG' });
       parentPort.postMessage({ id, png: new Uint8Array(Buffer.from(svg + ' ' + ++drawn)) });
     });`,
  );
  const made = createPngs({
    fontFiles: [],
    waitingMax: 8,
    deadlineMs: 5_000,
    keptBytes: 1_000,
    file: pathToFileURL(file),
    ...options,
  });
  open.push(made);
  return made;
}

describe('words in a picture', () => {
  test('are there: the same picture without its words differs where they stand', async () => {
    const made = renderer();
    const text = made.svg(uplink(1, 338), LOOK);
    const [full, bare] = await Promise.all([made.raster(text, 1), made.raster(text.replace(/<text.*?<\/text>/g, ''), 1)]);
    const [a, b] = [readPng(full), readPng(bare)];
    const ink = PALETTES.light.chrome.ink;
    // The title at the left above, and the figures below.
    let [title, figures] = [0, 0];
    for (let y = 0; y < 200; y++)
      for (let x = 0; x < 400; x++)
        if (a.at(x, y) !== b.at(x, y)) {
          if (y < 30) title++;
          if (y > 140) figures++;
        }
    expect(title).toBeGreaterThan(150);
    expect(figures).toBeGreaterThan(400);
    expect(a.count(ink)).toBeGreaterThan(b.count(ink) + 20);
  });

  test('are as wide as they were measured', async () => {
    const fonts = readFonts();
    const words = 'minimum 8.82 Gb/s';
    const width = fonts.measure(words, 40, 600);
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="600" height="60"><rect width="600" height="60" fill="#ffffff"/><text x="10" y="45" font-family="Inter" font-weight="600" font-size="40" fill="#000000">${words}</text></svg>`;
    const picture = readPng(await renderer().raster(svg, 1));
    let right = 0;
    for (let x = 0; x < 600; x++) for (let y = 0; y < 60; y++) if (picture.at(x, y) === '#000000') right = x;
    expect(Math.abs(right - 10 - width)).toBeLessThan(12);
  });

  test('need every font that is shipped', () => {
    expect(readFonts().files).toHaveLength(8);
    expect(() => readFonts(folder)).toThrow('cannot be read');
    writeFileSync(join(folder, 'Inter-Regular.otf'), 'no font');
    expect(() => readFonts(folder)).toThrow('Inter-Regular.otf');
    expect(FONT_FOLDER).toContain('fonts');
  });
});

describe('the encoder', () => {
  const picture = async (width: number, height: number, colour: (x: number, y: number) => number[]) => {
    const rgba = new Uint8Array(4 * width * height);
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) rgba.set([...colour(x, y), 255], 4 * (y * width + x));
    return readPng(await encodePng(paletted(rgba, width, height)));
  };
  test('keeps every colour where there are few', async () => {
    const made = await picture(64, 4, (x, y) => [4 * x, 60 * y, 7]);
    expect(made.colours).toBe(256);
    expect(made.at(3, 2)).toBe('#0c7807');
    expect(made.at(63, 3)).toBe('#fcb407');
  });
  test('keeps the most frequent ones exactly, and others nearly, where there are many', async () => {
    const made = await picture(400, 100, (x, y) => (x < 200 ? [29, 115, 80] : [x % 256, y, (x * y) % 64]));
    expect(made.colours).toBe(256);
    expect(made.at(5, 5)).toBe('#1d7350');
    const [r, g] = [parseInt(made.at(300, 50).slice(1, 3), 16), parseInt(made.at(300, 50).slice(3, 5), 16)];
    expect(Math.abs(r - 44) + Math.abs(g - 50)).toBeLessThan(60);
  });
  test('is not at a loss for a picture of nothing but different colours', async () => {
    expect((await picture(300, 300, (x, y) => [x & 255, y & 255, (x ^ (y * 7)) & 255])).colours).toBe(256);
  });
  test('refuses fewer pixels than it is told of', () => {
    expect(() => paletted(new Uint8Array(12), 2, 2)).toThrow(RangeError);
  });
});

describe('the thread', () => {
  test('draws what is asked for at the same time once, and keeps it', async () => {
    const pngs = scripted();
    const [a, b] = await Promise.all([pngs.draw('same', 1), pngs.draw('same', 1)]);
    expect([a.toString(), b.toString()]).toEqual(['same 1', 'same 1']);
    expect((await pngs.draw('same', 1)).toString()).toBe('same 1');
    expect((await pngs.draw('same', 2)).toString()).toBe('same 2');
  });
  test('keeps no more than it may, the one unused for longest dropped first', async () => {
    const pngs = scripted({ keptBytes: 40 });
    for (const name of ['one', 'two', 'six']) await pngs.draw(name.padEnd(13, '.'), 1);
    expect((await pngs.draw('two'.padEnd(13, '.'), 1)).toString()).toContain(' 2');
    expect((await pngs.draw('one'.padEnd(13, '.'), 1)).toString()).toContain(' 4');
  });
  test('refuses what would wait too long, but not a picture of words', async () => {
    const pngs = scripted({ waitingMax: 1 });
    const asked = [pngs.draw('a', 1), pngs.draw('b', 1)];
    await expect(pngs.draw('c', 1)).rejects.toThrow(RenderBusy);
    const words = pngs.draw('words', 1, true);
    await expect(pngs.draw('more words', 1, true)).rejects.toThrow(RenderBusy);
    expect((await words).toString()).toBe('words 3');
    expect(await Promise.all(asked)).toHaveLength(2);
  });
  test.each([
    ['die', 'ended'],
    ['throw', 'failed'],
    ['hang', 'not drawn within'],
  ])('that comes to "%s" takes only that picture with it', async (fault, words) => {
    // A new thread has to begin within this as well, which takes a busy machine a while.
    const pngs = scripted(fault === 'hang' ? { deadlineMs: 2_000 } : {});
    await pngs.draw('before', 1);
    const [bad, good] = await Promise.allSettled([pngs.draw(fault, 1), pngs.draw('after', 1)]);
    expect(bad.status === 'rejected' && String(bad.reason)).toContain(words);
    // A new thread counts from one.
    expect(good.status === 'fulfilled' && good.value.toString()).toBe('after 1');
  });
  test('passes on why a picture cannot be drawn, and goes on', async () => {
    const pngs = scripted();
    await expect(pngs.draw('fail', 1)).rejects.toThrow('not an SVG');
    expect((await pngs.draw('next', 1)).toString()).toBe('next 1');
    await expect(renderer().raster('<svg', 1)).rejects.toThrow('could not be drawn');
  });
  test('leaves nobody waiting when it is closed', async () => {
    const pngs = scripted();
    const asked = ['hang', 'b'].map((svg) => pngs.draw(svg, 1));
    const told = Promise.allSettled(asked);
    await pngs.close();
    expect((await told).every(({ status }) => status === 'rejected')).toBe(true);
    await expect(pngs.draw('c', 1)).rejects.toThrow('stops');
  });
});
