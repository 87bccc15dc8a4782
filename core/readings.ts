/**
 * What a source hands to the collector: a plan (which columns), and per poll one set of
 * readings laid out by those columns. Typed arrays, so that a large device costs little.
 */
import type { DeviceFacts, Failure, Form, GapCause, MetricName, Unit } from './model.ts';

/** Where one reading of a device belongs. Position in `Plan.columns` is its index everywhere. */
export interface Column {
  readonly kind: string;
  readonly key: string;
  readonly metric: MetricName;
  readonly unit: Unit;
  readonly form: Form;
  /** Sample = raw level × scale, or raw units a second × scale. */
  readonly scale: number;
}

export interface FoundInstance {
  readonly kind: string;
  readonly key: string;
  readonly name: string;
  readonly alias: string;
  readonly capacity: number | null;
}

/** What discovery found on a device through one source. */
export interface Plan {
  readonly facts: DeviceFacts;
  readonly instances: readonly FoundInstance[];
  readonly columns: readonly Column[];
  /**
   * Families of which this source knows every instance: later sources may add metrics to
   * them, never instances (so that no disk of one machine counts twice).
   */
  readonly covers: readonly string[];
  /** Plain sentences worth telling the operator: "32-bit counters only on eth0". */
  readonly notes: readonly string[];
  /** Answers were lost on the way to it: there may be more, and what there is may be known better. */
  readonly lost?: boolean;
  /** Round trip as the source itself measured it, null when nothing came back; without it the question's duration counts. */
  readonly roundTripMs?: number | null;
  /** Private to the source that made the plan: how it asks for the columns. */
  readonly route: unknown;
}

/** When a set of readings was taken, by our clocks and by the device's own. */
export interface Moment {
  /** UTC, milliseconds. */
  readonly tMs: number;
  /** Monotonic, milliseconds; comparable only within one `epoch`. */
  readonly monoMs: number;
  /** Identifies the run of our process that `monoMs` belongs to. */
  readonly epoch: string;
  /** sysUpTime in hundredths of a second, modulo 2^32; null when not known. */
  readonly upTicks: number | null;
  /** snmpEngineTime in seconds; null when not known. */
  readonly engineTimeS: number | null;
  /** snmpEngineBoots; null when not known. */
  readonly engineBoots: number | null;
}

/** State of one column in a set of readings. */
export const ABSENT = 0;
export const GAUGE = 1;
export const COUNTER32 = 32;
export const COUNTER64 = 64;

export interface Readings {
  readonly ok: true;
  readonly moment: Moment;
  /** ABSENT, GAUGE, COUNTER32 or COUNTER64 per column. Absent is "no data", never 0. */
  readonly state: Uint8Array;
  /** Value of columns in state GAUGE (unscaled). */
  readonly gauge: Float64Array;
  /** Value of columns in state COUNTER32 or COUNTER64 (unscaled, exact). */
  readonly counter: BigUint64Array;
  /**
   * Greatest believable raw rate per column (units a second, before scale), NaN when
   * unknown: for an interface's octets its speed / 8. Null when no column has one.
   */
  readonly maxPerS: Float64Array | null;
  /** Columns whose identity failed the check in this poll, with the cause; usually empty. */
  readonly doubts: ReadonlyMap<number, GapCause>;
  /** ifCounterDiscontinuityTime per column, NaN when not known. Null when no column has one. */
  readonly discontinuity: Float64Array | null;
  /** True when the source saw that its plan no longer fits (renumbered, new ports): discover again. */
  readonly stalePlan: boolean;
  /** Parts of an answer were lost; the columns concerned are ABSENT. */
  readonly partial: boolean;
}

export type PollOutcome = Readings | Failure;
export type DiscoveryOutcome = ({ readonly ok: true } & Plan) | Failure;

/** Which of its two 32-bit words a machine keeps first of a 64-bit number: 0 the low one, 1 the high one. */
export const LOW_WORD = new Uint32Array(BigUint64Array.of(1n).buffer)[0] === 1 ? 0 : 1;

/** The words of counters, the same octets: word 2i + LOW_WORD is the low one of counter i. */
export function wordsOf(counters: BigUint64Array): Uint32Array {
  return new Uint32Array(counters.buffer, counters.byteOffset, 2 * counters.length);
}
