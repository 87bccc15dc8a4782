/** Ours in a process of its own: draws as many pictures as it is told to, and says what they cost. */
import { createRenderer, plotWidth, type Look } from '../../server/render/renderer.ts';
import { uplink } from './data.ts';

export interface Turn {
  readonly kind: 'svg' | 'png';
  readonly scale: 1 | 2;
  readonly pictures: number;
}
export interface Cost {
  /** CPU of a picture, all threads. */
  readonly ms: number;
  /** Of the largest picture. */
  readonly bytes: number;
  /** Most memory seen after a picture. */
  readonly rssMB: number;
}

const LOOK = { width: 800, height: 300, theme: 'light', legend: true } as const;
const renderer = createRenderer();
let seed = 1;

async function turn({ kind, scale, pictures }: Turn): Promise<Cost> {
  const look: Look = { ...LOOK, scale };
  const graphs = Array.from({ length: pictures }, () => uplink(seed++, plotWidth(look.width)));
  let [bytes, rssMB] = [0, 0];
  const before = process.cpuUsage();
  for (const graph of graphs) {
    const made = kind === 'svg' ? renderer.svg(graph, look) : await renderer.png(graph, look);
    bytes = Math.max(bytes, made.length);
    rssMB = Math.max(rssMB, process.memoryUsage.rss() / 2 ** 20);
  }
  const { user, system } = process.cpuUsage(before);
  return { ms: (user + system) / 1000 / pictures, bytes, rssMB };
}

process.on('message', (asked: Turn) => {
  turn(asked).then(
    (cost) => process.send?.(cost),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.on('disconnect', () => process.exit(0));
