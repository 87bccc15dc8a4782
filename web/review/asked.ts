/** What a review is of, as the address says it, and as the server is asked. */
import type { DeviceView } from '../../core/api.ts';
import { REVIEW_SETS } from '../../core/review-metrics.ts';
import { REVIEW_PERIODS, type ReviewPeriod } from '../../core/review.ts';
import type { Route } from '../route.ts';

export interface AskedReview {
  readonly period: ReviewPeriod;
  /** A day in the period; '' = now. */
  readonly at: string;
  readonly metrics: readonly string[];
  readonly site: string;
  readonly tag: string;
  readonly device: string;
  readonly name: string;
}

export function askedReview({ more }: Route): AskedReview {
  const own = (more['metric'] ?? '').split(',').filter(Boolean);
  return {
    period: REVIEW_PERIODS.find((one) => one === more['period']) ?? 'week',
    at: more['at'] ?? '',
    metrics: own.length > 0 ? own : (REVIEW_SETS[0]?.metrics ?? []),
    site: more['site'] ?? '',
    tag: more['tag'] ?? '',
    device: more['device'] ?? '',
    name: more['name'] ?? '',
  };
}

/** Query parameters of the API. */
export function reviewQuery({ period, at, metrics, site, tag, device, name }: AskedReview) {
  const select = Object.fromEntries(
    Object.entries({ site, tag, device: part(device), name: part(name) }).filter(([, text]) => text !== ''),
  );
  return {
    period,
    ...(at === '' ? {} : { at }),
    ...(Object.keys(select).length === 0 ? {} : { select: JSON.stringify(select) }),
    metric: metrics,
  };
}

/** A word means whatever has it in its name; a pattern means itself. */
function part(text: string): string {
  return text === '' || /[*?]/.test(text) ? text : `*${text}*`;
}

/** Sites and tags that devices have, in the order of their names. */
export function placesOf(devices: readonly DeviceView[]): { sites: string[]; tags: string[] } {
  const sorted = (texts: Iterable<string>) => [...new Set(texts)].filter(Boolean).sort((a, b) => a.localeCompare(b, 'en'));
  return { sites: sorted(devices.map(({ site }) => site)), tags: sorted(devices.flatMap(({ tags }) => tags)) };
}

/** The day in `zone` of a moment, as the address holds it: 2026-03-16. */
export function dayOf(ms: number, zone: string): string {
  const p = Object.fromEntries(
    new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' })
      .formatToParts(ms)
      .map(({ type, value }) => [type, value]),
  );
  return `${p['year']}-${p['month']}-${p['day']}`;
}
