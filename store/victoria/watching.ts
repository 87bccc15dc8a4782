/** What the server tells of itself only in its own metrics: rows it threw away without a word, and how long it keeps them. */
import type { Asking } from './asking.ts';

export interface Watching {
  /** Rows it has thrown away since it was first looked at, a sentence a reason; empty where it cannot be asked. */
  alarms(): Promise<string[]>;
  /** How long the server that is written to there keeps rows; null when it does not say. */
  retentionMs(writeUrl: string): Promise<number | null>;
  bytes(): Promise<number>;
}

export interface WatchingOptions {
  readonly asking: Asking;
  /** Servers that are written to, each once. */
  readonly writeUrls: readonly string[];
  readonly monoMs: () => number;
}

/** Rows that are thrown away are spoken of for so long. */
const REMEMBERED_MS = 3_600_000;
/** The same answer serves so long. */
const FRESH_MS = 10_000;

/** Counters of lost rows, and what the rows were. Rows of anybody else who writes there are counted as well. */
const LOST: Readonly<Record<string, string>> = {
  'vm_rows_ignored_total{reason="big_timestamp"}': 'too far in the future; compare the clocks of both machines',
  'vm_rows_ignored_total{reason="small_timestamp"}': 'older than its retention',
  'vm_rows_ignored_total{reason="nan_value"}': 'not numbers',
  'vm_rows_invalid_total{type="influx"}': 'lines it could not read',
  vm_hourly_series_limit_rows_dropped_total: 'of more series than it takes in an hour (-storage.maxHourlySeries)',
  vm_daily_series_limit_rows_dropped_total: 'of more series than it takes in a day (-storage.maxDailySeries)',
  vm_concurrent_addrows_dropped_rows_total: 'more than it could take at once',
};

type Counts = ReadonlyMap<string, number>;

export function createWatching({ asking, writeUrls, monoMs }: WatchingOptions): Watching {
  const urls = [...new Set(writeUrls.map(metricsUrl))];
  const first = new Map<string, Counts>();
  const lost = new Map<string, { count: number; atMs: number }>();
  let fresh: { readonly atMs: number; readonly answer: Promise<Map<string, string>> } | null = null;

  /** The metrics of each server that tells them. */
  const metrics = (): Promise<Map<string, string>> => {
    const now = monoMs();
    if (!fresh || now > fresh.atMs + FRESH_MS) {
      const all = urls.map(async (url) => [url, await asking.text(url).catch(() => null)] as const);
      fresh = {
        atMs: now,
        answer: Promise.all(all).then(
          (found) => new Map(found.flatMap(([url, text]) => (text === null ? [] : [[url, text] as const]))),
        ),
      };
    }
    return fresh.answer;
  };
  const look = async () => {
    for (const [url, text] of await metrics()) {
      const counts = countsOf(text);
      const before = first.get(url);
      first.set(url, counts);
      if (!before) continue;
      for (const [name, count] of counts) {
        const was = before.get(name) ?? 0;
        // A server that was restarted counts from 0 again.
        const more = count >= was ? count - was : count;
        if (more > 0) lost.set(name, { count: (lost.get(name)?.count ?? 0) + more, atMs: monoMs() });
      }
    }
  };
  return {
    async alarms() {
      await look();
      const now = monoMs();
      for (const [name, { atMs }] of lost) if (now > atMs + REMEMBERED_MS) lost.delete(name);
      return [...lost].map(
        ([name, { count }]) =>
          `VictoriaMetrics ignored ${count.toLocaleString('en-GB')} ${count === 1 ? 'row' : 'rows'}: ${LOST[name] ?? name}.`,
      );
    },
    async retentionMs(writeUrl) {
      await look();
      const text = (await metrics()).get(metricsUrl(writeUrl)) ?? '';
      const value = /^flag\{name="retentionPeriod", value="([^"]*)"/m.exec(text)?.[1];
      return value === undefined ? null : durationMs(value);
    },
    async bytes() {
      let sum = 0;
      for (const text of (await metrics()).values())
        for (const match of text.matchAll(/^vm_data_size_bytes\{[^}]*\} (\S+)$/gm)) sum += Number(match[1]);
      return sum;
    },
  };
}

/** Of a cluster: what takes the rows in tells its own, without tenant and path. */
function metricsUrl(writeUrl: string): string {
  return `${writeUrl.replace(/\/insert\/.*$/, '').replace(/\/+$/, '')}/metrics`;
}

function countsOf(text: string): Counts {
  const counts = new Map<string, number>();
  for (const line of text.split('\n')) {
    const at = line.lastIndexOf(' ');
    const name = line.slice(0, at);
    if (name in LOST) counts.set(name, Number(line.slice(at + 1)));
  }
  return counts;
}

const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000, y: 365 * 86_400_000 };
/** Without a unit it means months. */
const MONTH_MS = 31 * 86_400_000;

function durationMs(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)([hdwy]?)$/.exec(text);
  return match ? Number(match[1]) * (UNIT_MS[match[2] ?? ''] ?? MONTH_MS) : null;
}
