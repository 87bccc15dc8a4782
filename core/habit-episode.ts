/** One alert an episode, raised again only when it worsens. Decided from what came before, never from what comes after. */
import type { Band } from './habit.ts';

/** Samples as surprising as this come by chance so often a week: an episode begins. */
const PER_WEEK = 0.45;
/** Powers of ten below that, what has been seen is known, and its return is no news. */
const NOTABLE_LOG10 = 1.7;
/** An episode is over once nothing was abnormal for so long, or for so many samples. */
const QUIET_MS = 3 * 3_600_000;
const QUIET_SAMPLES = 3;
/** Powers of ten by which something must be less likely than before to be news. */
const WORSE_LOG10 = 0.6;
/** An episode is raised again at so many times the distance it was raised for; a band's width at least. */
const WORSE_TIMES = 2;
/** How long what was surprising stays known, so that the same again is no news; in samples for slow series. */
const KNOWN_MS = 12 * 3_600_000;
const KNOWN_SAMPLES = 6;
/** What is no news scores as if it had been this share as surprising. */
const OLD_SHARE = 0.1;

export interface Episode {
  readonly fromMs: number;
  /** Last abnormal sample. */
  toMs: number;
  /** Whether the value furthest off is above what was usual. */
  above: boolean;
  /** The value furthest off, its time, and what was usual then. */
  worst: number;
  worstMs: number;
  usual: Band | null;
  /** Score of the most surprising sample. */
  score: number;
  alerts: number;
}
export interface EpisodeEvent {
  readonly what: 'begun' | 'worse' | 'over';
  readonly episode: Readonly<Episode>;
}
export interface EpisodesState {
  open: (Episode & { raised: number }) | null;
  /** The most surprising of the near past, and when something like it was last seen. */
  heard: number;
  heardMs: number;
  /** Powers of ten rarer than by chance that something must be, because there were too many episodes. */
  demand: number;
}
export interface Seen {
  readonly tMs: number;
  readonly value: number;
  readonly band: Band | null;
  /** −log10 of the chance, what each view gives up taken off. */
  readonly surprising: number;
  /** The same had tails been heavy: what a score is made of. */
  readonly heavy: number;
  readonly perWeek: number;
  readonly stepMs: number;
  readonly above: boolean;
}

export const emptyEpisodes = (): EpisodesState => ({ open: null, heard: 0, heardMs: 0, demand: 0 });

/**
 * In the long run no more than so many a week, whatever the noise: each that begins makes the next one need to be rarer,
 * and time takes that back (Gibbs and Candès 2021, Adaptive conformal inference under distribution shift).
 */
const MOST_A_WEEK = 1.6;
const GAIN = 0.3;

/** Score one half: chance brings one such sample in so many, a week of five minutes. */
const SCORE_SAMPLES = 2016;
/** The sample with which an episode begins scores no less, however heavy tails may be. */
const BEGINS_SCORE = 0.5;
const scoreOf = (surprising: number): number => 1 / (1 + SCORE_SAMPLES * 10 ** -surprising);

export function followEpisode(
  state: EpisodesState,
  seen: Seen,
): { score: number; abnormal: boolean; event: EpisodeEvent | null } {
  const { tMs, value, band, surprising, heavy, perWeek, stepMs, above } = seen;
  const quietMs = Math.max(QUIET_MS, QUIET_SAMPLES * stepMs);
  if (tMs - state.heardMs > Math.max(KNOWN_MS, KNOWN_SAMPLES * stepMs)) state.heard = 0;
  const news = state.heard === 0 || heavy > state.heard + WORSE_LOG10;
  const score = scoreOf(news ? heavy : OLD_SHARE * heavy);
  state.demand = Math.max(0, state.demand - (GAIN * MOST_A_WEEK) / perWeek);
  const begins = Math.log10(perWeek / PER_WEEK) + state.demand;
  const notable = Math.max(1, Math.log10(perWeek / PER_WEEK) - NOTABLE_LOG10);
  if (heavy >= notable) {
    if (news) state.heard = heavy;
    state.heardMs = tMs;
  }
  const is = surprising >= begins;
  const open = state.open;
  if (open && !is) {
    if (tMs - open.toMs <= quietMs) return { score, abnormal: heavy >= notable, event: null };
    state.open = null;
    return { score, abnormal: false, event: { what: 'over', episode: published(open) } };
  }
  if (!is) return { score, abnormal: false, event: null };
  if (!open) {
    state.demand += GAIN;
    state.open = {
      fromMs: tMs,
      toMs: tMs,
      above,
      worst: value,
      worstMs: tMs,
      usual: band,
      score: Math.max(scoreOf(heavy), BEGINS_SCORE),
      alerts: 1,
      raised: Math.max(1, further(value, band)),
    };
    return { score: Math.max(score, BEGINS_SCORE), abnormal: true, event: { what: 'begun', episode: published(state.open) } };
  }
  open.toMs = tMs;
  if (further(value, band) > further(open.worst, open.usual))
    [open.worst, open.worstMs, open.usual, open.above] = [value, tMs, band, above];
  open.score = Math.max(open.score, scoreOf(heavy));
  // Someone is called again for what is twice as far off, not for a little more of the same.
  const distance = further(value, band);
  if (distance <= WORSE_TIMES * open.raised) return { score, abnormal: true, event: null };
  open.raised = distance;
  open.alerts++;
  return { score, abnormal: true, event: { what: 'worse', episode: published(open) } };
}

function further(value: number, band: Band | null): number {
  return band === null ? 0 : Math.abs(value - band.middle) / Math.max(band.upper - band.lower, 1e-12);
}

/** An episode as others see it: a copy. */
export function published({ raised: _, ...episode }: Episode & { raised: number }): Episode {
  return episode;
}
