/** `npm run bench -- NAME [--quick] [--data FOLDER]`: measures what has a goal. Status 0 whatever was measured, 2 for a name that is none. */
import type { Report } from './report.ts';
import { print } from './report.ts';

export interface BenchOptions {
  /** Fewer rounds: under five minutes on two cores. */
  readonly quick: boolean;
  /** Series to forecast instead of those of the repository; null = these. */
  readonly data: string | null;
}
const BENCHES: Readonly<Record<string, () => Promise<(options: BenchOptions) => Promise<Report>>>> = {
  poll: async () => (await import('./poll.ts')).benchPoll,
  store: async () => (await import('./store.ts')).benchStore,
  graph: async () => (await import('./graph.ts')).benchGraph,
  forecast: async () => (await import('./forecast.ts')).benchForecast,
  pages: async () => (await import('./pages.ts')).benchPages,
};

const [name = '', ...rest] = process.argv.slice(2);
const bench = BENCHES[name];
const dataAt = rest.indexOf('--data') + 1;
const data = dataAt > 0 ? rest[dataAt] : null;
const strange =
  data === undefined
    ? '--data'
    : rest.find((word, i) => word !== '--quick' && word !== '--data' && (dataAt === 0 || i !== dataAt));
if (!bench || strange !== undefined) {
  console.error(
    !bench
      ? `"${name}" is no benchmark; there are: ${Object.keys(BENCHES).join(', ')}.`
      : `"${strange}" is not known; options are --quick and --data FOLDER.`,
  );
  process.exitCode = 2;
} else {
  const run = await bench();
  print(await run({ quick: rest.includes('--quick'), data: data ?? null }));
}
