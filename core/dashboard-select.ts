/** Selectors: which instances of which devices a graph is about. */
import type { Device, Instance } from './model.ts';

/** Texts with the wildcards * (any run) and ? (any one character); any of them may fit. */
export type Patterns = readonly string[];
/** What must fit, all of it; null = anything. */
export interface Condition {
  readonly kind: Patterns | null;
  readonly site: Patterns | null;
  readonly tag: Patterns | null;
  /** Name or id of the device. */
  readonly device: Patterns | null;
  /** Name, key or id of the instance. */
  readonly name: Patterns | null;
  readonly alias: Patterns | null;
}
export interface Selector extends Condition {
  /** What must not fit. */
  readonly not: Condition | null;
}
/** Asks nothing of an instance. */
export const NO_CONDITION: Condition = { kind: null, site: null, tag: null, device: null, name: null, alias: null };
/** Means everything. */
export const ANYTHING: Selector = { ...NO_CONDITION, not: null };
export const CONDITION_KEYS = ['kind', 'site', 'tag', 'device', 'name', 'alias'] as const satisfies readonly (keyof Condition)[];

/**
 * Whether a whole text fits a pattern, upper and lower case alike. Linear in each star's run:
 * it goes back to the last star only, so no pattern can make it slow.
 */
export function fits(pattern: string, text: string): boolean {
  const [p, t] = [pattern.toLowerCase(), text.toLowerCase()];
  let at = 0;
  let star = -1;
  let resumed = 0;
  for (let i = 0; i < t.length;) {
    if (p[at] === '*') {
      star = at++;
      resumed = i;
    } else if (at < p.length && (p[at] === '?' || p[at] === t[i])) {
      at++;
      i++;
    } else if (star >= 0) {
      at = star + 1;
      i = ++resumed;
    } else return false;
  }
  while (p[at] === '*') at++;
  return at === p.length;
}

const any = (patterns: Patterns | null, texts: readonly string[]): boolean =>
  patterns === null || patterns.some((pattern) => texts.some((text) => fits(pattern, text)));

const ofDevice = (condition: Condition, device: Device): boolean =>
  any(condition.site, [device.site]) && any(condition.tag, device.tags) && any(condition.device, [device.name, device.id]);

const ofInstance = ({ kind, name, alias }: Condition, instance: Instance): boolean =>
  any(kind, [instance.kind]) && any(name, [instance.name, instance.key, instance.id]) && any(alias, [instance.alias]);

const aboutInstances = ({ kind, name, alias }: Condition): boolean => kind !== null || name !== null || alias !== null;

/** Whether instances of this device may be meant. */
export function meansDevice(selector: Selector, device: Device): boolean {
  const { not } = selector;
  return ofDevice(selector, device) && !(not && !aboutInstances(not) && ofDevice(not, device));
}

/** Whether this instance is meant. */
export function meansInstance(selector: Selector, device: Device, instance: Instance): boolean {
  const { not } = selector;
  if (!ofDevice(selector, device) || !ofInstance(selector, instance)) return false;
  return !(not && ofDevice(not, device) && ofInstance(not, instance));
}

/** `kind is "interface" and alias is "*transit*" or "*uplink*"`; '' for a selector that asks nothing. */
export function describe({ not, ...condition }: Selector): string {
  const wanted = words(condition);
  const unwanted = not ? words(not) : '';
  return [wanted, unwanted === '' ? '' : `not where ${unwanted}`].filter((part) => part !== '').join(', ');
}

const SHOWN_MAX = 6;
function words(condition: Condition): string {
  return CONDITION_KEYS.flatMap((key) => {
    const patterns = condition[key];
    if (patterns === null) return [];
    const shown = patterns.slice(0, SHOWN_MAX).map((pattern) => JSON.stringify(pattern));
    if (patterns.length > SHOWN_MAX) shown.push(`${patterns.length - SHOWN_MAX} more`);
    return [`${key} is ${shown.join(' or ')}`];
  }).join(' and ');
}
