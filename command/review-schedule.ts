/** When reviews are made: at the start, for what was missed, and every hour, so that each zone has its midnight. */
import { scheduleJob } from 'node-schedule';
import type { House } from './house.ts';
import { errorText } from './log.ts';

/** A while after the hour: the last samples of a period are sealed by then. */
const HOURLY = '10 * * * *';

export interface ReviewSchedule {
  cancel(): void;
}

/** Begins now; what fails is logged and tried again in an hour. Who cancels need not wait: closing the house does. */
export function scheduleReviews(house: Pick<House, 'config' | 'keepReviews' | 'log'>): ReviewSchedule {
  if (house.config.reviews.length === 0) return { cancel: () => undefined };
  const keep = () => {
    house
      .keepReviews()
      .catch((error: unknown) => house.log.error('The reviews that are due could not be kept.', { error: errorText(error) }));
  };
  keep();
  const hourly = scheduleJob(HOURLY, keep);
  return { cancel: () => void hourly.cancel() };
}
