/** Durations as people write them: "10s", "1m", "14d". */
const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
  // The longest year, so that "5y" never deletes a day too early.
  y: 366 * 86_400_000,
};

export const DURATION_PATTERN = '^[0-9]+(\\.[0-9]+)?(ms|s|m|h|d|w|y)$';

/** Milliseconds of "10s", "1.5h", "14d", "5y" (366 days each); null when it is not a duration. */
export function parseDuration(text: string): number | null {
  if (!new RegExp(DURATION_PATTERN).test(text)) return null;
  const unit = text.replace(/^[0-9.]+/, '');
  return Math.round(Number.parseFloat(text) * (UNIT_MS[unit] ?? NaN));
}
