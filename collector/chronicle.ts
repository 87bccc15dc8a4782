/** What happened to one device, in sentences, and no more of them than a person would read. */
import type { GapCause, InstanceId, NewEvent, SourceSpec } from '../core/model.ts';
import type { Clock } from '../core/ports.ts';
import type { Journal } from './journal.ts';
import type { Layout } from './layout.ts';
import type { TrackGap } from './tracker.ts';

export interface Chronicle {
  /** A stretch that is over, in which nothing of a source is known. */
  gap(source: SourceSpec['type'], gap: TrackGap): void;
  /** A source fails, and what it last gave is too old to reach until now. */
  failing(source: SourceSpec['type'], cause: GapCause, text: string, fromMs: number): void;
  restarted(beforeS: number | null, afterS: number | null, fromMs: number, toMs: number): void;
  down(cause: GapCause, text: string, fromMs: number): void;
  up(toMs: number): void;
  /** Columns became unknown (`broken`) or known again (`healed`) in a row whose record begins at fromMs. */
  columns(layout: Layout, broken: ReadonlyMap<GapCause, readonly number[]>, healed: readonly number[], fromMs: number): void;
  /** Series that are no longer asked for: what was told of them alone is over. */
  left(series: readonly string[]): void;
  note(event: Pick<NewEvent, 'kind' | 'instance' | 'text'>): void;
  /** The device is no longer polled: whatever lasts ends now. */
  end(): void;
}

export interface ChronicleOptions {
  readonly device: string;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly instanceName: (id: InstanceId) => string;
  readonly count: (cause: GapCause) => void;
}

/** More events of one device in an hour are only counted. */
const HOURLY_MAX = 60;
const HOUR_MS = 3_600_000;

const SENTENCES: Readonly<Record<GapCause, string>> = {
  timeout: 'No answer',
  refused: 'The device refused to answer',
  unreachable: 'The device could not be reached',
  'access denied': 'The device denied access',
  'bad reply': 'The answer made no sense',
  restarted: 'The device restarted, so its counters began anew',
  wrapped: 'A 32-bit counter may have gone round more than once; use the 64-bit counter or a shorter interval',
  reset: 'A counter went back',
  discontinuity: 'The device says that its counters were interrupted',
  implausible: 'A rate was higher than is possible',
  'width changed': 'A counter changed between 32 and 64 bits',
  renumbered: 'Another part of the device was found in this place',
  'no data': 'The device gave no value',
  late: 'Polls came too late, or the history could not take them',
  'clock step': 'The clock of this machine was set forward, or it slept',
  maintenance: 'Maintenance',
  'collector down': 'Saguaro was not running',
  'imported gap': 'The imported history has no value here',
};

interface Episode {
  readonly key: string;
  readonly series: Set<string>;
}

export function createChronicle(options: ChronicleOptions): Chronicle {
  const { device, clock, journal } = options;
  const episodes = new Map<string, Episode>();
  let hourMs = -Infinity;
  let written = 0;
  let suppressed = 0;
  let serial = 0;

  const allowed = (): boolean => {
    if (clock.monoMs() - hourMs >= HOUR_MS) {
      if (suppressed > 0) {
        add({
          kind: 'gap',
          instance: null,
          cause: null,
          text: `${String(suppressed)} more gaps in the hour before are not listed one by one.`,
        });
      }
      hourMs = clock.monoMs();
      written = 0;
      suppressed = 0;
    }
    if (written >= HOURLY_MAX) {
      suppressed++;
      return false;
    }
    written++;
    return true;
  };
  const add = (
    event: Pick<NewEvent, 'kind' | 'instance' | 'cause' | 'text'>,
    fromMs = clock.nowMs(),
    toMs: number | null = fromMs,
  ) => {
    journal.add({ ...event, device, fromMs, toMs });
  };
  const over = (series: string, toMs: number) => {
    const episode = episodes.get(series);
    episodes.delete(series);
    episode?.series.delete(series);
    if (episode?.series.size === 0) journal.close(episode.key, toMs);
  };
  const gapKey = (source: string) => `${device}|gap|${source}`;
  const downKey = `${device}|down`;

  return {
    gap(source, gap) {
      options.count(gap.cause);
      const { cause, fromMs, toMs } = gap;
      const key = gapKey(source);
      if (!journal.isOpen(key)) {
        if (!allowed()) return;
        const text = `${SENTENCES[cause]} (${source}, ${((toMs - fromMs) / 1000).toFixed(0)} s).`;
        // Opened and closed, so that a gap an earlier run left open is ended instead of told twice.
        journal.open(key, { kind: 'gap', device, instance: null, cause, text, fromMs, toMs: null });
      }
      journal.close(key, toMs);
    },
    failing(source, cause, text, fromMs) {
      if (journal.isOpen(gapKey(source)) || !allowed()) return;
      journal.open(gapKey(source), { kind: 'gap', device, instance: null, cause, text, fromMs, toMs: null });
    },
    restarted(beforeS, afterS, fromMs, toMs) {
      if (!allowed()) return;
      const before = beforeS === null ? '' : ` after ${duration(beforeS)}`;
      const after = afterS === null ? '' : `; it has been up for ${duration(afterS)}`;
      add({ kind: 'restart', instance: null, cause: 'restarted', text: `The device restarted${before}${after}.` }, fromMs, toMs);
    },
    down(cause, text, fromMs) {
      if (journal.isOpen(downKey) || !allowed()) return;
      journal.open(downKey, { kind: 'down', device, instance: null, cause, text, fromMs, toMs: null });
    },
    up(toMs) {
      journal.close(downKey, toMs);
      journal.closeAdopted(device, toMs);
    },
    columns(layout, broken, healed, fromMs) {
      for (const i of healed) over(layout.series.at(i) ?? '', fromMs);
      for (const [cause, positions] of broken) {
        options.count(cause);
        if (!allowed()) continue;
        const ids = [...new Set(positions.map((i) => layout.instances.at(i) ?? ''))];
        const episode: Episode = { key: `${device}|gap|columns|${String(serial++)}`, series: new Set() };
        for (const i of positions) {
          const series = layout.series.at(i) ?? '';
          episode.series.add(series);
          episodes.set(series, episode);
        }
        const instance = ids.length === 1 ? (ids[0] ?? null) : null;
        const text = `${SENTENCES[cause]}: ${someOf(ids.map(options.instanceName))}.`;
        journal.open(episode.key, { kind: 'gap', device, instance, cause, text, fromMs, toMs: null });
      }
    },
    left(series) {
      for (const one of series) over(one, clock.nowMs());
    },
    note(event) {
      if (allowed()) add({ ...event, cause: null });
    },
    end() {
      episodes.clear();
      journal.closeDevice(device, clock.nowMs());
    },
  };
}

/** "eth0, eth1, eth2 and 45 more" */
export function someOf(names: readonly string[], most = 5): string {
  const shown = names.slice(0, most).join(', ');
  return names.length > most ? `${shown} and ${String(names.length - most)} more` : shown;
}

function duration(s: number): string {
  if (s < 120) return `${s.toFixed(0)} s`;
  if (s < 7200) return `${(s / 60).toFixed(0)} min`;
  return s < 172_800 ? `${(s / 3600).toFixed(0)} h` : `${(s / 86_400).toFixed(0)} days`;
}
