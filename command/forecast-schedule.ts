/** When forecasts are made: every night, by the clocks of the zone. */
import { scheduleJob, type Job } from 'node-schedule';
import type { House } from './house.ts';
import { errorText } from './log.ts';

const DAY_MINUTES = 24 * 60;

/** What fails is logged and tried again in the next night. Who cancels need not wait: closing the house does. */
export function scheduleForecasts({ config, keepForecasts, log }: Pick<House, 'config' | 'keepForecasts' | 'log'>): {
  cancel(): void;
} {
  const nightly = daily(config.capacityRounds.nightlyMinute, config.server.zone, () => {
    keepForecasts().catch((error: unknown) =>
      log.error('The forecasts of this night could not be made; the page makes them when it is asked.', {
        error: errorText(error),
      }),
    );
  });
  return { cancel: () => void nightly.cancel() };
}

/** @param minute after midnight; more than a day holds is that of the next day */
export function daily(minute: number, zone: string, work: () => void): Job {
  const at = minute % DAY_MINUTES;
  return scheduleJob({ rule: `${at % 60} ${Math.floor(at / 60)} * * *`, tz: zone }, work);
}
