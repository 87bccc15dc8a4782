/** Reviews of a configuration file become trusted ones. */
import type { Fail } from '../config.ts';
import { METRIC_UNITS } from '../core/metrics.ts';
import type { MetricName } from '../core/model.ts';
import type { ScheduledReview } from '../core/review-due.ts';
import { visible } from '../core/text.ts';
import { selectorOf } from './dashboard-file.ts';
import type { ReviewEntry } from './review-schema.ts';

const METRICS: readonly MetricName[] = ['interface.in_bps', 'interface.out_bps'];
const KEEP = 12;

/**
 * @param entries a faulty one may lack any key: its fault is named already
 * @param zone of the server, for reviews that name none
 */
export function trustReviews(
  entries: readonly Partial<ReviewEntry>[],
  zone: string,
  isTimeZone: (zone: string) => boolean,
  fail: Fail,
): ScheduledReview[] {
  const seen = new Map<string, number>();
  return entries.map((entry, i): ScheduledReview => {
    const name = visible(entry.name ?? '');
    const first = seen.get(name);
    if (entry.name !== undefined && first !== undefined)
      fail(['reviews', i, 'name'], `${JSON.stringify(name)} is the name of reviews[${first}] already; names are unique`);
    else seen.set(name, i);
    if (entry.zone !== undefined && !isTimeZone(entry.zone))
      fail(['reviews', i, 'zone'], 'must be a time zone such as Europe/Paris or UTC');
    const given = entry.metric ?? METRICS;
    const metrics = [...new Set((typeof given === 'string' ? [given] : given) as readonly MetricName[])];
    const units = new Set(metrics.flatMap((metric) => METRIC_UNITS.get(metric) ?? []));
    if (units.size > 1)
      fail(['reviews', i, 'metric'], `must be of one unit, and these are in ${[...units].join(' and ')}; make two reviews of it`);
    return {
      name,
      every: entry.every ?? 'week',
      select: selectorOf(entry.select),
      metrics,
      zone: entry.zone ?? zone,
      keep: entry.keep ?? KEEP,
    };
  });
}
