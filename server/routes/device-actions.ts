/** What can be asked of a device: try it, poll it now, its instances and graphs. */
import { Type } from 'typebox';
import { DeviceChange, DeviceInput, GraphRefView, InstanceView, Page, PollResult, PreviewView } from '../../core/api.ts';
import { graphRefs } from '../../core/graphs.ts';
import type { GraphRef } from '../../core/graph.ts';
import type { Device, Instance } from '../../core/model.ts';
import type { Candidate } from '../../core/ports.ts';
import type { App, RouteDeps } from '../parts.ts';
import { addressOf, askedFor } from '../device-input.ts';
import { changedBy, storedSecret } from '../device-change.ts';
import { changeable, deviceBy } from '../devices.ts';
import { problems } from '../openapi.ts';
import { page, pageInOrder, paging } from '../paging.ts';
import { conflict, HttpProblem, quoted } from '../problem.ts';
import type { Stocked } from '../inventory.ts';
import { createNameOrder } from '../name-order.ts';
import { instanceView, previewView } from '../views.ts';
import { DeviceParams } from './devices.ts';

const tags = ['devices'];
const NO_COLLECTOR = 'This process does not poll, so it cannot ask devices.';
/** Devices being tried at once by requests; each may take many seconds. */
const TESTS_MAX = 32;

export async function deviceActionRoutes(app: App, deps: RouteDeps): Promise<void> {
  const { catalog } = deps;
  let testing = 0;
  const test = async (candidate: Candidate) => {
    if (!deps.collector) throw new HttpProblem(503, NO_COLLECTOR);
    if (testing >= TESTS_MAX)
      throw new HttpProblem(503, `${TESTS_MAX} devices are being tried already: try again in a few seconds.`);
    testing++;
    try {
      return previewView(await deps.collector.test(candidate));
    } finally {
      testing--;
    }
  };

  app.post(
    '/devices/test',
    {
      schema: {
        operationId: 'testDevice',
        summary: 'Ask a device that is not added: what answers, and what would be polled; nothing is stored',
        tags,
        body: DeviceInput,
        response: { 200: PreviewView, ...problems },
      },
    },
    async ({ body }) => test({ address: addressOf(body.address), ...askedFor(body, 'test', null) }),
  );

  app.post(
    '/devices/:id/test',
    {
      schema: {
        operationId: 'testKnownDevice',
        summary: 'Ask a device with the credentials it is kept with, and with changes if some are given; nothing is stored',
        tags,
        params: DeviceParams,
        body: Type.Union([DeviceChange, Type.Null()]),
        response: { 200: PreviewView, ...problems },
      },
    },
    async ({ params, body }) => {
      const device = await deviceBy(catalog, params.id);
      // An empty body asks as the device is.
      if (body && Object.keys(body).length > 0) {
        changeable(device);
        const changed = await changedBy(deps, device, body);
        refuseUnpolled(changed.device);
        const secret = changed.secret ?? (await storedSecret(deps, device));
        return test({ address: changed.device.address, sources: changed.device.sources, secret });
      }
      refuseUnpolled(device);
      return test({ address: device.address, sources: device.sources, secret: await storedSecret(deps, device) });
    },
  );

  app.post(
    '/devices/:id/poll',
    {
      schema: {
        operationId: 'pollDevice',
        summary: 'Poll a device once, now',
        tags,
        params: DeviceParams,
        response: { 200: PollResult, ...problems },
      },
    },
    async ({ params }) => {
      const device = await deviceBy(catalog, params.id);
      refuseUnpolled(device);
      if (!deps.collector) throw new HttpProblem(503, NO_COLLECTOR);
      return deps.collector.pollNow(device.id);
    },
  );

  app.get(
    '/devices/:id/instances',
    {
      schema: {
        operationId: 'listDeviceInstances',
        summary: 'Interfaces, filesystems, CPUs … of a device',
        tags,
        params: DeviceParams,
        querystring: Type.Object(
          { kind: Type.Optional(Type.String({ maxLength: 64 })), ...paging },
          { additionalProperties: false },
        ),
        response: { 200: Page(InstanceView), ...problems },
      },
    },
    async ({ params, query }) => {
      const device = await deviceBy(catalog, params.id);
      const instances = (await catalog.instances.list(device.id)).filter(
        (i) => query.kind === undefined || i.kind === query.kind,
      );
      const { items, nextCursor } = page(instances, (i) => `${i.kind} ${i.name} ${i.id}`, query);
      return { items: items.map(instanceView), nextCursor };
    },
  );

  app.get(
    '/devices/:id/graphs',
    {
      schema: {
        operationId: 'listDeviceGraphs',
        summary: 'Graphs that can be drawn for a device, in the order of its page',
        tags,
        params: DeviceParams,
        querystring: Type.Object(
          {
            perFamily: Type.Optional(
              Type.Integer({
                minimum: 1,
                maximum: 1000,
                description: 'Only main graphs, and of each family at most so many: a first look at a device of many ports.',
              }),
            ),
            ...paging,
          },
          { additionalProperties: false },
        ),
        response: { 200: Page(GraphRefView), ...problems },
      },
    },
    async ({ params, query }) => {
      const device = await deviceBy(catalog, params.id);
      const { perFamily } = query;
      if (perFamily === undefined) return pageInOrder(presentFirst(device, await catalog.instances.list(device.id)), query);
      const stocked = (await deps.inventory((picture) => picture.has(device.id))).get(device.id);
      const first = stocked ? [...otherParts(stocked), ...portsInOrder([stocked]).slice(0, perFamily).map(instanceOf)] : [];
      return pageInOrder(firstOfEach(presentFirst(device, first), perFamily), query);
    },
  );
}

/** Thousands of ports are put in order once for each picture of the inventory. */
const portsInOrder = createNameOrder('interface');
const instanceOf = ({ instance }: { readonly instance: Instance }): Instance => instance;
const otherParts = ({ instances }: Stocked) => instances.filter(({ kind }) => kind !== 'interface');

function refuseUnpolled({ name, origin, sources }: Device): void {
  const why = origin === 'import' ? 'its history was imported' : 'nothing asks it any more';
  if (sources.length === 0) throw conflict(`${quoted(name)} is not polled: ${why}.`);
}

/** Graphs of what is gone are details, and come last. */
function presentFirst(device: Device, instances: readonly Instance[]): GraphRef[] {
  const gone = new Set(instances.filter((i) => i.vanishedMs !== null).map((i) => i.id));
  const refs = graphRefs(device, instances).map((ref): GraphRef =>
    ref.instance !== null && gone.has(ref.instance) ? { ...ref, rank: 'detail' } : ref,
  );
  const isGone = ({ instance }: GraphRef) => instance !== null && gone.has(instance);
  return [...refs.filter((ref) => !isGone(ref)), ...refs.filter(isGone)];
}

function firstOfEach(refs: readonly GraphRef[], most: number): GraphRef[] {
  const seen = new Map<string, number>();
  return refs.filter(({ rank, family }) => {
    if (rank !== 'main') return false;
    const before = seen.get(family) ?? 0;
    seen.set(family, before + 1);
    return before < most;
  });
}
