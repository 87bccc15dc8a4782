/** When the monthly capacity report is made: in the morning of every day on which that of the last month is missing. */
import { daily } from './forecast-schedule.ts';
import type { House } from './house.ts';
import { errorText } from './log.ts';

/** What a night's forecasts may take. */
const AFTER_MINUTES = 120;

/**
 * Every day, so that a failure or an absence on the first is made up for; what fails is logged and tried again in a day. Who
 * cancels need not wait: closing the house does.
 */
export function scheduleCapacityReports({
  config,
  keepCapacityReport,
  log,
}: Pick<House, 'config' | 'keepCapacityReport' | 'log'>): { cancel(): void } {
  const { report, nightlyMinute } = config.capacityRounds;
  if (!report) return { cancel: () => undefined };
  const job = daily(nightlyMinute + AFTER_MINUTES, config.server.zone, () => {
    keepCapacityReport().catch((error: unknown) =>
      log.error('The capacity report of the last month could not be kept; it is tried again in a day.', {
        error: errorText(error),
      }),
    );
  });
  return { cancel: () => void job.cancel() };
}
