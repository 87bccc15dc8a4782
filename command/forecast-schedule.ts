/** When forecasts are made: every night, by the clocks of the zone. */
import { scheduleJob } from 'node-schedule';
import type { House } from './house.ts';
import { errorText } from './log.ts';

/** After the last bins of the day before are sealed, and before anybody comes to work. */
const NIGHTLY = '0 4 * * *';

/** What fails is logged and tried again in the next night. Who cancels need not wait: closing the house does. */
export function scheduleForecasts({ config, keepForecasts, log }: Pick<House, 'config' | 'keepForecasts' | 'log'>): {
  cancel(): void;
} {
  const nightly = scheduleJob({ rule: NIGHTLY, tz: config.server.zone }, () => {
    keepForecasts().catch((error: unknown) =>
      log.error('The forecasts of this night could not be made; the page makes them when it is asked.', {
        error: errorText(error),
      }),
    );
  });
  return { cancel: () => void nightly.cancel() };
}
