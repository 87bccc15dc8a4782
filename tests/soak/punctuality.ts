/** How late polls begin, beside the moment that the scheduler has given each device. */
import type { Habit } from '../../bench/poll/fleet.ts';
import { hash32 } from '../../core/hash.ts';
import type { Device } from '../../core/model.ts';
import type { Clock } from '../../core/ports.ts';
import type { Source } from '../../collector/source.ts';

export interface Punctuality {
  watch(source: Source): Source;
  begin(clock: Clock, devices: ReadonlyMap<string, Device>): void;
  /** From now on it counts. */
  settled(): void;
  /** Of devices that live. */
  report(): { readonly polls: number; readonly p50Ms: number; readonly p99Ms: number; readonly maxMs: number };
}

export function createPunctuality(intervalMs: number, fleet: ReadonlyMap<string, Habit>): Punctuality {
  const lateMs: number[] = [];
  let clock: Clock | null = null;
  let phases: ReadonlyMap<string, number> = new Map();
  let counts = false;
  const note = (address: string) => {
    const phaseMs = phases.get(address);
    const habit = fleet.get(address);
    // What answers badly waits behind those that answer well, and may.
    if (!counts || clock === null || phaseMs === undefined || habit === 'dead' || habit === 'hostile') return;
    const late = (((clock.nowMs() - phaseMs) % intervalMs) + intervalMs) % intervalMs;
    // Stamps are whole milliseconds: one on time may seem to be a little early.
    lateMs.push(late > intervalMs - 5 ? 0 : late);
  };
  return {
    watch: (source) => ({
      ...source,
      poll(target, plan, asking) {
        note(target.address);
        return source.poll(target, plan, asking);
      },
    }),
    begin(ours, devices) {
      clock = ours;
      phases = new Map([...devices].map(([address, { id }]) => [address, (hash32(id) / 2 ** 32) * intervalMs]));
    },
    settled() {
      counts = true;
    },
    report() {
      const sorted = Float64Array.from(lateMs).sort();
      const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
      return { polls: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
    },
  };
}
