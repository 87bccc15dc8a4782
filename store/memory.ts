/** A store that keeps everything in maps: simple and exact, for tests and as the model of the others. */
import { splitSeriesKey, type BinTier, type SeriesKey, type Tier, type TierSpec } from '../core/model.ts';
import type { BinColumns, RawColumns, SeriesStore } from '../core/ports.ts';
import { TIER_STEP_MS } from '../core/model.ts';

interface StoredBin {
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  readonly known: number;
}

interface Kept {
  readonly raw: Map<number, number>;
  readonly bins: Record<BinTier, Map<number, StoredBin>>;
}

/** A `SeriesStore` without a file; its contents end with it. */
export function createMemoryStore(): SeriesStore {
  const kept = new Map<SeriesKey, Kept>();
  let retention = new Map<Tier, number | null>();

  const of = (series: SeriesKey): Kept => {
    let entry = kept.get(series);
    if (!entry) {
      entry = { raw: new Map(), bins: { '5m': new Map(), '1h': new Map(), '1d': new Map() } };
      kept.set(series, entry);
    }
    return entry;
  };

  return {
    async ensureTiers(tiers: readonly TierSpec[]) {
      retention = new Map(tiers.map((spec) => [spec.tier, spec.retentionMs]));
    },
    async write(batch) {
      for (const row of [...batch.raw, ...batch.bins]) {
        const stranger = [...row.series].find((series) => splitSeriesKey(series).device !== row.device);
        if (stranger !== undefined)
          return { result: 'rejected', reason: `The series ${stranger} is not of device ${row.device}.` };
      }
      for (const row of batch.raw) {
        [...row.series].forEach((series, i) => {
          const value = row.values[i] ?? NaN;
          if (value === Infinity) of(series).raw.delete(row.tMs);
          else of(series).raw.set(row.tMs, value);
        });
      }
      for (const row of batch.bins) {
        [...row.series].forEach((series, i) => {
          const known = row.known[i] ?? NaN;
          const bins = of(series).bins[row.tier];
          if (known === 0) bins.delete(row.tMs);
          else if (known > 0)
            bins.set(row.tMs, { mean: row.mean[i] ?? NaN, min: row.min[i] ?? NaN, max: row.max[i] ?? NaN, known });
        });
      }
      return { result: 'ok' };
    },
    async raw(series, fromMs, toMs) {
      return series.map((key): RawColumns => {
        const entries = sorted(kept.get(key)?.raw);
        const inside = entries.filter(([t]) => t > fromMs && t <= toMs);
        const before = entries.findLast(([t]) => t <= fromMs);
        return {
          tMs: Float64Array.from(inside, ([t]) => t),
          value: Float64Array.from(inside, ([, value]) => value),
          previousMs: before?.[0] ?? null,
        };
      });
    },
    async bins(series, tier, fromMs, toMs) {
      const stepMs = TIER_STEP_MS[tier];
      return series.map((key): BinColumns => {
        const inside = sorted(kept.get(key)?.bins[tier]).filter(([t]) => t + stepMs > fromMs && t < toMs);
        const column = (pick: (bin: StoredBin) => number) => Float64Array.from(inside, ([, bin]) => pick(bin));
        return {
          tMs: Float64Array.from(inside, ([t]) => t),
          mean: column((bin) => bin.mean),
          min: column((bin) => bin.min),
          max: column((bin) => bin.max),
          known: column((bin) => bin.known),
        };
      });
    },
    async latest(series) {
      return series.map((key) => {
        const last = sorted(kept.get(key)?.raw).at(-1);
        return last ? { tMs: last[0], value: last[1] } : null;
      });
    },
    async keys() {
      return [...kept.keys()];
    },
    async remove(series) {
      for (const key of series) kept.delete(key);
    },
    async maintain(nowMs) {
      const cutoff = (tier: Tier) => nowMs - (retention.get(tier) ?? Infinity);
      for (const { raw, bins } of kept.values()) {
        for (const t of raw.keys()) if (t < cutoff('raw')) raw.delete(t);
        for (const tier of ['5m', '1h', '1d'] as const) {
          for (const t of bins[tier].keys()) if (t + TIER_STEP_MS[tier] < cutoff(tier)) bins[tier].delete(t);
        }
      }
    },
    async health() {
      return { ok: true, reason: '', bytes: 0, series: kept.size };
    },
    async close() {
      kept.clear();
    },
  };
}

function sorted<T>(entries: Map<number, T> | undefined): [number, T][] {
  return [...(entries ?? [])].sort(([a], [b]) => a - b);
}
