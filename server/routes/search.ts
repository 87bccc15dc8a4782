import { Type } from 'typebox';
import { boardGraphId, type Dashboard } from '../../core/dashboard.ts';
import { search, SearchHit, type Findable } from '../../core/search.ts';
import type { App, RouteDeps } from '../parts.ts';
import type { Stocked } from '../inventory.ts';
import { problems } from '../openapi.ts';

const LIMIT_DEFAULT = 20;
const Query = Type.Object(
  {
    q: Type.String({ maxLength: 255, description: 'Parts of names, addresses, descriptions; every word must occur.' }),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  },
  { additionalProperties: false },
);
const Answer = Type.Object({ items: Type.Array(SearchHit), nextCursor: Type.Null() });

export async function searchRoutes(app: App, { inventory, dashboards }: RouteDeps): Promise<void> {
  // Made once for each picture of the inventory: lower case of everything is most of the work.
  let held: { readonly of: ReadonlyMap<string, Stocked>; readonly findable: readonly Findable[] } | null = null;
  const schema = {
    operationId: 'search',
    summary: 'Devices, interfaces, filesystems, dashboards and their graphs by any part of their names, best first',
    tags: ['devices'],
    querystring: Query,
    response: { 200: Answer, ...problems },
  };
  app.get('/search', { schema }, async ({ query }) => {
    const stock = await inventory();
    if (held?.of !== stock) held = { of: stock, findable: [...stock.values()].flatMap(findableOf) };
    const boards = ((await dashboards?.list()) ?? []).flatMap(findableBoard);
    return { items: search([...boards, ...held.findable], query.q, query.limit ?? LIMIT_DEFAULT), nextCursor: null };
  });
}

/** A dashboard, and each graph of its own on it. */
function findableBoard({ id, title, about, graphs }: Dashboard): Findable[] {
  const lower = (...texts: string[]) => texts.map((text) => text.toLowerCase());
  const own = graphs.flatMap((graph): Findable[] => {
    if (!('lines' in graph)) return [];
    const hit = { kind: 'graph', title: graph.title, detail: title, page: 'graph', id: boardGraphId(id, graph.key) } as const;
    return [{ hit, texts: lower(graph.title, graph.about, title) }];
  });
  return [{ hit: { kind: 'dashboard', title, detail: about, page: 'dashboard', id }, texts: lower(title, id, about) }, ...own];
}

function findableOf({ device, instances }: Stocked): Findable[] {
  const { id, name, address, site, facts } = device;
  const lower = (texts: readonly string[]) => texts.filter((text) => text !== '').map((text) => text.toLowerCase());
  const detail = [address, site].filter((text) => text !== '').join(', ');
  const about = [name, address, facts.sysName, site, ...device.tags, facts.sysLocation];
  const found: Findable[] = [{ hit: { kind: 'device', title: name, detail, page: 'device', id }, texts: lower(about) }];
  for (const { kind, id: instance, name: own, key, alias, metrics } of instances) {
    if ((kind !== 'interface' && kind !== 'disk') || metrics.length === 0) continue;
    const title = own === '' ? key : own;
    const graph = kind === 'interface' ? 'traffic' : 'disk';
    found.push({
      hit: {
        kind,
        title,
        detail: [name, alias].filter((text) => text !== '').join(', '),
        page: 'graph',
        id: `${graph}~${id}~${instance}`,
      },
      texts: lower([title, alias, name, address, key]),
    });
  }
  return found;
}
