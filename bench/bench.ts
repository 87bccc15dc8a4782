/** `npm run bench -- NAME [--quick] [--data FOLDER] [--results FOLDER]`: measures what has a goal. Status 0 whatever was measured, 2 for a name that is none. */
import type { Report } from './report.ts';
import { print } from './report.ts';

export interface BenchOptions {
  /** Fewer rounds: under five minutes on two cores. */
  readonly quick: boolean;
  /** Series to forecast instead of those of the repository; null = these. */
  readonly data: string | null;
  /** Where detections are written in the format of the Numenta benchmark; null = nowhere. */
  readonly results: string | null;
}
const BENCHES: Readonly<Record<string, () => Promise<(options: BenchOptions) => Promise<Report>>>> = {
  poll: async () => (await import('./poll.ts')).benchPoll,
  store: async () => (await import('./store.ts')).benchStore,
  graph: async () => (await import('./graph.ts')).benchGraph,
  forecast: async () => (await import('./forecast.ts')).benchForecast,
  habits: async () => (await import('./habits.ts')).benchHabits,
  pages: async () => (await import('./pages.ts')).benchPages,
};

const WITH_FOLDER = ['--data', '--results'];

const [name = '', ...rest] = process.argv.slice(2);
const bench = BENCHES[name];
const folderOf = (option: string): string | null => rest[rest.indexOf(option) + 1 || rest.length] ?? null;
const strange = rest.find((word, i) =>
  WITH_FOLDER.includes(word) ? rest[i + 1] === undefined : word !== '--quick' && !WITH_FOLDER.includes(rest[i - 1] ?? ''),
);
if (!bench || strange !== undefined) {
  console.error(
    !bench
      ? `"${name}" is no benchmark; there are: ${Object.keys(BENCHES).join(', ')}.`
      : `"${strange}" is not known; options are --quick, --data FOLDER and --results FOLDER.`,
  );
  process.exitCode = 2;
} else {
  const run = await bench();
  print(await run({ quick: rest.includes('--quick'), data: folderOf('--data'), results: folderOf('--results') }));
}
