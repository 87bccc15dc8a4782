/**
 * A habit in few bytes. Its many numbers are lists (means of weeks, counts of residuals): those are kept with seven
 * digits, as the history keeps means; what stands alone (times, sums) is kept whole.
 */
import { emptyHabit, HABIT_VERSION, type HabitState } from '../core/habit.ts';

/** Bytes of the length of the text, which comes first. */
const HEAD = 4;
const FLOAT = 4;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

type Parts = Readonly<Record<string, unknown>>;

/** Lists of numbers become their length in a text; the numbers follow it. */
export function packHabit(state: HabitState): Uint8Array {
  const numbers: number[] = [];
  const text = encoder.encode(JSON.stringify(stripped(state, numbers)));
  const start = Math.ceil((HEAD + text.length) / FLOAT) * FLOAT;
  const bytes = new Uint8Array(start + FLOAT * numbers.length);
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, HEAD);
  new Float32Array(bytes.buffer, start).set(numbers);
  return bytes;
}

function stripped(value: unknown, numbers: number[]): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) {
    const list = value as readonly unknown[];
    const [first] = list;
    if (first !== null && typeof first === 'object') return list.map((item) => stripped(item, numbers));
    for (const item of list) numbers.push(typeof item === 'number' ? item : NaN);
    return list.length;
  }
  const result: Record<string, unknown> = {};
  for (const key in value) result[key] = stripped((value as Parts)[key], numbers);
  return result;
}

/** Whether it cannot be read, or can but is of no use here: another version, or another zone. */
export type NoHabit = 'damaged' | 'other';

export function unpackHabit(packed: Uint8Array, zone: string): HabitState | NoHabit {
  try {
    // From a database the bytes may begin anywhere; floats must not.
    const bytes = packed.byteOffset % FLOAT === 0 ? packed : packed.slice();
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
    const head = JSON.parse(decoder.decode(bytes.subarray(HEAD, HEAD + length))) as Parts | null;
    if (head?.['version'] !== HABIT_VERSION || head['zone'] !== zone) return 'other';
    const start = Math.ceil((HEAD + length) / FLOAT) * FLOAT;
    const left = { numbers: new Float32Array(bytes.buffer, bytes.byteOffset + start, (bytes.length - start) / FLOAT), at: 0 };
    const state = filled(modelOf(zone), head, left);
    return left.at === left.numbers.length ? (state as HabitState) : 'damaged';
  } catch (cause) {
    if (cause instanceof SyntaxError || cause instanceof RangeError || cause instanceof TypeError) return 'damaged';
    throw cause;
  }
}

/** @param model an empty habit: where it has a list, each habit has one */
function filled(model: unknown, value: unknown, left: { readonly numbers: Float32Array; at: number }): unknown {
  if (Array.isArray(model)) {
    const items = model as readonly unknown[];
    if (typeof value !== 'number') return (value as readonly unknown[]).map((v, i) => filled(items[i] ?? items[0], v, left));
    if (left.at + value > left.numbers.length) throw new RangeError('fewer numbers than lists');
    const list: (number | null)[] = [];
    for (let i = 0; i < value; i++) {
      const v = left.numbers[left.at++] ?? NaN;
      list.push(v === v ? v : null);
    }
    return list;
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  const result: Record<string, unknown> = {};
  for (const key in value) result[key] = filled((model as Parts | undefined)?.[key], (value as Parts)[key], left);
  return result;
}

let model: HabitState | null = null;
function modelOf(zone: string): HabitState {
  if (model?.zone !== zone) model = emptyHabit(zone);
  return model;
}
