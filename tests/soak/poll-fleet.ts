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

/** 1,000 devices. */
export function soakFleet(): ReadonlyMap<string, Habit> {
  const fleet = new Map<string, Habit>();
  for (const [habit, count] of COUNTS) for (let i = 0; i < count; i++) fleet.set(addressOf(habit, i), habit);
  for (const [percent, count] of HOSTILE) for (let i = 0; i < count; i++) fleet.set(hostile(percent, i), 'hostile');
  return fleet;
}
