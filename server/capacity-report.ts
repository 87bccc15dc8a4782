/** Keeps the monthly capacity report, one file a month in the folder of reports. */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import Value from 'typebox/value';
import type { Forecasts } from '../core/capacity.ts';
import { CapacityReport, lastMonth } from '../core/capacity-report.ts';
import type { Clock, Log } from '../core/ports.ts';
import { createCapacityReportMaking } from './capacity-report-making.ts';
import { absent, firstBytes, parsed, writeWhole } from './review-archive.ts';

const MONTH = /^\d{4}-(?:0[1-9]|1[0-2])$/;
const FILE = /^capacity~(.{7})\.json$/;
const FILE_BYTES_MAX = 4 * 1024 * 1024;
/** Ten years. */
const KEPT_MAX = 120;
/** With less of what it is to be made of, a report waits for the next day. */
const MISSING_SHARE_MAX = 0.1;

export interface CapacityReports {
  /** Months of which a report is kept, the newest first. */
  list(): Promise<string[]>;
  /** Null when there is none, or it cannot be read. */
  read(month: string): Promise<CapacityReport | null>;
  /** The month that is over, whether or not its report is kept. */
  last(): Pick<CapacityReport, 'id' | 'month'>;
  /** The report of the last month, from what is ready within some seconds; not kept. */
  make(): Promise<CapacityReport>;
  /** Makes and keeps that of the last month if there is none yet. @returns null = nothing was due */
  readonly keep: () => Promise<CapacityReport | null>;
  /** Resolves when nothing is being made or kept. */
  readonly idle: () => Promise<void>;
}

export interface CapacityReportsDeps {
  readonly folder: string | null;
  readonly forecasts: Forecasts;
  readonly clock: Clock;
  readonly zone: string;
  readonly ending: () => boolean;
  readonly log: Log;
}

export function createCapacityReports({ folder, forecasts, clock, zone, ending, log }: CapacityReportsDeps): CapacityReports {
  const path = (month: string) => join(folder ?? '', `capacity~${month}.json`);
  let working: Promise<CapacityReport | null> | null = null;

  const making = createCapacityReportMaking({ forecasts, clock, zone, ending, log, read: (month) => reports.read(month) });

  const keepDue = async (): Promise<CapacityReport | null> => {
    const { id } = lastMonth(clock.nowMs(), zone);
    if (folder === null || (await reports.list()).includes(id)) return null;
    await forecasts.idle();
    const { report, missing } = await making.whole();
    // A round that was broken off is due again.
    if (ending()) return null;
    if (missing.count > MISSING_SHARE_MAX * (missing.of ?? 0))
      throw new Error(`${missing.count} of ${missing.of ?? 0} forecasts for the report could not be made`);
    // Without anything that can fill there is nothing to report.
    if (report.rows.length === 0) return null;
    await mkdir(folder, { recursive: true });
    await writeWhole(path(report.id), JSON.stringify(report));
    for (const month of (await reports.list()).slice(KEPT_MAX)) await rm(path(month), { force: true });
    log.info(`The capacity report of ${report.month} was made and is kept.`);
    return report;
  };

  const reports: CapacityReports = {
    async list() {
      const names = folder === null ? [] : ((await readdir(folder).catch(absent)) ?? []);
      return names.flatMap((file) => FILE.exec(file)?.[1]?.match(MONTH)?.[0] ?? []).sort((a, b) => (a < b ? 1 : -1));
    },
    async read(month) {
      if (folder === null || !MONTH.test(month)) return null;
      const text = await firstBytes(path(month), FILE_BYTES_MAX);
      const report = text === null ? null : parsed(text);
      if (Value.Check(CapacityReport, report)) return report;
      if (text !== null) log.warn(`The kept capacity report of ${month} cannot be read.`);
      return null;
    },
    last() {
      const { id, month } = lastMonth(clock.nowMs(), zone);
      return { id, month };
    },
    make: () => making.now(),
    keep: () => (working ??= keepDue().finally(() => (working = null))),
    async idle() {
      await working;
      await making.idle();
    },
  };
  return reports;
}
