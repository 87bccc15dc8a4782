/** The state of this server as Prometheus text (exposition format 0.0.4). */
import type { CollectorStatus, Destination, HistoryHealth } from '../core/ports.ts';
import { DURATION_EDGES_S, type HttpMetrics } from './http-metrics.ts';
import type { HabitsFigures } from './habits.ts';
import type { ProcessFigures } from './process-figures.ts';

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export interface MetricsInput {
  readonly nowMs: number;
  readonly version: string;
  readonly devicesByState: Readonly<Record<string, number>>;
  readonly collector: CollectorStatus | null;
  readonly store: HistoryHealth;
  readonly process: ReturnType<ProcessFigures['read']>;
  readonly http: HttpMetrics;
  readonly habits: HabitsFigures;
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
  if (collector) collectorMetrics(collector, { family, sample, one });
  one('store_up', 'gauge', '1 when the store takes samples.', store.ok ? 1 : 0);
  one('store_bytes', 'gauge', 'Size of the stored history.', store.bytes);
  one('store_series', 'gauge', 'Series in the store.', store.series);
  one('store_waiting_rows', 'gauge', 'Rows accepted but not yet durable.', store.waitingRows);
  one('store_written_samples_total', 'counter', 'Samples made durable.', store.writtenSamples);
  one('store_dropped_samples_total', 'counter', 'Samples given up.', store.droppedSamples);
  if (store.destination) destinationMetrics(store.destination, input.nowMs, one);
  habitMetrics(input.habits, one);
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

interface Lines {
  readonly family: (name: string, type: 'counter' | 'gauge', help: string) => void;
  readonly sample: (name: string, value: number, labels?: Labels) => void;
  readonly one: (name: string, type: 'counter' | 'gauge', help: string, value: number) => void;
}

function collectorMetrics(collector: CollectorStatus, { family, sample, one }: Lines): void {
  one('collector_polls_total', 'counter', 'Polls done.', collector.polls);
  one('collector_poll_failures_total', 'counter', 'Polls that failed.', collector.failures);
  one('collector_polls_skipped_total', 'counter', 'Polls not started because the one before still ran.', collector.skipped);
  one('collector_samples_total', 'counter', 'Samples handed to the history.', collector.samples);
  one('collector_late_replies_total', 'counter', 'Replies after their deadline, dropped.', collector.lateReplies);
  one('collector_devices', 'gauge', 'Devices that are polled.', collector.devices);
  one('collector_silent_devices', 'gauge', 'Devices that did not answer at all in their last turn.', collector.silent);
  one('collector_in_flight', 'gauge', 'Polls under way.', collector.inFlight);
  const lanes = Object.entries(collector.lanes);
  family('collector_lane_in_flight', 'gauge', 'Polls under way; suspect: of devices that failed the last time or take long.');
  for (const [lane, { inFlight }] of lanes) sample('collector_lane_in_flight', inFlight, { lane });
  family('collector_lane_waiting', 'gauge', 'Devices whose turn has come and for which there is no place.');
  for (const [lane, { waiting }] of lanes) sample('collector_lane_waiting', waiting, { lane });
  one('collector_lateness_seconds', 'gauge', 'How late polls start, worst of the last minute.', collector.latenessMs / 1000);
  family('collector_start_delay_seconds', 'gauge', 'How late polls started in the last minute, by quantile; 1 is the worst.');
  const { p50Ms, p99Ms, worstMs } = collector.lateness;
  for (const [quantile, ms] of [
    ['0.5', p50Ms],
    ['0.99', p99Ms],
    ['1', worstMs],
  ] as const) {
    sample('collector_start_delay_seconds', ms / 1000, { quantile });
  }
  family('collector_gaps_total', 'counter', 'Gaps by cause.');
  for (const [cause, count] of Object.entries(collector.gaps)) sample('collector_gaps_total', count, { cause });
  const { transport } = collector;
  if (!transport) return;
  one('snmp_requests_total', 'counter', 'SNMP requests sent, those that were sent again included.', transport.sent);
  one('snmp_requests_resent_total', 'counter', 'SNMP requests sent again because no answer had come.', transport.resent);
  one('snmp_replies_total', 'counter', 'Datagrams received.', transport.received);
  family('snmp_replies_dropped_total', 'counter', 'Datagrams received and not used, by reason.');
  for (const [reason, count] of [
    ['foreign sender', transport.foreign],
    ['wrong community', transport.wrongCommunity],
    ['late', transport.late],
    ['malformed', transport.malformed],
  ] as const) {
    sample('snmp_replies_dropped_total', count, { reason });
  }
}

function habitMetrics(habits: HabitsFigures, one: Lines['one']): void {
  one('habits_series', 'gauge', 'Series whose habit is followed.', habits.followed);
  one('habits_series_limit', 'gauge', 'Series that may have a habit.', habits.most);
  one('habits_learning_series', 'gauge', 'Followed series with less than three weeks of known history.', habits.learning);
  one('habits_waiting_series', 'gauge', 'Followed series whose history is still to be read.', habits.waiting);
  one('habits_unusual_series', 'gauge', 'Series that are not as usual now.', habits.unusual);
  one('habits_bytes', 'gauge', 'Memory that the learnt habits take.', habits.bytes);
  one('habits_judged_means_total', 'counter', 'Means judged by what came before them.', habits.judged);
}

function destinationMetrics(destination: Destination, nowMs: number, one: Lines['one']): void {
  const { state, oldestMs } = destination;
  one('store_destination_up', 'gauge', '1 while the server that keeps the history takes it.', state === 'ok' ? 1 : 0);
  one('store_destination_waiting_lines', 'gauge', 'Lines on disk that the server does not have yet.', destination.waitingLines);
  one('store_destination_waiting_bytes', 'gauge', 'What these take on disk.', destination.waitingBytes);
  const ageS = oldestMs === null ? 0 : Math.max(0, nowMs - oldestMs) / 1000;
  one('store_destination_waiting_seconds', 'gauge', 'Age of the oldest that waits; 0 when nothing does.', ageS);
  one('store_destination_sent_lines_total', 'counter', 'Lines the server took.', destination.sentLines);
  one('store_destination_dropped_lines_total', 'counter', 'Lines given up: too many, or too old.', destination.droppedLines);
  one('store_destination_expired_lines_total', 'counter', 'Lines older than the server keeps.', destination.expiredLines);
  one('store_destination_refused_lines_total', 'counter', 'Lines set aside as never acceptable.', destination.refusedLines);
  one('store_destination_damaged_bytes', 'gauge', 'Set aside because it could not be read back.', destination.damagedBytes);
  one('store_destination_alarms', 'gauge', 'What the server is known to lose or refuse silently.', destination.alarms.length);
}

const escape = (label: string) => label.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
