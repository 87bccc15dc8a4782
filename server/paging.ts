/** Lists in pages: a cursor is opaque text that says after which item to go on. */
import { Type } from 'typebox';
import type { PageOf } from '../core/api.ts';
import type { Device } from '../core/model.ts';
import { badRequest } from './problem.ts';

export const PAGE_DEFAULT = 200;
export const PAGE_MAX = 1000;

/** Query parameters of every list. */
export const paging = {
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: PAGE_MAX, description: `Items a page, ${PAGE_DEFAULT} unless told.` }),
  ),
  cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 2000, description: '`nextCursor` of the page before.' })),
};
export interface PageQuery {
  readonly limit?: number;
  readonly cursor?: string;
}

const collator = new Intl.Collator('en', { numeric: true });
/** Order of names as people expect it (eth2 before eth10), and never a tie between different texts. */
export const byName = (a: string, b: string): number => collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);

/** One page of items in the order of their unique keys; items may come and go between pages. */
export function page<T>(items: readonly T[], keyOf: (item: T) => string, query: PageQuery): PageOf<T> {
  const keyed = items.map((item) => ({ item, key: keyOf(item) })).sort((a, b) => byName(a.key, b.key));
  const after = query.cursor === undefined ? null : decodeCursor(query.cursor);
  const rest = after === null ? keyed : keyed.filter(({ key }) => byName(key, after) > 0);
  const limit = query.limit ?? PAGE_DEFAULT;
  const shown = rest.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(({ item }) => item), nextCursor: rest.length > limit && last ? encodeCursor(last.key) : null };
}

/** One page of items that keep their order; the cursor counts. */
export function pageInOrder<T>(items: readonly T[], query: PageQuery): PageOf<T> {
  const start = query.cursor === undefined ? 0 : Number(decodeCursor(query.cursor));
  if (!Number.isSafeInteger(start) || start < 0) throw badCursor();
  const end = start + (query.limit ?? PAGE_DEFAULT);
  return { items: items.slice(start, end), nextCursor: end < items.length ? encodeCursor(String(end)) : null };
}

/**
 * One page of items that belong to devices, in the order of device names: only as many
 * devices are looked into as the page needs.
 * @param keyOf unique within a device
 */
export async function pageAcross<T>(
  devices: readonly Device[],
  load: (device: Device) => Promise<readonly T[]>,
  keyOf: (item: T) => string,
  query: PageQuery,
): Promise<PageOf<T>> {
  const after = query.cursor === undefined ? null : splitCursor(decodeCursor(query.cursor));
  const limit = query.limit ?? PAGE_DEFAULT;
  const found: { item: T; cursor: string }[] = [];
  for (const device of [...devices].sort((a, b) => byName(a.name, b.name))) {
    const order = after === null ? 1 : byName(device.name, after.device);
    if (order < 0) continue;
    const keyed = (await load(device)).map((item) => ({ item, key: keyOf(item) })).sort((a, b) => byName(a.key, b.key));
    for (const { item, key } of keyed) {
      if (order === 0 && after !== null && byName(key, after.key) <= 0) continue;
      found.push({ item, cursor: encodeCursor(JSON.stringify([device.name, key])) });
    }
    if (found.length > limit) break;
  }
  return {
    items: found.slice(0, limit).map(({ item }) => item),
    nextCursor: found.length > limit ? (found[limit - 1]?.cursor ?? null) : null,
  };
}

function splitCursor(text: string): { device: string; key: string } {
  try {
    const parsed: unknown = JSON.parse(text);
    if (Array.isArray(parsed) && typeof parsed[0] === 'string' && typeof parsed[1] === 'string')
      return { device: parsed[0], key: parsed[1] };
  } catch {
    // Falls through to the same sentence as every other foreign cursor.
  }
  throw badCursor();
}

export const encodeCursor = (key: string): string => Buffer.from(`k${key}`).toString('base64url');

export function decodeCursor(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString();
  if (!text.startsWith('k') || encodeCursor(text.slice(1)) !== cursor) {
    throw badCursor();
  }
  return text.slice(1);
}

export const badCursor = () => badRequest('"cursor" is not one of ours: pass nextCursor of the page before, unchanged.');
