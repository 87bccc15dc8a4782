/** A selector as one text, for addresses: the JSON of what stands in a dashboard's file under `select`. */
import { ANYTHING, CONDITION_KEYS, NO_CONDITION, type Condition, type Patterns, type Selector } from './dashboard-select.ts';
import { cap, visible } from './text.ts';

export const SELECTOR_TEXT_MAX = 4_000;
const PATTERNS_MAX = 64;
const PATTERN_MAX = 255;
const EXAMPLE = 'Write it as {"site":"attic","name":["eth0","*uplink*"]}.';

/** @returns the selector, or in one sentence what is wrong with the text */
export function parseSelector(text: string): Selector | { readonly error: string } {
  if (text.trim() === '') return ANYTHING;
  if (text.length > SELECTOR_TEXT_MAX) return { error: `The selector is longer than ${SELECTOR_TEXT_MAX} characters.` };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { error: `The selector is not valid JSON. ${EXAMPLE}` };
  }
  const whole = conditionOf(value, true);
  if ('error' in whole) return whole;
  const unwanted = (value as { not?: unknown }).not;
  if (unwanted === undefined) return { ...whole, not: null };
  const not = conditionOf(unwanted, false);
  if ('error' in not) return not;
  // What asks nothing excludes nothing.
  return { ...whole, not: CONDITION_KEYS.every((key) => not[key] === null) ? null : not };
}

/** The shortest text that means the selector; '' for one that asks nothing. */
export function selectorText({ not, ...condition }: Selector): string {
  const own = shortOf(condition);
  if (not) own['not'] = shortOf(not);
  return Object.keys(own).length === 0 ? '' : JSON.stringify(own);
}

function shortOf(condition: Condition): Record<string, unknown> {
  const entries = CONDITION_KEYS.flatMap((key): [string, unknown][] => {
    const patterns = condition[key];
    return patterns === null ? [] : [[key, patterns.length === 1 ? patterns[0] : patterns]];
  });
  return Object.fromEntries(entries);
}

function conditionOf(value: unknown, mayExclude: boolean): Condition | { readonly error: string } {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { error: `A selector is an object with some of ${CONDITION_KEYS.join(', ')}. ${EXAMPLE}` };
  const found: Record<keyof Condition, Patterns | null> = { ...NO_CONDITION };
  for (const [key, entry] of Object.entries(value)) {
    if (mayExclude && key === 'not') continue;
    const known = CONDITION_KEYS.find((one) => one === key);
    if (known === undefined)
      return { error: `A selector does not know "${cap(visible(key), 40)}"; it knows ${CONDITION_KEYS.join(', ')} and not.` };
    const patterns: unknown = typeof entry === 'string' ? [entry] : entry;
    if (!isPatterns(patterns)) return { error: `In a selector, ${known} is a text or a list of 1 to ${PATTERNS_MAX} texts.` };
    found[known] = patterns;
  }
  return found;
}

function isPatterns(value: unknown): value is Patterns {
  return (
    Array.isArray(value) &&
    value.length >= 1 &&
    value.length <= PATTERNS_MAX &&
    value.every((one) => typeof one === 'string' && one.length <= PATTERN_MAX)
  );
}
