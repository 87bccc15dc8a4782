/** `npm run bench -- NAME [--quick]`: measures what has a goal. Status 0 whatever was measured, 2 for a name that is none. */
import type { Report } from './report.ts';
import { print } from './report.ts';

export interface BenchOptions {
  /** Fewer rounds: under five minutes on two cores. */
  readonly quick: boolean;
}
const BENCHES: Readonly<Record<string, () => Promise<(options: BenchOptions) => Promise<Report>>>> = {
  poll: async () => (await import('./poll.ts')).benchPoll,
  store: async () => (await import('./store.ts')).benchStore,
  graph: async () => (await import('./graph.ts')).benchGraph,
  pages: async () => (await import('./pages.ts')).benchPages,
};

const [name = '', ...rest] = process.argv.slice(2);
const bench = BENCHES[name];
const strange = rest.find((word) => word !== '--quick');
if (!bench || strange !== undefined) {
  console.error(
    !bench
      ? `"${name}" is no benchmark; there are: ${Object.keys(BENCHES).join(', ')}.`
      : `"${strange}" is not known; the only option is --quick.`,
  );
  process.exitCode = 2;
} else {
  const run = await bench();
  print(await run({ quick: rest.includes('--quick') }));
}
