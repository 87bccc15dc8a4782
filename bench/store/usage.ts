/** What processes use, read from Linux's /proc; null where that cannot be read. */
import { readFileSync } from 'node:fs';

/** Ticks a second in /proc: 100 on every Linux that Node runs on. */
const TICKS = 100;

/** CPU seconds, user and system, of all threads of a process so far; in steps of 10 ms. */
export function cpuSecondsOf(pid: number): number | null {
  const text = procText(pid, 'stat');
  return text === null ? null : cpuSecondsIn(text);
}

/** The name of a program may hold spaces and brackets: counted is from the last bracket on. */
export function cpuSecondsIn(stat: string): number | null {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return Number.isFinite(ticks) ? ticks / TICKS : null;
}

/** Memory of a process now, MB of 2^20 bytes. */
export function rssMBOf(pid: number): number | null {
  const kB = /^VmRSS:\s*(\d+) kB$/m.exec(procText(pid, 'status') ?? '')?.[1];
  return kB === undefined ? null : Number(kB) / 1024;
}

function procText(pid: number, file: 'stat' | 'status'): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return null; // Ended, or no Linux.
  }
}

/** CPU microseconds a sample of one peer: added up over its turns. */
export interface Meter {
  /** Runs a turn and counts what it cost. */
  turn<T>(samples: number, work: () => Promise<T>): Promise<T>;
  /** Null where nothing could be read. */
  usASample(): number | null;
  /** The most memory seen after a turn; null where it could not be read. */
  rssMB(): number | null;
}

/** @param pid of another process; null measures this one, all of its threads */
export function createMeter(pid: number | null): Meter {
  const cpu = () => (pid === null ? ownSeconds() : cpuSecondsOf(pid));
  let [spent, all, rss]: [number | null, number, number | null] = [0, 0, null];
  return {
    async turn(samples, work) {
      const before = cpu();
      const result = await work();
      const after = cpu();
      spent = spent === null || before === null || after === null ? null : spent + after - before;
      all += samples;
      const now = pid === null ? process.memoryUsage.rss() / 2 ** 20 : rssMBOf(pid);
      if (now !== null) rss = Math.max(rss ?? 0, now);
      return result;
    },
    usASample: () => (spent === null || all === 0 ? null : (spent * 1e6) / all),
    rssMB: () => rss,
  };
}

function ownSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
