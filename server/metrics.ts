/** The state of this server as Prometheus text (exposition format 0.0.4). */
import type { CollectorStatus, HistoryHealth } from '../core/ports.ts';
import { DURATION_EDGES_S, type HttpMetrics } from './http-metrics.ts';
import type { ProcessFigures } from './process-figures.ts';

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export interface MetricsInput {
  readonly version: string;
  readonly devicesByState: Readonly<Record<string, number>>;
  readonly collector: CollectorStatus | null;
  readonly store: HistoryHealth;
  readonly process: ReturnType<ProcessFigures['read']>;
  readonly http: HttpMetrics;
}

type Labels = Readonly<Record<string, string>>;

export function metricsText(input: MetricsInput): string {
  const lines: string[] = [];
  const family = (name: string, type: 'counter' | 'gauge' | 'histogram', help: string) => {
    lines.push(`# HELP saguaro_${name} ${help}`, `# TYPE saguaro_${name} ${type}`);
  };
  const sample = (name: string, value: number, labels: Labels = {}) => {
    const text = Object.entries(labels).map(([key, label]) => `${key}="${escape(label)}"`);
    lines.push(`saguaro_${name}${text.length > 0 ? `{${text.join(',')}}` : ''} ${value}`);
  };
  const one = (name: string, type: 'counter' | 'gauge', help: string, value: number, labels: Labels = {}) => {
    family(name, type, help);
    sample(name, value, labels);
  };

  one('build_info', 'gauge', 'Always 1; the version is a label.', 1, { version: input.version });
  family('devices', 'gauge', 'Devices by state.');
  for (const [state, count] of Object.entries(input.devicesByState)) sample('devices', count, { state });
  const { collector, store, process: own, http } = input;
  if (collector) {
    one('collector_polls_total', 'counter', 'Polls done.', collector.polls);
    one('collector_poll_failures_total', 'counter', 'Polls that failed.', collector.failures);
    one('collector_polls_skipped_total', 'counter', 'Polls not started because the one before still ran.', collector.skipped);
    one('collector_samples_total', 'counter', 'Samples handed to the history.', collector.samples);
    one('collector_late_replies_total', 'counter', 'Replies after their deadline, dropped.', collector.lateReplies);
    one('collector_in_flight', 'gauge', 'Polls under way.', collector.inFlight);
    one('collector_lateness_seconds', 'gauge', 'How late polls start, worst of the last minute.', collector.latenessMs / 1000);
    family('collector_gaps_total', 'counter', 'Gaps by cause.');
    for (const [cause, count] of Object.entries(collector.gaps)) sample('collector_gaps_total', count, { cause });
  }
  one('store_up', 'gauge', '1 when the store takes samples.', store.ok ? 1 : 0);
  one('store_bytes', 'gauge', 'Size of the stored history.', store.bytes);
  one('store_series', 'gauge', 'Series in the store.', store.series);
  one('store_waiting_rows', 'gauge', 'Rows accepted but not yet durable.', store.waitingRows);
  one('store_written_samples_total', 'counter', 'Samples made durable.', store.writtenSamples);
  one('store_dropped_samples_total', 'counter', 'Samples given up.', store.droppedSamples);
  one('process_resident_memory_bytes', 'gauge', 'Resident memory.', own.rssBytes);
  one('process_cpu_seconds_total', 'counter', 'CPU time used.', own.cpuS);
  one('process_uptime_seconds', 'gauge', 'Time since the start.', own.uptimeS);
  one('process_event_loop_delay_p99_seconds', 'gauge', 'Delay of the event loop, 99th percentile.', own.eventLoopP99Ms / 1000);
  family('http_requests_total', 'counter', 'Requests answered.');
  for (const { method, route, status, requests } of http.counts()) {
    sample('http_requests_total', requests, { method, route, status: String(status) });
  }
  family('http_request_duration_seconds', 'histogram', 'Time until an answer was sent.');
  for (const { route, counts, count, sumS } of http.durations()) {
    let below = 0;
    DURATION_EDGES_S.forEach((edge, i) =>
      sample('http_request_duration_seconds_bucket', (below += counts[i] ?? 0), { route, le: String(edge) }),
    );
    sample('http_request_duration_seconds_bucket', count, { route, le: '+Inf' });
    sample('http_request_duration_seconds_sum', sumS, { route });
    sample('http_request_duration_seconds_count', count, { route });
  }
  return lines.join('\n') + '\n';
}

const escape = (label: string) => label.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
