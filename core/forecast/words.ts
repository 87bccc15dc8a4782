/** How a forecast speaks. */
export { DAY_MS } from './model.ts';
import { DAY_MS } from './model.ts';

/** 2026-03-15, in UTC; a time no calendar has stays a number. */
export function dateText(ms: number): string {
  return Math.abs(ms) < 8e15 ? new Date(ms).toISOString().slice(0, 10) : String(ms);
}

/** Four significant digits at most, without an exponent where a person can do without. */
export function amountText(v: number): string {
  return String(Number(v.toPrecision(4)));
}

export function daysText(days: number): string {
  const whole = Math.round(days);
  return whole === 1 ? '1 day' : `${whole} days`;
}

/** Whole years as such from two on: nobody counts 1825 days. */
export const farText = (days: number): string => (days >= 730 && days % 365 === 0 ? `${days / 365} years` : daysText(days));

export const daysBetween = (fromMs: number, toMs: number): number => (toMs - fromMs) / DAY_MS;

/** "8 %", "< 1 %", "> 99 %"; '–' where nothing is known. */
export function chanceText(chance: number | null): string {
  if (chance === null) return '–';
  if (chance < 0.01) return '< 1 %';
  return chance > 0.99 ? '> 99 %' : `${Math.round(chance * 100)} %`;
}
