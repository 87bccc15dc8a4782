/** What interfaces and filesystems carry just now: rows of the lists that people sort and rank. */
import { Type, type Static } from 'typebox';
import type { Instance } from './model.ts';

const Value = Type.Union([Type.Number(), Type.Null()]);
const Values = Type.Array(Value);

/** Means of equal slots, the first beginning at fromMs; null = unknown. */
const Spark = Type.Object({ fromMs: Type.Number(), toMs: Type.Number(), stepMs: Type.Number(), lines: Type.Array(Values) });
export type Spark = Static<typeof Spark>;

const place = {
  device: Type.String(),
  deviceName: Type.String(),
  site: Type.String(),
  instance: Type.String(),
  name: Type.String(),
  alias: Type.String(),
  /** Graph that shows it; null when it has nothing to draw. */
  graph: Type.Union([Type.String(), Type.Null()]),
  /** When it was last found missing; null while it is there. */
  vanishedMs: Value,
  /** When the newest value of it was taken; null = never. */
  newestMs: Value,
  spark: Type.Union([Spark, Type.Null()]),
};

export const InterfaceView = Type.Object({
  ...place,
  /** Speed in bit/s, null when unknown. */
  speedBps: Value,
  inBps: Value,
  outBps: Value,
  /** 0–1 of the speed; null when speed or traffic are unknown. */
  inShare: Value,
  outShare: Value,
  /** The greater of both shares. */
  used: Value,
  errorsPerS: Value,
  discardsPerS: Value,
  /** False when it says that it is down; null when it does not say. */
  operUp: Type.Union([Type.Boolean(), Type.Null()]),
});
export type InterfaceView = Static<typeof InterfaceView>;

export const FilesystemView = Type.Object({
  ...place,
  usedBytes: Value,
  sizeBytes: Value,
  /** 0–1 of the size. */
  used: Value,
  /** Used bytes now less those at the begin of the sparkline; null without one or where that was unknown. */
  grownBytes: Value,
});
export type FilesystemView = Static<typeof FilesystemView>;

/** Last value of a metric's field ("in_bps"); null when unknown or never measured. */
export type LatestOf = (field: string) => number | null;

export type InterfaceNow = Pick<
  InterfaceView,
  'speedBps' | 'inBps' | 'outBps' | 'inShare' | 'outShare' | 'used' | 'errorsPerS' | 'discardsPerS' | 'operUp'
>;

/** Of a port that is gone or down nothing is said but its speed: its last figures are history. */
export function interfaceNow(port: Pick<Instance, 'capacity' | 'vanishedMs'>, latest: LatestOf): InterfaceNow {
  const up = latest('oper_up');
  const operUp = up === null ? null : up > 0.5;
  const off = port.vanishedMs !== null || operUp === false;
  const value: LatestOf = (field) => (off ? null : latest(field));
  const share = (bps: number | null) => (bps === null || !port.capacity ? null : bps / port.capacity);
  const [inBps, outBps] = [value('in_bps'), value('out_bps')];
  const [inShare, outShare] = [share(inBps), share(outBps)];
  return {
    speedBps: port.capacity,
    inBps,
    outBps,
    inShare,
    outShare,
    used: greatest(inShare, outShare),
    errorsPerS: sum(value('in_errors_per_s'), value('out_errors_per_s')),
    discardsPerS: sum(value('in_discards_per_s'), value('out_discards_per_s')),
    operUp: port.vanishedMs === null ? operUp : null,
  };
}

export type FilesystemNow = Pick<FilesystemView, 'usedBytes' | 'sizeBytes' | 'used'>;

export function filesystemNow(disk: Pick<Instance, 'capacity'>, latest: LatestOf): FilesystemNow {
  const usedBytes = latest('used_bytes');
  const sizeBytes = latest('size_bytes') ?? disk.capacity;
  return { usedBytes, sizeBytes, used: usedBytes === null || !sizeBytes ? null : usedBytes / sizeBytes };
}

function sum(a: number | null, b: number | null): number | null {
  return a === null && b === null ? null : (a ?? 0) + (b ?? 0);
}

function greatest(a: number | null, b: number | null): number | null {
  return a === null && b === null ? null : Math.max(a ?? 0, b ?? 0);
}
