/** The range of a request, checked, or a refusal in one sentence. */
import { Type } from 'typebox';
import { parseRange, parseTime, RANGE_MAX_MS } from '../core/time-range.ts';
import { badRequest, quoted } from './problem.ts';

const TIME_TEXT = 'Unix seconds, an ISO time, a date, or relative to now: -1d, now-7d.';
export const rangeQuery = {
  from: Type.Optional(
    Type.String({
      maxLength: 64,
      description: `Begin: ${TIME_TEXT} A whole range ("last 3d", "2026-03") without \`to\`. One day ago unless told.`,
    }),
  ),
  to: Type.Optional(Type.String({ maxLength: 64, description: `End: ${TIME_TEXT} Now unless told.` })),
};
export interface RangeQuery {
  readonly from?: string;
  readonly to?: string;
}

/** Greatest span of an answer, also enforced where the text is parsed. */
export function rangeOf(query: RangeQuery, nowMs: number, zone: string): { fromMs: number; toMs: number } {
  const range = parseRange(query.from ?? (query.to === undefined ? undefined : '-1d'), query.to, nowMs, zone);
  if ('error' in range) throw badRequest(range.error);
  if (range.toMs - range.fromMs > RANGE_MAX_MS) throw badRequest('The range is longer than 200 years: choose a shorter one.');
  return range;
}

/** A single moment, for open-ended ranges; undefined when not given. */
export function momentOf(text: string | undefined, nowMs: number, zone: string): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseTime(text, nowMs, zone);
  if (ms === null) throw badRequest(`${quoted(text)} is not a time: give ${TIME_TEXT}`);
  return ms;
}
