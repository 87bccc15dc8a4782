/**
 * Saguaro as a client of the poll benchmark: `node ours.ts MODE STARTMS INTERVALMS FOLDER …` (the
 * words of client.ts follow). MODE is get or bulk (the transport alone), dead, rate or whole (the
 * real collector without and with the embedded store).
 */
import { endWithParent, specOf } from './client.ts';

const [mode = '', startMs = '', intervalMs = '', folder = '', ...words] = process.argv.slice(2);
endWithParent();
const spec = specOf(words);

async function run(): Promise<unknown> {
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

console.log(JSON.stringify(await run()));
