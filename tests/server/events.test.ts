import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EventView, PageOf } from '../../core/api.ts';
import type { NewEvent } from '../../core/model.ts';
import { fixtures, NOW_MS, world, type World } from './world.ts';

let w: World;
const HOUR_MS = 3_600_000;
const event = (kind: NewEvent['kind'], hoursAgo: number, device: string | null, lasts: number | null = 0): NewEvent => ({
  kind,
  device,
  instance: null,
  cause: kind === 'gap' ? 'timeout' : null,
  text: `${kind} ${hoursAgo}`,
  fromMs: NOW_MS - hoursAgo * HOUR_MS,
  toMs: lasts === null ? null : NOW_MS - (hoursAgo - lasts) * HOUR_MS,
});

beforeAll(async () => {
  w = await world();
  await fixtures(w.catalog, 'a');
  await fixtures(w.catalog, 'b');
  await w.catalog.events.add([
    event('collector', 40, null),
    event('added', 30, 'ida'),
    event('gap', 20, 'ida', 1),
    event('gap', 10, 'idb', 2),
    event('down', 1, 'idb', null),
  ]);
});
afterAll(() => w.close());

const texts = async (query: string) => (await w.get(`events${query}`)).json<PageOf<EventView>>().items.map((e) => e.text);

test('newest first, with the device by name', async () => {
  const { items, nextCursor } = (await w.get('events')).json<PageOf<EventView>>();
  expect(items.map((e) => [e.text, e.deviceName])).toEqual([
    ['down 1', 'b'],
    ['gap 10', 'b'],
    ['gap 20', 'a'],
    ['added 30', 'a'],
    ['collector 40', null],
  ]);
  expect(nextCursor).toBeNull();
  expect(items[0]?.toMs).toBeNull();
  expect(items[1]?.cause).toBe('timeout');
});

test('narrowed by device, kind and time', async () => {
  expect(await texts('?device=a')).toEqual(['gap 20', 'added 30']);
  expect(await texts('?kind=gap&kind=added')).toEqual(['gap 10', 'gap 20', 'added 30']);
  expect(await texts('?cause=timeout')).toEqual(['gap 10', 'gap 20']);
  expect(await texts('?cause=restarted')).toEqual([]);
  expect((await w.get('events?cause=nonsense')).statusCode).toBe(400);
  expect(await texts('?from=-15h')).toEqual(['down 1', 'gap 10']);
  expect(await texts('?from=-35h&to=-15h')).toEqual(['gap 20', 'added 30']);
});

test('in pages', async () => {
  const first = (await w.get('events?limit=2')).json<PageOf<EventView>>();
  expect(first.items).toHaveLength(2);
  expect(await texts(`?limit=2&cursor=${first.nextCursor}`)).toEqual(['gap 20', 'added 30']);
});
