/** History from a file. All of it is read and checked before anything is kept. */
import { Readable } from 'node:stream';
import { Type } from 'typebox';
import { ImportResult } from '../../core/api.ts';
import type { App, RouteDeps } from '../parts.ts';
import { acceptCsv } from '../bodies.ts';
import { IMPORT_LIMITS, readImport, type ImportedFile } from '../import-csv.ts';
import { addNotes } from '../import-notes.ts';
import { planImport, type ImportPlan } from '../import-plan.ts';
import { problems } from '../openapi.ts';
import { conflict, HttpProblem } from '../problem.ts';

const HANDLER_TIMEOUT_MS = 60 * 60_000;

export async function importRoutes(app: App, deps: RouteDeps): Promise<void> {
  acceptCsv(app, IMPORT_LIMITS.bytes);
  let running = false;

  app.post(
    '/imports',
    {
      bodyLimit: IMPORT_LIMITS.bytes,
      handlerTimeout: HANDLER_TIMEOUT_MS,
      // The body is a stream; its reader checks it line by line.
      validatorCompiler: () => (value: unknown) => ({ value }),
      schema: {
        operationId: 'importHistory',
        summary: 'Import history from CSV: device,instance,metric,unit,time,value',
        description:
          'Time is ISO 8601 or Unix seconds, an empty value is a gap, and a column note may say why. A bad line refuses the whole file and is named.',
        tags: ['series'],
        consumes: ['text/csv'],
        body: Type.String(),
        response: { 200: ImportResult, ...problems },
      },
    },
    async (request) => {
      const body: unknown = request.body;
      if (!(body instanceof Readable))
        throw new HttpProblem(415, 'An import must be CSV: send it with "Content-Type: text/csv".');
      // Each holds its whole file in memory.
      if (running) throw conflict('Another import is running: wait until it is done.');
      running = true;
      try {
        // Ending the loop early must not cut the connection: the sentence has to arrive.
        const nowMs = deps.clock.nowMs();
        const file = await readImport(body.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>, nowMs);
        const plan = await planImport(deps.catalog, file, deps.clock.nowMs());
        return await keep(deps, file, plan);
      } finally {
        running = false;
        body.resume();
      }
    },
  );
}

async function keep({ catalog, history, clock }: RouteDeps, file: ImportedFile, plan: ImportPlan): Promise<ImportResult> {
  const made: string[] = [];
  let samples: number;
  let bins: number;
  try {
    for (const device of plan.newDevices) {
      await catalog.devices.put(device);
      made.push(device.id);
    }
    await catalog.instances.put(plan.instances);
    ({ samples, bins } = await history.importSamples(plan.series));
  } catch (cause) {
    for (const id of made) await catalog.devices.remove(id);
    throw cause;
  }
  await addNotes(catalog.events, plan.notes);
  const nowMs = clock.nowMs();
  const head = { kind: 'import', instance: null, cause: null, fromMs: nowMs, toMs: nowMs } as const;
  await catalog.events.add(
    Array.from(plan.touched, ([device, count]) => ({ ...head, device, text: `History was imported into ${count} series.` })),
  );
  return { rows: file.rows, samples, bins, series: plan.series.length, devicesCreated: plan.newDevices.map((d) => d.name) };
}
