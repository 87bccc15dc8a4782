/**
 * Ten thousand habits that are followed, as many as there may be: CPU of five minutes, memory, how long the event loop stands still,
 * and what a start and saving cost. All of it in a process of its own, started as the launcher starts Saguaro.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchOptions } from './bench.ts';
import type { LearnFigures, LiveFigures, LiveOptions } from './habits/live.ts';
import { asLaunched, runClient, scratchFolder } from './poll/programs.ts';
import { judge, type Report } from './report.ts';

const SERIES = 10_000;
const DEADLINE_MS = 600_000;

/** Learns, follows, saves and starts again over a history and a catalog on a disk. */
export async function benchHabits({ quick }: BenchOptions): Promise<Report> {
  const folder = await scratchFolder();
  try {
    const { flags, env } = asLaunched();
    const run = <T>(phase: LiveOptions['phase']): Promise<T> => {
      const options: LiveOptions = { phase, folder, series: SERIES, rounds: quick ? 2 : 8, quick };
      const args = [...flags, join(import.meta.dirname, 'habits', 'live.ts'), JSON.stringify(options)];
      return runClient({ program: process.execPath, args, env, core: null, deadlineMs: DEADLINE_MS });
    };
    const learnt = await run<LearnFigures>('learn');
    const live = await run<LiveFigures>('follow');
    return {
      bench: 'habits',
      goals: judge('habits', {
        'five minutes of 10,000 habits': live.cpuS,
        'memory of 10,000 habits': live.memoryMB,
        'event loop, longest stretch': Math.max(live.stretchMs, learnt.stretchMs),
        'start with 10,000 habits': live.startCpuS,
        'saving 10,000 habits': live.saveCpuS,
      }),
      peers: { 'ours in detail': live, 'a new series': learnt },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
