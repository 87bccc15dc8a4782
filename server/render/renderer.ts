/** Graphs as pictures: SVG made here, PNG by a thread. */
import type { GraphData } from '../../core/graph.ts';
import type { Look } from './look.ts';

export type { Look } from './look.ts';

export interface Renderer {
  /** The graph as SVG text, at once. */
  svg(data: GraphData, look: Look): string;
  /** The graph as PNG. @throws RenderBusy, RenderFailed */
  png(data: GraphData, look: Look): Promise<Buffer>;
  close(): Promise<void>;
}
