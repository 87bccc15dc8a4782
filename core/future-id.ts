/**
 * The id of a graph with its future: `future~<device>~<instance>~<metric>`, how far it looks ahead, and up to three
 * scenarios, so that such a graph can be linked, pictured and embedded without being kept anywhere.
 */
import { GRAPH_ID_MAX } from './explore.ts';
import { SCENARIOS_MAX } from './graph-future.ts';

export interface FutureId {
  readonly device: string;
  readonly instance: string;
  readonly metric: string;
  /** Null: as far as suits the history. */
  readonly horizonDays: number | null;
  /** As scenarios are written in addresses, at most three. */
  readonly scenarios: readonly string[];
}

const PREFIX = 'future~';
export const HORIZON_MAX_DAYS = 1_830;
const HORIZON = /^(\d{1,4})d$/;
const METRIC = /^[a-z][a-z0-9]*\.[a-z][a-z0-9_]*$/;
const NAME = /^[A-Za-z0-9_-]{1,64}$/;

export const isFutureId = (id: string): boolean => id.startsWith(PREFIX);

export function futureId({ device, instance, metric, horizonDays, scenarios }: FutureId): string {
  const horizon = horizonDays === null ? [] : [`${horizonDays}d`];
  return PREFIX + [device, instance, metric, ...horizon, ...scenarios.map(packed)].join('~');
}

/** A series' key is `device/instance/metric`. */
export function futureIdOf(series: string, horizonDays: number | null = null, scenarios: readonly string[] = []): string {
  const [device = '', instance = '', metric = ''] = series.split('/');
  return futureId({ device, instance, metric, horizonDays, scenarios });
}

/** What an id says, or one sentence on why it says nothing; null for an id of something else. */
export function parseFutureId(id: string): FutureId | { readonly error: string } | null {
  if (!isFutureId(id)) return null;
  if (id.length > GRAPH_ID_MAX) return { error: `The id of this graph is longer than ${GRAPH_ID_MAX} characters.` };
  const [device = '', instance = '', metric = '', ...rest] = id.slice(PREFIX.length).split('~');
  if (!NAME.test(device) || !NAME.test(instance) || !METRIC.test(metric))
    return { error: 'This is no graph of a forecast: its id is future~<device>~<instance>~<metric>.' };
  const ahead = HORIZON.exec(rest[0] ?? '')?.[1];
  const horizonDays = ahead === undefined ? null : Number(ahead);
  if (horizonDays !== null && (horizonDays < 1 || horizonDays > HORIZON_MAX_DAYS))
    return { error: `A forecast looks 1 to ${HORIZON_MAX_DAYS} days ahead, not ${horizonDays}.` };
  const texts = horizonDays === null ? rest : rest.slice(1);
  if (texts.length > SCENARIOS_MAX) return { error: `One graph shows at most ${SCENARIOS_MAX} scenarios, not ${texts.length}.` };
  const scenarios = texts.map(unpacked);
  if (!scenarios.every((text) => text !== null && text !== ''))
    return { error: 'A scenario of this graph was cut off or changed: put it together again on the capacity page.' };
  return { device, instance, metric, horizonDays, scenarios: scenarios as string[] };
}

/** Safe in any path, and mostly still readable: percent signs, which servers on the way like to undo, are exclamation marks. */
function packed(text: string): string {
  return encodeURIComponent(text).replaceAll('!', '%21').replaceAll('~', '%7E').replaceAll('%', '!');
}

function unpacked(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll('!', '%'));
  } catch {
    return null;
  }
}
