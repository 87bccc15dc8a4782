/** Which series an InfluxDB server holds, and how they are taken away. */
import { BIN_TIERS, TIERS, type DeviceId, type SeriesKey, type Tier } from '../../core/model.ts';
import type { Batch, SeriesStore, WriteResult } from '../../core/ports.ts';
import { fieldOf, GAP_SUFFIX } from '../server/line-protocol.ts';
import { ServerAway } from '../server/port.ts';
import { name, text, type Asking } from './asking.ts';
import { pairCondition, parts } from './reading.ts';

export interface ListingOptions {
  readonly asking: Asking;
  readonly org: string | null;
  readonly databaseOf: (tier: Tier) => string;
  readonly reading: Pick<SeriesStore, 'raw' | 'bins' | 'latest'>;
  readonly write: (batch: Batch) => Promise<WriteResult>;
}

const FIRST = '1677-09-22T00:00:00Z';
const LAST = '2262-04-11T00:00:00Z';

export function createListing({ asking, org, databaseOf, reading, write }: ListingOptions) {
  /** Fields of each family in a tier, without what is added to them. */
  const fieldsOf = async (tier: Tier): Promise<Map<string, string[]>> => {
    const found = new Map<string, string[]>();
    for (const { name: family, values } of await asking.query(databaseOf(tier), 'SHOW FIELD KEYS')) {
      const fields = values.map(([field]) => String(field));
      const of =
        tier === 'raw'
          ? fields.map((field) => withoutEnd(field, GAP_SUFFIX) ?? field)
          : fields.flatMap((field) => withoutEnd(field, '_known') ?? []);
      found.set(family, [...new Set(of)]);
    }
    return found;
  };
  /** Series of a tier that have something; of those whose raw records were all taken away more than that. */
  const inTier = async (tier: Tier, condition: string): Promise<Set<SeriesKey>> => {
    const keys = new Set<SeriesKey>();
    for (const [family, fields] of await fieldsOf(tier)) {
      for (const field of fields) {
        const columns = tier === 'raw' ? [field, field + GAP_SUFFIX] : [`${field}_known`];
        for (const column of columns) {
          const conditions = [condition, tier === 'raw' ? '' : `${name(column)} > 0`].filter((part) => part !== '');
          const answers = await asking.query(
            databaseOf(tier),
            `SELECT last(${name(column)}) FROM ${name(family)}${conditions.length > 0 ? ` WHERE ${conditions.join(' AND ')}` : ''} GROUP BY "device", "instance"`,
          );
          for (const { tags } of answers)
            keys.add(`${tags?.['device'] ?? ''}/${tags?.['instance'] ?? ''}/${family}.${fieldOf(field)}`);
        }
      }
    }
    return keys;
  };
  const keysWhere = async (condition: string): Promise<SeriesKey[]> => {
    const raw = [...(await inTier('raw', condition))];
    const latest = await reading.latest(raw);
    const found = new Set(raw.filter((_key, i) => latest[i] !== null));
    for (const tier of BIN_TIERS) for (const key of await inTier(tier, condition)) found.add(key);
    return [...found];
  };

  /** Everything under some tags. False where the version cannot do that. */
  const drop = async (families: readonly string[], tags: Readonly<Record<string, string>>): Promise<boolean> => {
    const version = await asking.version();
    if (version === 3) return false;
    for (const tier of TIERS) {
      for (const family of families) {
        if (version === 1) {
          const conditions = Object.entries(tags).map(([tag, value]) => `${name(tag)}=${text(value)}`);
          await asking.query(databaseOf(tier), `DROP SERIES FROM ${name(family)} WHERE ${conditions.join(' AND ')}`);
          continue;
        }
        const predicate = [
          `_measurement="${escape(family)}"`,
          ...Object.entries(tags).map(([tag, value]) => `${tag}="${escape(value)}"`),
        ].join(' AND ');
        const at = `/api/v2/delete?org=${encodeURIComponent(org ?? '')}&bucket=${encodeURIComponent(databaseOf(tier))}`;
        const { status } = await asking.json('POST', at, { start: FIRST, stop: LAST, predicate });
        if (status >= 300) throw new ServerAway(`InfluxDB does not delete (HTTP ${status}); the token must be allowed to write.`);
      }
    }
    return true;
  };
  /** Says of each point that it is no more: where others of its line must stay, or nothing can be deleted. */
  const mark = async (keys: readonly SeriesKey[]): Promise<void> => {
    for (const key of keys) {
      const { device } = parts(key);
      const series = [key];
      const [raw] = await reading.raw(series, -Infinity, Infinity);
      const gone = Array.from(raw?.tMs ?? [], (tMs) => ({
        device,
        tMs,
        intervalMs: 60_000,
        series,
        values: Float64Array.of(Infinity),
      }));
      const bins: Batch['bins'][number][] = [];
      for (const tier of BIN_TIERS) {
        const [stored] = await reading.bins(series, tier, -Infinity, Infinity, ['known']);
        const none = Float64Array.of(NaN);
        for (const tMs of stored?.tMs ?? [])
          bins.push({ tier, device, tMs, series, mean: none, min: none, max: none, known: Float64Array.of(0) });
      }
      const answer = await write({ raw: gone, bins });
      if (answer.result !== 'ok') throw new ServerAway(answer.reason);
    }
  };

  return {
    keys: () => keysWhere(''),
    async remove(series: readonly SeriesKey[]): Promise<void> {
      const wanted = new Set(series);
      for (const list of Map.groupBy(series.map(parts), ({ family, pair }) => `${family}\n${pair}`).values()) {
        const [first] = list;
        if (!first) continue;
        const there = (await keysWhere(pairCondition(first))).filter((key) => parts(key).family === first.family);
        const whole = there.every((key) => wanted.has(key));
        if (whole && (await drop([first.family], { device: first.device, instance: first.instance }))) continue;
        await mark(there.filter((key) => wanted.has(key)));
      }
    },
    async removeDevices(devices: readonly DeviceId[]): Promise<void> {
      const families = new Set<string>();
      for (const tier of TIERS) for (const family of (await fieldsOf(tier)).keys()) families.add(family);
      for (const device of devices) {
        if (await drop([...families], { device })) continue;
        await mark(await keysWhere(`"device"=${text(device)}`));
      }
    },
  };
}

function withoutEnd(text: string, end: string): string | null {
  return text.endsWith(end) ? text.slice(0, -end.length) : null;
}

const escape = (value: string) => value.replace(/[\\"]/g, '\\$&');
