/** Graphs as pictures: SVG made here and now, PNG by a thread. */
import type { GraphData } from '../../core/graph.ts';
import { readFonts, roughWidth, type Fonts } from './fonts.ts';
import type { Look } from './look.ts';
import { createPngs, keyOf, RenderFailed, type Pngs } from './png.ts';
import { drawSvg, drawWords } from './svg.ts';

export type { Look } from './look.ts';
export { plotWidth } from './page.ts';
export { RenderBusy, RenderFailed } from './png.ts';

export interface RendererOptions {
  /** Another folder of fonts than the one that is shipped. */
  readonly fontFolder?: string;
  /** Pictures that may wait; 128 unless told, two seconds of drawing. */
  readonly waitingMax?: number;
  /** For one picture; 10 s unless told. */
  readonly deadlineMs?: number;
  /** Bytes of finished pictures kept; 8 MB unless told. */
  readonly keptBytes?: number;
  /** The drawing thread's file; another one in tests. */
  readonly workerFile?: URL;
}

export interface Renderer {
  /** The graph as SVG text, at once. */
  svg(data: GraphData, look: Look): string;
  /** The graph as PNG; `auto` is light. @throws RenderBusy when too many wait, RenderFailed */
  png(data: GraphData, look: Look): Promise<Buffer>;
  /** A picture of words, for what cannot be drawn: why, and what to do. */
  words(title: string, sentence: string, look: Look): string;
  /** An SVG made here as PNG. @param always also when many wait: for pictures of words @throws RenderBusy, RenderFailed */
  raster(svg: string, scale: 1 | 2, always?: boolean): Promise<Buffer>;
  /** Short text that changes with the picture. */
  tag(svg: string, scale: 1 | 2): string;
  close(): Promise<void>;
}

/** Nothing is read or started before the first picture. */
export function createRenderer(options: RendererOptions = {}): Renderer {
  let fonts: Fonts | null = null;
  let missing: Error | null = null;
  let pngs: Pngs | null = null;
  let closed = false;

  const fontsRead = (): Fonts => {
    if (fonts) return fonts;
    try {
      fonts = readFonts(options.fontFolder);
    } catch (error) {
      // An SVG is drawn with the reader's own fonts; only its words are measured roughly.
      missing = error as Error;
      fonts = { files: [], measure: (text, sizePx) => roughWidth(text, sizePx) };
    }
    return fonts;
  };
  const svg: Renderer['svg'] = (data, look) => drawSvg(data, look, fontsRead());
  const raster: Renderer['raster'] = async (text, scale, always) => {
    const { files } = fontsRead();
    // Without fonts every word would silently be left out.
    if (missing) throw new RenderFailed(missing.message, { cause: missing });
    if (closed) throw new RenderFailed('Pictures are no longer drawn: the server stops.');
    pngs ??= createPngs({
      fontFiles: files,
      waitingMax: options.waitingMax ?? 128,
      deadlineMs: options.deadlineMs ?? 10_000,
      keptBytes: options.keptBytes ?? 8 * 2 ** 20,
      ...(options.workerFile ? { file: options.workerFile } : {}),
    });
    return pngs.draw(text, scale, always);
  };
  return {
    svg,
    raster,
    png: async (data, look) => raster(svg(data, opaque(look)), look.scale),
    words: (title, sentence, look) => drawWords(title, sentence, look, fontsRead()),
    tag: keyOf,
    async close() {
      closed = true;
      await pngs?.close();
    },
  };
}

/** A PNG has one theme. */
export const opaque = (look: Look): Look => (look.theme === 'auto' ? { ...look, theme: 'light' } : look);
