/** Which series the server has, and what must go from it. */
import { splitSeriesKey, TIERS, type DeviceId, type SeriesKey, type Tier } from '../../core/model.ts';
import type { Asking } from './asking.ts';
import { allNames, keyOf, type Labels } from './naming.ts';
import { escapeRegex, quoted, selectorsOf } from './selectors.ts';

export interface ListingOptions {
  readonly asking: Asking;
  readonly prefix: string;
  readonly readUrl: (tier: Tier) => string;
  readonly deleteUrl: (tier: Tier) => string;
}

export interface Listing {
  /** Every series that has anything in any tier. */
  keys(): Promise<SeriesKey[]>;
  remove(series: readonly SeriesKey[]): Promise<void>;
  removeDevices(devices: readonly DeviceId[]): Promise<void>;
}

const EVER = [
  ['start', '1970-01-01T00:00:00.001Z'],
  ['end', '2200-01-01T00:00:00.000Z'],
] as const;
/** Devices asked about together: a server lists 30,000 names at most (-search.maxSeries). */
const DEVICES_AT_ONCE = 16;
const SELECTORS_AT_ONCE = 100;

export function createListing({ asking, prefix, readUrl, deleteUrl }: ListingOptions): Listing {
  /** Of a bin tier one name says as much as four. */
  const namesOf = (tier: Tier) =>
    `__name__=~${quoted(`${escapeRegex(`${prefix}_${tier}_`)}.+${tier === 'raw' ? '' : '_known'}`)}`;
  const values = async <T>(url: string, parameters: readonly (readonly [string, string])[]): Promise<T[]> => {
    const { data } = (await asking.json(url, [...parameters, ...EVER])) as { data?: T[] };
    return data ?? [];
  };
  const labelsOf = async (tier: Tier, devices: readonly string[]): Promise<Labels[]> => {
    const match = `{${namesOf(tier)},device=~${quoted(devices.map(escapeRegex).join('|'))}}`;
    try {
      return await values<Labels>(`${readUrl(tier)}/api/v1/series`, [['match[]', match]]);
    } catch (error) {
      // Too many names for one answer: half of the devices at a time.
      if (devices.length === 1 || !/maxSeries|maxUniqueTimeseries|more than|too many/i.test(String(error))) throw error;
      const middle = devices.length >> 1;
      return [...(await labelsOf(tier, devices.slice(0, middle))), ...(await labelsOf(tier, devices.slice(middle)))];
    }
  };
  const forget = async (url: string, selectors: readonly string[]) => {
    for (let from = 0; from < selectors.length; from += SELECTORS_AT_ONCE) {
      const part = selectors.slice(from, from + SELECTORS_AT_ONCE);
      await asking.text(
        `${url}/api/v1/admin/tsdb/delete_series`,
        part.map((text) => ['match[]', text] as const),
      );
    }
  };
  /** Tiers that are deleted at one place, together. */
  const byPlace = (): [string, Tier[]][] => [...Map.groupBy(TIERS, deleteUrl)];

  return {
    async keys() {
      const found = new Set<SeriesKey>();
      for (const tier of TIERS) {
        const devices = await values<string>(`${readUrl(tier)}/api/v1/label/device/values`, [['match[]', `{${namesOf(tier)}}`]]);
        for (let from = 0; from < devices.length; from += DEVICES_AT_ONCE) {
          for (const labels of await labelsOf(tier, devices.slice(from, from + DEVICES_AT_ONCE))) {
            const key = keyOf(prefix, tier, labels);
            if (key !== null) found.add(key);
          }
        }
      }
      return [...found];
    },
    async remove(series) {
      for (const key of series) splitSeriesKey(key);
      for (const [url, tiers] of byPlace()) {
        const names = (metric: Parameters<typeof allNames>[2]) => tiers.flatMap((tier) => allNames(prefix, tier, metric));
        await forget(url, selectorsOf(series, names, false));
      }
    },
    async removeDevices(devices) {
      for (const [url, tiers] of byPlace()) {
        const names = quoted(`${escapeRegex(prefix)}_(${tiers.join('|')})_.+`);
        await forget(
          url,
          devices.map((device) => `{__name__=~${names},device=${quoted(device)}}`),
        );
      }
    },
  };
}
