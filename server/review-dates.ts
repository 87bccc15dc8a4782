/** The day by which a review is filed. */
import type { ReviewView } from '../core/review-view.ts';

/** First day of what is reviewed, in its zone: 2026-03-16. */
export function dateOf({ spans, zone }: Pick<ReviewView, 'spans' | 'zone'>): string {
  const first = Temporal.Instant.fromEpochMilliseconds(spans[0]?.fromMs ?? 0);
  return first.toZonedDateTimeISO(zone).toPlainDate().toString();
}
