/** The devices of the poll soak, by address. */
import { addressOf, hostile, type Habit } from '../../bench/poll/fleet.ts';

const COUNTS: readonly (readonly [Habit, number])[] = [
  ['healthy', 540],
  ['dead', 300],
  ['slow', 30],
  ['small', 30],
];
/** Hostile devices that spoil so many of 100 answers. */
const HOSTILE: readonly (readonly [percent: number, number])[] = [
  [2, 40],
  [20, 30],
  [100, 30],
];

/** So many spoil now and then that whatever a spoilt answer can do happens within minutes. */
const HOSTILE_ONLY: typeof HOSTILE = [
  [10, 100],
  [20, 250],
  [35, 100],
];

/** 1,000 devices of all kinds, or 460 of which nearly all are hostile. */
export function soakFleet(hostileOnly: boolean): ReadonlyMap<string, Habit> {
  const fleet = new Map<string, Habit>();
  if (hostileOnly) {
    for (let i = 0; i < 10; i++) fleet.set(addressOf('healthy', i), 'healthy');
    for (const [percent, count] of HOSTILE_ONLY) for (let i = 0; i < count; i++) fleet.set(hostile(percent, i), 'hostile');
    return fleet;
  }
  for (const [habit, count] of COUNTS) for (let i = 0; i < count; i++) fleet.set(addressOf(habit, i), habit);
  for (const [percent, count] of HOSTILE) for (let i = 0; i < count; i++) fleet.set(hostile(percent, i), 'hostile');
  return fleet;
}
