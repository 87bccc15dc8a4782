/** The thread that turns SVG into PNG: one picture at a time, as they are asked for. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import { Resvg } from '@resvg/resvg-js';
import { encodePng, paletted, type Paletted } from './encode.ts';
import type { Drawn, Job } from './png.ts';

const { fontFiles } = workerData as { readonly fontFiles: readonly string[] };

// Pixels lie outside the heap: its collector sees no reason to run while hundreds of megabytes pile up, and
// each picture pays for fresh pages. Once they are dropped, looking at what is young costs nothing and finds most
// of them; what was in use while the collector ran by itself is found now and then.
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (options: { readonly type: 'minor' | 'major' }) => void;
const COLLECT_BYTES = 16 * 2 ** 20;
let drawnBytes = 0;

/** Everything of the renderer's is dropped with the end of this function. */
function painted({ svg, scale }: Job): Paletted {
  const image = new Resvg(svg, {
    // Only what is shipped: a picture looks the same on every machine.
    font: { loadSystemFonts: false, fontFiles: [...fontFiles], defaultFontFamily: 'Inter' },
    fitTo: { mode: 'zoom', value: scale },
    logLevel: 'off',
  }).render();
  drawnBytes += 4 * image.width * image.height;
  return paletted(image.pixels, image.width, image.height);
}

async function draw(job: Job): Promise<Uint8Array<ArrayBuffer>> {
  const picture = painted(job);
  const all = drawnBytes > COLLECT_BYTES;
  if (all) drawnBytes = 0;
  collect({ type: all ? 'major' : 'minor' });
  // What was collected is given back while this is waited for, before the next picture comes.
  return new Uint8Array(await encodePng(picture));
}

parentPort?.on('message', (job: Job) => {
  draw(job).then(
    (png) => parentPort?.postMessage({ id: job.id, png } satisfies Drawn, [png.buffer]),
    (error: unknown) =>
      parentPort?.postMessage({ id: job.id, error: error instanceof Error ? error.message : String(error) } satisfies Drawn),
  );
});
