import { Type } from 'typebox';
import { EventView, Page } from '../../core/api.ts';
import { GAP_CAUSES, type Event } from '../../core/model.ts';
import type { App, RouteDeps } from '../parts.ts';
import { deviceBy } from '../devices.ts';
import { problems } from '../openapi.ts';
import { badCursor, decodeCursor, encodeCursor, PAGE_DEFAULT, paging } from '../paging.ts';
import { badRequest } from '../problem.ts';
import { momentOf } from '../ranges.ts';
import { eventView } from '../views.ts';

const KINDS = [
  'gap',
  'restart',
  'down',
  'added',
  'vanished',
  'returned',
  'changed',
  'collector',
  'import',
  'unusual',
] as const satisfies Event['kind'][];
const Query = Type.Object(
  {
    device: Type.Optional(Type.String({ maxLength: 255, description: 'Id or name.' })),
    from: Type.Optional(Type.String({ maxLength: 64, description: 'Events that were not over by then.' })),
    to: Type.Optional(Type.String({ maxLength: 64, description: 'Events that began before.' })),
    kind: Type.Optional(
      Type.Array(Type.Enum([...KINDS]), { maxItems: KINDS.length, description: 'May be given several times.' }),
    ),
    cause: Type.Optional(Type.Enum([...GAP_CAUSES], { description: 'Why time is unknown.' })),
    ...paging,
  },
  { additionalProperties: false },
);

export async function eventRoutes(app: App, { catalog, clock, config }: RouteDeps): Promise<void> {
  const schema = {
    operationId: 'listEvents',
    summary: 'What happened, newest first',
    tags: ['events'],
    querystring: Query,
    response: { 200: Page(EventView), ...problems },
  };
  app.get('/events', { schema }, async ({ query }) => {
    const nowMs = clock.nowMs();
    const fromMs = momentOf(query.from, nowMs, config.zone);
    const toMs = momentOf(query.to, nowMs, config.zone);
    if (fromMs !== undefined && toMs !== undefined && fromMs > toMs)
      throw badRequest('The range ends before it begins: swap "from" and "to".');
    const device = query.device === undefined ? undefined : (await deviceBy(catalog, query.device)).id;
    const beforeId = query.cursor === undefined ? undefined : Number(decodeCursor(query.cursor));
    if (beforeId !== undefined && !Number.isSafeInteger(beforeId)) throw badCursor();
    const limit = query.limit ?? PAGE_DEFAULT;
    const events = await catalog.events.list({
      limit: limit + 1,
      ...(device === undefined ? {} : { device }),
      ...(fromMs === undefined ? {} : { fromMs }),
      ...(toMs === undefined ? {} : { toMs }),
      ...(query.kind === undefined ? {} : { kinds: query.kind }),
      ...(query.cause === undefined ? {} : { cause: query.cause }),
      ...(beforeId === undefined ? {} : { beforeId }),
    });
    const names = new Map((await catalog.devices.list()).map((d) => [d.id, d.name]));
    const shown = events.slice(0, limit);
    const last = shown.at(-1);
    return {
      items: shown.map((event) => eventView(event, event.device === null ? null : (names.get(event.device) ?? null))),
      nextCursor: events.length > limit && last ? encodeCursor(String(last.id)) : null,
    };
  });
}
