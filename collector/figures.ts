/** What the collector is doing, in figures. Reading them costs little, however many devices and readers there are. */
import type { DeviceState, GapCause } from '../core/model.ts';
import type { Clock, CollectorStatus, TransportCounts } from '../core/ports.ts';
import type { Asker } from './asking.ts';
import { createTally, type Tally } from './lately.ts';
import { mannerOf } from './reach.ts';
import type { Scheduler } from './scheduler.ts';
import { slowestOf, whySlow } from './slowest.ts';
import type { Source } from './source.ts';
import type { Watched } from './watched.ts';

export interface Figures {
  polled(): void;
  failed(): void;
  sampled(samples: number): void;
  gap(cause: GapCause): void;
  /** At most a second old. */
  status(): CollectorStatus;
}

export interface FiguresOptions {
  readonly clock: Clock;
  readonly scheduler: () => Scheduler;
  readonly watched: ReadonlyMap<string, Watched>;
  readonly sources: readonly Source[];
  readonly asker: Asker;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const SLOTS = 60;
const SLOWEST = 10;
const KEPT_MS = 1_000;

export function createFigures({ clock, scheduler, watched, sources, asker }: FiguresOptions): Figures {
  const startedMs = clock.nowMs();
  const monoMs = () => clock.monoMs();
  const total = { polls: 0, failures: 0, samples: 0 };
  const polls = createTally(monoMs, MINUTE_MS, SLOTS);
  const values = createTally(monoMs, MINUTE_MS, SLOTS);
  const gaps = new Map<GapCause, { total: number; readonly lately: Tally }>();
  let kept: { readonly untilMs: number; readonly status: CollectorStatus } | null = null;

  const read = (): CollectorStatus => {
    const { living, suspect, skipped, lateness } = scheduler().stats();
    const { paces, silent } = slowestOf(scheduler().paces(), SLOWEST);
    const byCause = [...gaps];
    return {
      startedMs,
      devices: watched.size,
      states: statesOf(watched.values()),
      silent,
      inFlight: living.inFlight + suspect.inFlight,
      lanes: { living, suspect },
      ...total,
      polledPerS: polls.perS(),
      valuesPerS: values.perS(),
      skipped,
      lateReplies: asker.lateReplies(),
      gaps: Object.fromEntries(byCause.map(([cause, of]) => [cause, of.total])),
      gapsLastHour: Object.fromEntries(
        byCause.flatMap(([cause, { lately }]) => (lately.sum() > 0 ? [[cause, lately.sum()]] : [])),
      ),
      latenessMs: lateness.worstMs,
      lateness,
      slowest: paces.flatMap((pace) => {
        const one = watched.get(pace.id);
        if (!one) return [];
        const slots = one.slots();
        const reason = whySlow(pace, {
          values: slots.reduce((sum, { plan }) => sum + (plan?.columns.length ?? 0), 0),
          manner: mannerOf(slots),
          reason: one.status().reason,
        });
        return [{ device: pace.id, name: one.device().name, pollMs: pace.tookMs, intervalMs: pace.intervalMs, reason }];
      }),
      transport: countsOf(sources),
    };
  };
  return {
    polled() {
      total.polls++;
      polls.add();
    },
    failed() {
      total.failures++;
    },
    sampled(samples) {
      total.samples += samples;
      values.add(samples);
    },
    gap(cause) {
      let of = gaps.get(cause);
      if (!of) gaps.set(cause, (of = { total: 0, lately: createTally(monoMs, HOUR_MS, SLOTS) }));
      of.total++;
      of.lately.add();
    },
    status() {
      if (kept === null || monoMs() >= kept.untilMs) kept = { untilMs: monoMs() + KEPT_MS, status: read() };
      return kept.status;
    },
  };
}

function statesOf(devices: Iterable<Watched>): CollectorStatus['states'] {
  const counts: Partial<Record<DeviceState, number>> = {};
  for (const one of devices) {
    const { state } = one.status();
    counts[state] = (counts[state] ?? 0) + 1;
  }
  return counts;
}

/** Of all sources together; null when none counts. */
function countsOf(sources: readonly Source[]): TransportCounts | null {
  const [first, ...others] = sources.flatMap((source) => source.counts?.() ?? []);
  if (!first) return null;
  const sum = (name: keyof TransportCounts) => others.reduce((all, one) => all + one[name], first[name]);
  return {
    sent: sum('sent'),
    resent: sum('resent'),
    received: sum('received'),
    foreign: sum('foreign'),
    wrongCommunity: sum('wrongCommunity'),
    late: sum('late'),
    malformed: sum('malformed'),
  };
}
