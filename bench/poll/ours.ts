/**
 * Saguaro as a client of the poll benchmark: `node ours.ts MODE STARTMS INTERVALMS FOLDER …` (the
 * words of client.ts follow). MODE is get or bulk (the transport alone), dead, rate or whole (the
 * real collector without and with the embedded store); load only loads, so that its code is compiled.
 */
import { endWithParent, specOf, type ClientSpec } from './client.ts';

const [mode = '', startMs = '', intervalMs = '', folder = '', ...words] = process.argv.slice(2);
endWithParent();

async function run(spec: ClientSpec): Promise<unknown> {
  switch (mode) {
    case 'get':
    case 'bulk':
      return (await import('./ours-transport.ts')).benchTransport(spec, mode === 'bulk', Number(startMs));
    case 'dead':
      return (await import('./ours-transport.ts')).benchDead(spec);
    case 'rate':
    case 'whole':
      return (await import('./ours-collector.ts')).benchCollector(spec, Number(intervalMs), mode === 'whole', folder);
    default:
      throw new Error(`"${mode}" is no mode`);
  }
}

if (mode === 'load') {
  await (await import('./ours-collector.ts')).loadAll(folder);
  console.log('{}');
} else console.log(JSON.stringify(await run(specOf(words))));
