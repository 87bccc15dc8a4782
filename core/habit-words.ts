/** A habit in words: "Tuesday 03:00 usually 40.0–60.0 Mb/s; now 310". */
import type { Band } from './habit.ts';
import type { Episode } from './habit-episode.ts';
import { createWeekClock, hourOfWeekWords } from './habit-clock.ts';
import type { Unit } from './model.ts';
import { momentParts, monthOf } from './moments.ts';
import { formatDuration, formatScaled, scaleFor } from './units.ts';

/** What is usual at a moment and what is, in one scale. */
export function usualWords(tMs: number, zone: string, band: Band | null, value: number, unit: Unit): string {
  const hour = hourOfWeekWords(createWeekClock(zone)(tMs).hourOfWeek);
  const scale = scaleFor(Math.max(Math.abs(band?.lower ?? 0), Math.abs(band?.upper ?? 0), Math.abs(value)), unit);
  const now = formatScaled(value, scale);
  const withUnit = (text: string) => (scale.unit === '' ? text : `${text} ${scale.unit}`);
  if (band === null) return `${hour} what is usual is not known yet; now ${withUnit(now)}`;
  return `${hour} usually ${withUnit(`${formatScaled(band.lower, scale)}–${formatScaled(band.upper, scale)}`)}; now ${now}`;
}

/** One line for an episode: since when, how far. @param over false while it still runs */
export function episodeWords(episode: Episode, over: boolean, zone: string, unit: Unit): string {
  const p = momentParts(episode.fromMs, zone);
  const since = `${p['weekday']} ${p['day']} ${monthOf(p)} ${p['year']} ${p['hour']}:${p['minute']}`;
  const lasting = episode.toMs > episode.fromMs ? ` for ${formatDuration(episode.toMs - episode.fromMs)}` : '';
  const furthest = usualWords(episode.worstMs, zone, episode.usual, episode.worst, unit).replace('; now ', '; was ');
  return `${over ? 'From' : 'Since'} ${since}${lasting} unusually ${episode.above ? 'high' : 'low'}: ${furthest}.`;
}
