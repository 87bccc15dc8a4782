/** When the monthly capacity report is made: in the morning of every day on which that of the last month is missing. */
import { scheduleJob } from 'node-schedule';
import type { House } from './house.ts';
import { errorText } from './log.ts';

/** After the forecasts of the night. Every day, so that a failure or an absence on the first is made up for. */
const DAILY = '0 6 * * *';

/** What fails is logged and tried again in a day. Who cancels need not wait: closing the house does. */
export function scheduleCapacityReports({
  config,
  keepCapacityReport,
  log,
}: Pick<House, 'config' | 'keepCapacityReport' | 'log'>): { cancel(): void } {
  const daily = scheduleJob({ rule: DAILY, tz: config.server.zone }, () => {
    keepCapacityReport().catch((error: unknown) =>
      log.error('The capacity report of the last month could not be kept; it is tried again in a day.', {
        error: errorText(error),
      }),
    );
  });
  return { cancel: () => void daily.cancel() };
}
