import { Type } from 'typebox';
import { InstanceView, Page } from '../../core/api.ts';
import type { Instance } from '../../core/model.ts';
import type { App, RouteDeps } from '../parts.ts';
import { deviceBy } from '../devices.ts';
import { problems } from '../openapi.ts';
import { pageAcross, paging } from '../paging.ts';
import { instanceView } from '../views.ts';

const Query = Type.Object(
  {
    device: Type.Optional(Type.String({ maxLength: 255, description: 'Id or name.' })),
    kind: Type.Optional(Type.String({ maxLength: 64 })),
    q: Type.Optional(Type.String({ maxLength: 255, description: 'Part of name, key or description.' })),
    ...paging,
  },
  { additionalProperties: false },
);

export async function instanceRoutes(app: App, { catalog }: RouteDeps): Promise<void> {
  const schema = {
    operationId: 'listInstances',
    summary: 'Interfaces, filesystems, CPUs … of all devices',
    tags: ['devices'],
    querystring: Query,
    response: { 200: Page(InstanceView), ...problems },
  };
  app.get('/instances', { schema }, async ({ query }) => {
    const devices = query.device === undefined ? await catalog.devices.list() : [await deviceBy(catalog, query.device)];
    const word = query.q?.trim().toLowerCase() ?? '';
    const wanted = (i: Instance) =>
      (query.kind === undefined || i.kind === query.kind) &&
      [i.name, i.key, i.alias].some((text) => text.toLowerCase().includes(word));
    const { items, nextCursor } = await pageAcross(
      devices,
      async (device) => (await catalog.instances.list(device.id)).filter(wanted),
      (i) => `${i.kind} ${i.name} ${i.id}`,
      query,
    );
    return { items: items.map(instanceView), nextCursor };
  });
}
