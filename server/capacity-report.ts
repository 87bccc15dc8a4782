/** Makes the monthly capacity report, and keeps one file a month in the folder of reports. */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import Value from 'typebox/value';
import type { Forecasts } from '../core/capacity.ts';
import { CapacityReport, capacityReport, lastMonth, reportSeries } from '../core/capacity-report.ts';
import type { Clock, Log } from '../core/ports.ts';
import { absent, firstBytes, parsed, writeWhole } from './review-archive.ts';

const FILE = /^capacity~(\d{4}-\d{2})\.json$/;
const FILE_BYTES_MAX = 4 * 1024 * 1024;
/** Ten years. */
const KEPT_MAX = 120;
const AHEAD_DAYS = 70;

export interface CapacityReports {
  /** Months of which a report is kept, the newest first. */
  list(): Promise<string[]>;
  /** Null when there is none, or it cannot be read. */
  read(month: string): Promise<CapacityReport | null>;
  /** The report of the last month, from what is known now; not kept. */
  make(): Promise<CapacityReport>;
  /** Makes and keeps that of the last month if there is none yet. @returns null = nothing was due */
  readonly keep: () => Promise<CapacityReport | null>;
  /** Resolves when nothing is being kept. */
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

  const keepDue = async (): Promise<CapacityReport | null> => {
    const { id } = lastMonth(clock.nowMs(), zone);
    if (folder === null || (await reports.list()).includes(id)) return null;
    await forecasts.idle();
    const report = await reports.make();
    // Without anything that can fill there is nothing to report; a round that was broken off is due again.
    if (report.rows.length === 0 || ending()) return null;
    await mkdir(folder, { recursive: true });
    await writeWhole(path(report.id), JSON.stringify(report));
    for (const month of (await reports.list()).slice(KEPT_MAX)) await rm(path(month), { force: true });
    log.info(`The capacity report of ${report.month} was made and is kept.`);
    return report;
  };

  const reports: CapacityReports = {
    async list() {
      const names = folder === null ? [] : ((await readdir(folder).catch(absent)) ?? []);
      return names.flatMap((file) => FILE.exec(file)?.[1] ?? []).sort((a, b) => (a < b ? 1 : -1));
    },
    async read(month) {
      if (folder === null || !/^\d{4}-\d{2}$/.test(month)) return null;
      const text = await firstBytes(path(month), FILE_BYTES_MAX);
      const report = text === null ? null : parsed(text);
      if (Value.Check(CapacityReport, report)) return report;
      if (text !== null) log.warn(`The kept capacity report of ${month} cannot be read.`);
      return null;
    },
    async make() {
      const nowMs = clock.nowMs();
      const { fromMs } = lastMonth(nowMs, zone);
      const before = await reports.read(lastMonth(fromMs, zone).id);
      const { rows } = await forecasts.rows();
      const wholes = [];
      for (const series of reportSeries(rows, before)) {
        if (ending()) break;
        const whole = await forecasts.of(series, { horizonDays: AHEAD_DAYS });
        if (whole) wholes.push(whole);
      }
      return capacityReport(wholes, before, { nowMs, zone, total: rows.length });
    },
    keep: () => (working ??= keepDue().finally(() => (working = null))),
    idle: async () => void (await working),
  };
  return reports;
}
