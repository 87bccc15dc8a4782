/** The responder's devices as its head comment describes them: their addresses, objects, and what their counters must say. */

export type Habit = 'healthy' | 'dead' | 'slow' | 'small' | 'hostile';

const SECOND_OCTET: Readonly<Record<Habit, number>> = { healthy: 1, hostile: 96, small: 97, slow: 98, dead: 99 };
export const PORTS = 48;

/** Address of the n-th device (0 … 65535) with this habit. Of hostile ones n counts 256 to each share: see `hostile`. */
export function addressOf(habit: Habit, n: number): string {
  return `127.${SECOND_OCTET[habit]}.${n >> 8}.${n & 255}`;
}

/** The n-th device that spoils so many of 100 answers. */
export function hostile(percent: number, n: number): string {
  return addressOf('hostile', percent * 256 + n);
}

/** So many devices, every fifth dead where some are to be. */
export function fleetOf(devices: number, deadPercent: 0 | 20): string[] {
  return Array.from({ length: devices }, (_, i) => addressOf(deadPercent > 0 && i % 5 === 0 ? 'dead' : 'healthy', i));
}

export function isDead(address: string): boolean {
  return address.startsWith(`127.${SECOND_OCTET.dead}.`);
}

interface Counter {
  /** Its number in the responder's formula. */
  readonly number: number;
  /** Rate = unit × (1 … steps). */
  readonly unit: number;
  readonly steps: number;
  readonly column: string;
}
const IF_X = '1.3.6.1.2.1.31.1.1.1';
const IF = '1.3.6.1.2.1.2.2.1';
const counter = (number: number, unit: number, steps: number, column: string): Counter => ({ number, unit, steps, column });

/** Ten counters of a port, by the name of the metric they give in profiles/switch.yaml and in if-mib.yaml. */
export const COUNTERS = {
  in_bps: counter(0, 1000, 100_000, `${IF_X}.6`),
  out_bps: counter(4, 1000, 100_000, `${IF_X}.10`),
  in_unicast_per_s: counter(1, 1, 100_000, `${IF_X}.7`),
  out_unicast_per_s: counter(5, 1, 100_000, `${IF_X}.11`),
  in_multicast_per_s: counter(2, 1, 100, `${IF_X}.8`),
  out_multicast_per_s: counter(6, 1, 100, `${IF_X}.12`),
  in_errors_per_s: counter(9, 1, 10, `${IF}.14`),
  out_errors_per_s: counter(11, 1, 10, `${IF}.20`),
  in_discards_per_s: counter(8, 1, 10, `${IF}.13`),
  out_discards_per_s: counter(10, 1, 10, `${IF}.19`),
} as const satisfies Record<string, Counter>;
export type CounterName = keyof typeof COUNTERS;
const LIST: readonly Counter[] = Object.values(COUNTERS);
export const COUNTERS_A_DEVICE = PORTS * LIST.length;

/** OIDs of all counters of a device, port after port: what every client asks. */
export function counterOids(): string[] {
  return Array.from({ length: PORTS }, (_, i) => LIST.map(({ column }) => `${column}.${i + 1}`)).flat();
}

function deviceNumber(address: string): number {
  const [, a = 0, b = 0, c = 0] = address.split('.').map(Number);
  return a * 65_536 + b * 256 + c;
}

/** What a counter of a port gains a second (octets, not bits). */
export function rateOf(address: string, port: number, { number, unit, steps }: Counter): number {
  return unit * (1 + ((7919 * deviceNumber(address) + 104_729 * port + 1_299_709 * number) % steps));
}

/** What a counter of a port says so many milliseconds after the responder's start. */
export function valueAfter(address: string, port: number, one: Counter, elapsedMs: number): bigint {
  const start = (31 * deviceNumber(address) + 17 * port + 7 * one.number) % 1000;
  const from = one.number < 8 ? BigInt(start + 1) << 44n : BigInt(start) << 12n;
  return from + (BigInt(rateOf(address, port, one)) * BigInt(Math.floor(elapsedMs))) / 1000n;
}

/** The counter that `counterOids` has at this place of a device's 480, and its port. */
export function counterAt(place: number): { readonly port: number; readonly counter: Counter } {
  const one = LIST[place % LIST.length];
  if (!one) throw new RangeError(`${place} is no place of a counter`);
  return { port: Math.floor(place / LIST.length) + 1, counter: one };
}

/** Milliseconds of the clock that the responder's startMs is on. */
export function machineMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}
