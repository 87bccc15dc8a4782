/** What goes with a device, in words. */
import type { InstanceView } from '../../core/api.ts';
import { count, day } from '../words.ts';

/** "the history of 34 series since 3 Jun 2021" */
export function lostHistory(instances: readonly InstanceView[], zone: string): string {
  const series = instances.reduce((sum, { metrics }) => sum + metrics.length, 0);
  if (series === 0) return 'its settings; it has no history yet';
  return `the history of ${count(series, 'series', 'series')} since ${day(Math.min(...instances.map((i) => i.firstSeenMs)), zone)}`;
}
