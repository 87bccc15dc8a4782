/** The figures of a legend as they are shown, the same for every renderer. */
import type { GraphData } from './graph.ts';
import type { Unit } from './model.ts';
import { formatScaled, formatWith, scaleFor, type Scale } from './units.ts';

/** One scale for a whole legend, so that its figures can be compared; null where the small ones would drown in zeros. */
export function legendScale(data: GraphData): Scale | null {
  const scale = scaleFor(Math.max(0, ...data.lines.map((l) => l.stats.maximum ?? 0)), data.unit);
  const figures = data.lines.flatMap(({ stats: s }) => [s.current, s.average, s.minimum, s.maximum, s.p95]);
  const drowned = figures.some((value) => value !== null && value !== 0 && Math.abs(value / scale.divisor) < DROWNED);
  return drowned ? null : scale;
}
const DROWNED = 0.01;

/** A figure under the legend's scale; without one, or where it would drown under the cursor, with its own unit. */
export function legendFigure(value: number | null | undefined, scale: Scale | null, unit: Unit): string {
  if (value === null || value === undefined) return '–';
  const size = scale === null ? 0 : Math.abs(value / scale.divisor);
  return scale === null || (size > 0 && size < DROWNED) ? formatWith(value, unit) : formatScaled(value, scale);
}
