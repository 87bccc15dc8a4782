/** `saguaro status`: the server, its collector and its store on one screen. */
import { rankedCauses } from '../core/causes.ts';
import type { CollectorView, DestinationView, StatusView } from '../core/api.ts';
import { destinationWords } from '../core/destination-words.ts';
import { formatDuration, formatNumber, formatWith } from '../core/units.ts';
import type { Command } from './command.ts';
import { table } from './terminal.ts';

/** Causes of gaps that are named; the others are added up. */
const CAUSES = 3;

export const status: Command = {
  words: ['status'],
  summary: 'Tell how the server, its store and its devices are doing',
  operands: [],
  about: [
    'Tells how many devices are polled a second and how punctually, what was skipped, which gaps there were, what SNMP brought\n' +
      'and which devices take longest, with the reason.',
    'With --json "running" says whether a server answered.',
  ],
  options: [],
  examples: ['saguaro status', 'saguaro status --json | jq .collector.lateness'],
  async run(context) {
    const api = await context.api();
    const view = await api.ask<StatusView>({ method: 'GET', path: '/status' });
    const running = api.through === 'server';
    context.terminal.print(context.json ? JSON.stringify({ running, ...view }) : statusText(view, running));
    return context.json || view.store.ok ? 0 : 1;
  },
};

/** @param running false: no server answered, so nothing is polled */
export function statusText(view: StatusView, running: boolean): string {
  const { collector, store, process } = view;
  const states = Object.entries(view.devices).filter(([, count]) => count > 0);
  const head = running
    ? `Saguaro ${view.version} runs since ${formatDuration(view.nowMs - view.startedMs)}, ${formatWith(process.rssBytes, 'bytes')} of memory.`
    : `No server runs on this data folder; saguaro serve starts one (Saguaro ${view.version}).`;
  return [
    head,
    `Devices: ${states.map(([state, count]) => `${whole(count)} ${state}`).join(', ') || 'none yet'}.`,
    ...(running && collector ? collectorLines(collector, process.eventLoopP99Ms) : []),
    `Store: ${store.ok ? 'takes samples' : store.reason}, ${whole(store.series)} series, ${formatWith(store.bytes, 'bytes')}.`,
    ...(store.destination ? destinationLines(store.destination, view.nowMs, view.zone) : []),
    ...(running && view.habits.followed > 0 ? [habitsLine(view.habits)] : []),
    ...(running && collector ? slowestLines(collector) : []),
  ].join('\n');
}

function habitsLine({ followed, most, learning, waiting, unusual }: StatusView['habits']): string {
  const full = followed >= most ? ', as many as may be' : '';
  const later = waiting > 0 ? `, ${whole(waiting)} still to be read from the history` : '';
  return `Habits: ${whole(followed)} series${full}; ${whole(learning)} still learning${later}; ${whole(unusual)} unusual now.`;
}

function collectorLines(collector: CollectorView, eventLoopP99Ms: number): string[] {
  const { lanes, lateness, transport } = collector;
  const waiting = lanes.living.waiting + lanes.suspect.waiting;
  const causes = rankedCauses(collector.gaps, collector.gapsLastHour);
  const sum = (list: readonly { lastHour: number; total: number }[], of: 'lastHour' | 'total') =>
    list.reduce((all, one) => all + one[of], 0);
  const lately = causes.filter(({ lastHour }) => lastHour > 0);
  const others = sum(lately.slice(CAUSES), 'lastHour');
  const named = [
    ...lately.slice(0, CAUSES).map(({ words, lastHour }) => `${whole(lastHour)} ${words}`),
    ...(others > 0 ? [`${whole(others)} others`] : []),
  ];
  return [
    `Polling: ${rate(collector.polledPerS)} devices, ${rate(collector.valuesPerS)} values a second; ` +
      `${whole(collector.inFlight)} in flight (${whole(lanes.suspect.inFlight)} slow or silent), ` +
      `${whole(waiting)} waiting; ${whole(collector.skipped)} starts skipped.`,
    `Starts: half within ${ms(lateness.p50Ms)} of their time, 99 of 100 within ${ms(lateness.p99Ms)}, the worst ${ms(lateness.worstMs)} late; ` +
      `the event loop ${ms(eventLoopP99Ms)} late.`,
    `Polls: ${whole(collector.polls)}, ${whole(collector.failures)} failed; ${whole(collector.samples)} samples.`,
    `Gaps: ${whole(sum(causes, 'lastHour'))} in the last hour${named.length > 0 ? ` (${named.join('; ')})` : ''}, ${whole(sum(causes, 'total'))} since the start.`,
    ...(transport && transport.sent > 0
      ? [
          `SNMP: ${whole(transport.sent)} requests (${whole(transport.resent)} sent again), ${whole(transport.received)} answers: ` +
            `${whole(transport.late)} late, ${whole(transport.foreign)} from another address, ` +
            `${whole(transport.wrongCommunity)} by a wrong community, ${whole(transport.malformed)} malformed.`,
        ]
      : []),
  ];
}

/** The server that keeps the history: how it fares, what waits for it, and a line for each thing that went wrong. */
function destinationLines(destination: DestinationView, nowMs: number, zone: string): string[] {
  const { label, state } = destination;
  const { away, lasting, reason, waiting, troubles } = destinationWords(destination, nowMs, (ms) => clock(ms, nowMs, zone));
  const well = state === 'starting' ? `${label} has not been asked yet.` : `${label} takes history.`;
  const head = away === null ? well : `${away} (${lasting}).`;
  const waits = waiting === null ? '' : `${waiting}.`;
  return [[head, waits, reason].filter(Boolean).join(' '), ...troubles.map((text) => `  ${text}`)];
}

/** "14:02" today, "2026-11-12 14:02" before. */
function clock(ms: number, nowMs: number, zone: string): string {
  const at = (of: number) => Temporal.Instant.fromEpochMilliseconds(Math.round(of)).toZonedDateTimeISO(zone);
  const [then, now] = [at(ms), at(nowMs)];
  const time = then.toPlainTime().toString({ smallestUnit: 'minute' });
  return then.toPlainDate().equals(now.toPlainDate()) ? time : `${then.toPlainDate().toString()} ${time}`;
}

function slowestLines({ slowest, silent }: CollectorView): string[] {
  if (slowest.length === 0) return [];
  const rows = slowest.map(({ name, pollMs, intervalMs, reason }) => [name, ms(pollMs), formatDuration(intervalMs), reason]);
  return [
    ...(silent > 0 ? [`${whole(silent)} ${silent === 1 ? 'device does' : 'devices do'} not answer.`] : []),
    '',
    table(['SLOWEST', 'POLL', 'EVERY', 'WHY'], rows),
  ];
}

/** Whole, with thin-spaced thousands. */
const whole = (n: number) => (n < 1_000 ? String(n) : formatNumber(n));
/** Small rates keep a figure after the point: one device a minute is not none. */
const rate = (perS: number) => (perS === 0 || perS >= 10 ? whole(Math.round(perS)) : perS.toPrecision(2));
const ms = (n: number) => (n < 999 ? `${n.toFixed(n < 10 ? 1 : 0)} ms` : formatWith(n, 'ms'));
