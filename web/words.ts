/** Times, ages and states in words. Everything shown to people passes through here or core/units.ts. */
import type { DeviceView, EventView } from '../core/api.ts';
import { momentParts as parts, monthOf as month } from '../core/moments.ts';
import { formatDuration } from '../core/units.ts';

export { moment } from '../core/moments.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** "14:20" */
export function clockTime(ms: number, zone: string): string {
  const p = parts(ms, zone);
  return `${p['hour']}:${p['minute']}`;
}

/** "17 Nov 2026" */
export function day(ms: number, zone: string): string {
  const p = parts(ms, zone);
  return `${p['day']} ${month(p)} ${p['year']}`;
}

/** "Today", "Yesterday", "Sun 15 Nov", or with the year when it is not this one. */
export function dayName(ms: number, nowMs: number, zone: string): string {
  const shown = day(ms, zone);
  if (shown === day(nowMs, zone)) return 'Today';
  if (shown === day(nowMs - 86_400_000, zone)) return 'Yesterday';
  const p = parts(ms, zone);
  return shown.endsWith(parts(nowMs, zone)['year'] ?? '') ? `${p['weekday']} ${p['day']} ${month(p)}` : shown;
}

/** "14:20" today, "12 Nov 10:30" this year, "12 Nov 2025" before. */
export function when(ms: number, nowMs: number, zone: string): string {
  const shown = day(ms, zone);
  if (shown === day(nowMs, zone)) return clockTime(ms, zone);
  const p = parts(ms, zone);
  return shown.endsWith(parts(nowMs, zone)['year'] ?? '') ? `${p['day']} ${month(p)} ${p['hour']}:${p['minute']}` : shown;
}

/** A local time as ranges are typed: "2026-11-12T10:30". */
export function typedTime(ms: number, zone: string, seconds: boolean): string {
  const p = parts(ms, zone);
  const two = (n: number) => String(n).padStart(2, '0');
  const date = `${p['year']}-${two(MONTHS.indexOf(month(p)) + 1)}-${(p['day'] ?? '').padStart(2, '0')}`;
  return `${date}T${p['hour']}:${p['minute']}${seconds ? `:${p['second']}` : ''}`;
}

/** A range as it could be typed, for zooming and for moving on. */
export function typedRange(fromMs: number, toMs: number, zone: string): string {
  const seconds = toMs - fromMs < 15 * 60_000;
  return `${typedTime(fromMs, zone, seconds)} to ${typedTime(toMs, zone, seconds)}`;
}

/** "data 40 s old"; the words for none at all. */
export function dataAge(newestMs: number | null, nowMs: number): string {
  return newestMs === null ? 'no data yet' : `data ${formatDuration(nowMs - newestMs)} old`;
}

/** Shape (a class) and word of a device's state. */
export function stateWord(state: DeviceView['state']): { shape: string; word: string } {
  switch (state) {
    case 'up':
      return { shape: 'up', word: 'Up' };
    case 'down':
      return { shape: 'down', word: 'Down' };
    case 'stale':
      return { shape: 'stale', word: 'Stale' };
    case 'new':
      return { shape: 'new', word: 'New' };
    case 'not polled':
      return { shape: 'off', word: 'Not polled' };
  }
}

const EVENT_WORDS: Readonly<Record<string, readonly [shape: string, word: string]>> = {
  gap: ['note', 'Gap'],
  restart: ['note', 'Restart'],
  down: ['down', 'Down'],
  added: ['note', 'Added'],
  vanished: ['stale', 'Gone'],
  returned: ['note', 'Back'],
  changed: ['note', 'Changed'],
  collector: ['note', 'Collector'],
  import: ['note', 'Import'],
  unusual: ['note', 'Unusual'],
};

/** Shape and word of an event: "Gap 6 min", "Down 2 h", "Restart". */
export function eventWord(event: EventView, nowMs: number): { shape: string; word: string } {
  const [shape, word] = EVENT_WORDS[event.kind] ?? ['note', event.kind];
  const lasted = (event.toMs ?? nowMs) - event.fromMs;
  const timed = ['gap', 'down', 'unusual'].includes(event.kind) && lasted > 0;
  // A fault that is over is history, not an alarm.
  const over = event.toMs !== null && (shape === 'down' || shape === 'stale');
  return { shape: over ? 'note' : shape, word: timed ? `${word} ${formatDuration(lasted)}` : word };
}

/** By the time that is shown, whatever the order in which they were written down. */
export function newestFirst(events: readonly EventView[]): EventView[] {
  return [...events].sort((a, b) => b.fromMs - a.fromMs || b.id - a.id);
}

/** How a device is asked, for people: "SNMPv2c and ping". */
export function asked(sources: readonly string[], and = ' and '): string {
  return sources.map((source) => source.replace(/^snmp (\S+)$/, 'SNMPv$1')).join(and);
}

/** Its history came from elsewhere and nothing asks it; what only left the configuration is not that. */
export function isImported(device: DeviceView | undefined): boolean {
  return device?.origin === 'import' && device.sources.length === 0;
}

/** A whole number with thin-spaced thousands: "8", "47 512". */
export function whole(n: number): string {
  return String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, '\u2009');
}

/** "1 interface", "4 interfaces". */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${whole(n)} ${n === 1 ? one : many}`;
}

/** "60 %"; "< 1 %" for what is not nothing. */
export function percent(share: number): string {
  if (share > 0 && share < 0.01) return '< 1 %';
  return `${Math.round(share * 100)} %`;
}

/** "in 12 %, out 3 % of the speed"; a direction of which nobody knows is not idle. */
export function sharesLine(inShare: number | null, outShare: number | null): string {
  const [into, out] = [inShare, outShare].map((share) => (share === null ? 'unknown' : percent(share)));
  return `in ${into}, out ${out} of the speed`;
}
