/** What this process costs: memory, CPU, and how late its event loop runs. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 20;
const WINDOW_S = 60;

export interface ProcessFigures {
  /** rss in bytes, CPU and uptime in seconds, 99th percentile of the event loop's delay in ms (of the last minute or less). */
  read(): { rssBytes: number; cpuS: number; uptimeS: number; eventLoopP99Ms: number };
  close(): void;
}

export function createProcessFigures(): ProcessFigures {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  let sinceS = process.uptime();
  return {
    read() {
      const { user, system } = process.cpuUsage();
      const uptimeS = process.uptime();
      // The histogram counts the pause it asked for itself.
      const p99Ms = delay.count === 0 ? 0 : Math.max(0, delay.percentile(99) / 1e6 - RESOLUTION_MS);
      if (uptimeS - sinceS > WINDOW_S) {
        delay.reset();
        sinceS = uptimeS;
      }
      return { rssBytes: process.memoryUsage.rss(), cpuS: (user + system) / 1e6, uptimeS, eventLoopP99Ms: p99Ms };
    },
    close: () => void delay.disable(),
  };
}
