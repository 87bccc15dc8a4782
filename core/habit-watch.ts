/** Habits of running series: which are unusual now, and where what was learnt is kept. */
import { Type, type Static } from 'typebox';
import type { MetricName, NewEvent, SeriesKey, Unit } from './model.ts';

const Value = Type.Union([Type.Number(), Type.Null()]);

/** A series that is not as usual, and since when. */
export const UnusualView = Type.Object({
  series: Type.String({ description: 'device/instance/metric' }),
  device: Type.String(),
  deviceName: Type.String(),
  site: Type.String(),
  instance: Type.String(),
  name: Type.String({ description: '"xe0 in", "Load"' }),
  unit: Type.String(),
  graph: Type.Union([Type.String(), Type.Null()]),
  fromMs: Type.Number(),
  above: Type.Boolean({ description: 'Above what is usual; else below.' }),
  value: Value,
  worst: Type.Number({ description: 'The value furthest from what was usual.' }),
  worstMs: Type.Number(),
  lower: Value,
  upper: Value,
  text: Type.String({ description: '"310 Mb/s, Tuesday 03:00 usually 40 to 60"' }),
});
export type UnusualView = Static<typeof UnusualView>;

export interface HabitsView {
  readonly items: readonly UnusualView[];
  /** Series whose habit is followed, those of them that still learn, and those whose history is still to be read. */
  readonly followed: number;
  readonly learning: number;
  readonly waiting: number;
}

/** What of a device is followed, the first that it has of each kind: what people look at, and what comes and goes. */
export const FOLLOWED: readonly { readonly metric: MetricName; readonly unit: Unit; readonly words: string }[] = [
  { metric: 'interface.in_bps', unit: 'bps', words: 'in' },
  { metric: 'interface.out_bps', unit: 'bps', words: 'out' },
  { metric: 'load.five', unit: '1', words: 'load' },
  { metric: 'cpu.used_ratio', unit: 'ratio', words: 'CPU' },
  { metric: 'memory.used_bytes', unit: 'bytes', words: 'memory' },
  { metric: 'ping.rtt_ms', unit: 'ms', words: 'round trip' },
];

/** What is kept of a habit: opaque bytes, and the open event of its episode. */
export interface KeptHabit {
  readonly series: SeriesKey;
  readonly bytes: Uint8Array;
  /** Null or left out: no episode runs that was told. */
  readonly event?: number | null;
}
export interface HabitStore {
  /** Those of the series that are kept. */
  load(series: readonly SeriesKey[]): Promise<KeptHabit[]>;
  save(habits: readonly KeptHabit[]): Promise<void>;
  /** Adds the event of an episode together with the habit that knows of it. @returns its id */
  begin(habit: KeptHabit, event: NewEvent): Promise<number>;
  /** Changes what an event says, and ends it where `toMs` is not null, together with the habit. */
  tell(habit: KeptHabit, event: number, text: string, toMs: number | null): Promise<void>;
  /** Forgets all but these. */
  keepOnly(series: ReadonlySet<SeriesKey>): Promise<void>;
}
