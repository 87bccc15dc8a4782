/**
 * For stores that cannot replace anything: a bin that was sealed while its series was silent must not be
 * written again when a sample reaches back into it after all.
 */
import type { BinRow } from '../../core/ports.ts';
import { splitSeriesKey, type BinTier, type DeviceId, type SeriesKey } from '../../core/model.ts';

export interface Once {
  /** Notes bins that are written without their end having been seen. */
  sealed(rows: readonly BinRow[]): void;
  /** The rows without what was sealed before. */
  strip(rows: readonly BinRow[]): readonly BinRow[];
}

/** What a store needs that replaces: nothing. */
export const ANY_NUMBER_OF_TIMES: Once = { sealed: () => undefined, strip: (rows) => rows };

export function createOnce(): Once {
  /** By device, so that rows of all others cost nothing: of each series and tier the start of the bin that was sealed last. */
  const devices = new Map<DeviceId, Map<`${BinTier} ${SeriesKey}`, number>>();
  return {
    sealed(rows) {
      for (const { tier, tMs, series, known } of rows) {
        let at = 0;
        for (const key of series) {
          if (!((known[at++] ?? NaN) > 0)) continue;
          const { device } = splitSeriesKey(key);
          const found = devices.get(device) ?? new Map<`${BinTier} ${SeriesKey}`, number>();
          found.set(`${tier} ${key}`, Math.max(tMs, found.get(`${tier} ${key}`) ?? -Infinity));
          devices.set(device, found);
        }
      }
    },
    strip(rows) {
      return rows.map((row) => {
        const sealed = devices.get(row.device);
        if (!sealed) return row;
        let known: Float64Array | null = null;
        let at = 0;
        for (const key of row.series) {
          const last = sealed.get(`${row.tier} ${key}`);
          if (last !== undefined && row.tMs <= last) (known ??= row.known.slice())[at] = NaN;
          // Time goes on: what comes from here on is later than what was sealed.
          else if (last !== undefined && (row.known[at] ?? NaN) > 0) sealed.delete(`${row.tier} ${key}`);
          at++;
        }
        if (sealed.size === 0) devices.delete(row.device);
        return known ? { ...row, known } : row;
      });
    },
  };
}
