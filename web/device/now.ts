/** What a device's instances carry just now, found among its series. */
import type { InstanceView, SeriesView } from '../../core/api.ts';

export type Latest = ReadonlyMap<string, number | null>;

/** Last value by instance and metric: `<instance> <metric>`. */
export function latestOf(series: readonly SeriesView[]): Latest {
  return new Map(series.map((s) => [`${s.instance} ${s.metric}`, s.latest?.value ?? null]));
}

export interface PortNow {
  readonly inBps: number | null;
  readonly outBps: number | null;
  /** 0–1 of the speed; null when speed or traffic are unknown. */
  readonly inShare: number | null;
  readonly outShare: number | null;
  readonly errorsPerS: number | null;
  readonly discardsPerS: number | null;
  /** False when the port says it is down; null when it does not say. */
  readonly operUp: boolean | null;
}

export function portNow(port: InstanceView, latest: Latest): PortNow {
  const value = (metric: string) => latest.get(`${port.id} interface.${metric}`) ?? null;
  const share = (bps: number | null) => (bps === null || !port.capacity ? null : bps / port.capacity);
  const sum = (a: number | null, b: number | null) => (a === null && b === null ? null : (a ?? 0) + (b ?? 0));
  const [inBps, outBps] = [value('in_bps'), value('out_bps')];
  const up = value('oper_up');
  return {
    inBps,
    outBps,
    inShare: share(inBps),
    outShare: share(outBps),
    errorsPerS: sum(value('in_errors_per_s'), value('out_errors_per_s')),
    discardsPerS: sum(value('in_discards_per_s'), value('out_discards_per_s')),
    operUp: up === null ? null : up > 0.5,
  };
}

export interface DiskNow {
  readonly usedBytes: number | null;
  readonly sizeBytes: number | null;
  /** 0–1. */
  readonly share: number | null;
}

export function diskNow(disk: InstanceView, latest: Latest): DiskNow {
  const usedBytes = latest.get(`${disk.id} disk.used_bytes`) ?? null;
  const sizeBytes = latest.get(`${disk.id} disk.size_bytes`) ?? disk.capacity;
  return { usedBytes, sizeBytes, share: usedBytes === null || !sizeBytes ? null : usedBytes / sizeBytes };
}

/** "60 %"; "< 1 %" for what is not nothing. */
export function percent(share: number): string {
  if (share > 0 && share < 0.01) return '< 1 %';
  return `${Math.round(share * 100)} %`;
}
