/** The graph under construction lives in the address, as `g`; each change is a step that Back undoes. */
import type { BoardLine } from '../../core/dashboard.ts';
import { EXPLORE_LINES_MAX, exploreId, NOTHING_CHOSEN, parseExploreId, type ExploreSpec } from '../../core/explore.ts';
import { go } from '../live.ts';
import { withMore, type Route } from '../route.ts';
import { linesOf, sameLine, UNIT_WORDS, unitOf, type Measure, type Scope } from './measures.ts';

const PREFIX = 'explore~';

/** The spec of an address, and why it says nothing where it does not. */
export function specOf({ more }: Route): { readonly spec: ExploreSpec; readonly error: string | null } {
  const text = more['g'] ?? '';
  if (text === '') return { spec: NOTHING_CHOSEN, error: null };
  const read = parseExploreId(PREFIX + text);
  if (read && 'spec' in read) return { spec: read.spec, error: null };
  return { spec: NOTHING_CHOSEN, error: read?.error ?? null };
}

/** What stands in the address for a spec; '' for one with nothing on it. */
export const textOf = (spec: ExploreSpec): string => (spec.lines.length === 0 ? '' : exploreId(spec).slice(PREFIX.length));

export const idOf = (route: Route): string => PREFIX + (route.more['g'] ?? '');

export function change(route: Route, spec: ExploreSpec): void {
  go(withMore(route, { g: textOf(sound(spec)), of: '' }));
}

/** What no longer fits when lines have changed is let go of. */
function sound(spec: ExploreSpec): ExploreSpec {
  const sums = spec.lines.every(({ aggregate, per }) => aggregate === 'sum' && per === null);
  return {
    ...spec,
    limit: spec.limit === 'capacity' && !sums ? null : spec.limit,
    difference: spec.difference && spec.compare !== null,
  };
}

export const withLine = (spec: ExploreSpec, at: number, changes: Partial<BoardLine>): ExploreSpec => ({
  ...spec,
  lines: spec.lines.map((line, i) => (i === at ? { ...line, ...changes } : line)),
});

export const withoutLine = (spec: ExploreSpec, at: number): ExploreSpec => ({
  ...spec,
  lines: spec.lines.filter((_, i) => i !== at),
});

/** All its lines are on the graph. */
export function isPicked({ lines }: ExploreSpec, scope: Scope, measure: Measure): boolean {
  return linesOf(scope, measure).every((line) => lines.some((one) => sameLine(one, line)));
}

/** Adds what is not there, or takes away what is. */
export function toggled(spec: ExploreSpec, scope: Scope, measure: Measure): ExploreSpec {
  const own = linesOf(scope, measure);
  const others = spec.lines.filter((one) => !own.some((line) => sameLine(one, line)));
  return { ...spec, lines: isPicked(spec, scope, measure) ? others : [...others, ...own] };
}

/** Why a measure cannot be added just now; '' = it can. */
export function whyNot({ lines }: ExploreSpec, measure: Measure): string {
  const [first] = lines;
  const unit = first && unitOf(first);
  const own = measure.lines.map(({ metric, per = null }) => unitOf({ metric, per }))[0];
  if (unit !== undefined && own !== undefined && own !== unit)
    return `The graph is in ${UNIT_WORDS[unit] ?? unit}: it has one unit.`;
  if (lines.length + measure.lines.length > EXPLORE_LINES_MAX) return `A graph has at most ${EXPLORE_LINES_MAX} lines.`;
  return '';
}

const FACTORS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };
/** "800M contract" as a threshold: a number, perhaps k, M, G, T or %, and what it is; null if it is none. */
export function thresholdOf(text: string): { readonly value: number; readonly label: string } | null {
  const [, number = '', unit = '', label = ''] = /^\s*(\d+(?:[.,]\d+)?)\s*([kmgt%]?)(?:\s+(.{1,64}))?\s*$/i.exec(text) ?? [];
  const factor = unit === '%' ? 0.01 : (FACTORS[unit.toLowerCase()] ?? NaN);
  const value = number === '' ? NaN : Number(number.replace(',', '.')) * factor;
  return value > 0 && value <= 1e18 ? { value, label: label.trim() } : null;
}
