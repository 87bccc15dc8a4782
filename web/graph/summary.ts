/** A graph in words, and its figures as the legend shows them. */
import { QUANTILE } from '../../core/forecast/model.ts';
import { futureAt } from '../../core/graph-future.ts';
import type { GraphData } from '../../core/graph.ts';
import { formatDuration, formatWith } from '../../core/units.ts';
import { count, moment } from '../words.ts';
import { gapAt } from './gaps.ts';

/** What a person who does not see the graph should know of it. */
export function summary(data: GraphData): string {
  const { title, subtitle, lines, gaps, partial, note, unit, zone, fromMs, toMs, stepMs } = data;
  const name = subtitle === '' ? title : `${title}, ${subtitle}`;
  const range = `from ${moment(fromMs, zone, stepMs)} to ${moment(toMs, zone, stepMs)}`;
  const parts = lines.map(({ label, stats, bound }) => {
    if (stats.average === null) return `${label}: nothing known`;
    const p95 = stats.p95 === null ? '' : `, 95th ${formatWith(stats.p95, unit)}`;
    return `${label}: current ${formatWith(stats.current, unit)}, average ${formatWith(stats.average, unit)}, maximum ${bound.maximum ? 'at most ' : ''}${formatWith(stats.maximum, unit)}${p95}`;
  });
  const missing = gaps.reduce((sum, g) => sum + g.toMs - g.fromMs, 0);
  const holes = gaps.length === 0 ? '' : ` ${count(gaps.length, 'gap')}, together ${formatDuration(missing)}.`;
  const lacking = partial.length === 0 ? '' : ` ${partialWords(data).join('. ')}.`;
  const events = eventsInWords(data);
  const happened = events.length === 0 ? '' : ` What happened: ${events.join(' ')}`;
  const told = [note, data.habit ?? ''].map((text) => (text === '' ? '' : ` ${text}`)).join('');
  return `${name}, ${range}. ${parts.length === 0 ? '' : `${parts.join('. ')}.`}${holes}${lacking}${happened}${told}`;
}

const PARTIAL_SHOWN = 5;
/** Stretches in which not all was known, the newest first: "Thu 12 Nov 10:30 to 11:00: 1 of 3 unknown: web03". */
export function partialWords({ partial, zone, stepMs }: GraphData): string[] {
  const shown = partial
    .slice(-PARTIAL_SHOWN)
    .reverse()
    .map(({ fromMs, toMs, text }) => `${moment(fromMs, zone, stepMs)} to ${moment(toMs, zone, stepMs)}: ${text}`);
  const more = partial.length - shown.length;
  return more > 0 ? [...shown, `and ${count(more, 'stretch', 'stretches')} more before`] : shown;
}

/** What was unknown in a slot that is known in part; undefined when all was known. */
export function partialAt({ partial, tMs, stepMs }: GraphData, slot: number): string | undefined {
  const from = tMs[slot] ?? NaN;
  return partial.find((one) => one.fromMs < from + stepMs && one.toMs > from)?.text;
}

const EVENTS_SHOWN = 5;
/** What happened, the newest first: "Thu 12 Nov 10:30: The device restarted." */
export function eventsInWords({ events = [], moreEvents = '', zone, stepMs }: GraphData): string[] {
  const shown = events
    .slice(-EVENTS_SHOWN)
    .reverse()
    .map(({ tMs, text }) => `${moment(tMs, zone, stepMs)}: ${text}`);
  const marked = events.length - shown.length;
  const more = [marked > 0 ? `${count(marked, 'more mark')} before` : '', moreEvents].filter((part) => part !== '');
  return more.length === 0 ? shown : [...shown, `${more.join(', ')}.`];
}

/** What happened in a slot; undefined when nothing did. */
export function eventAt({ events = [], tMs, stepMs }: GraphData, slot: number): string | undefined {
  const from = tMs[slot] ?? NaN;
  return events.find((one) => one.tMs >= from && one.tMs < from + stepMs)?.text;
}

/** "Thu 12 Nov 10:30: in 6.44 Gb/s, out 2.32 Gb/s", or why nothing is known there. */
export function cursorWords(data: GraphData, slot: number): string {
  const tMs = data.tMs[slot];
  if (tMs === undefined) return 'no data';
  const time = moment(tMs, data.zone, data.stepMs);
  // Mostly it is just then that nothing is known: a restart stands in its own gap.
  const happened = eventAt(data, slot);
  return [`${time}: ${knownWords(data, slot)}`, happened].filter((part) => part !== undefined).join('; ');
}

function knownWords(data: GraphData, slot: number): string {
  const may = futureAt(data, slot);
  if (may) {
    const [low, middle, high] = [QUANTILE.Q10, QUANTILE.Q50, QUANTILE.Q90].map((q) => formatWith(may[q] ?? null, data.unit));
    return `most likely ${middle}, 8 in 10 between ${low} and ${high}`;
  }
  const known = data.lines.filter((l) => l.mean[slot] !== null && l.mean[slot] !== undefined);
  if (known.length === 0) return gapAt(data, slot)?.text ?? 'no data';
  const lacking = partialAt(data, slot);
  const values = known.map((l) => `${l.label} ${formatWith(l.mean[slot] ?? null, data.unit)}`).join(', ');
  return lacking === undefined ? values : `${values}; ${lacking}`;
}
