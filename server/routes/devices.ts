/** Devices: list, look at, add, change, remove. */
import { Type } from 'typebox';
import { DeviceAdded, DeviceChange, DeviceChanged, DeviceInput, DeviceView, Page } from '../../core/api.ts';
import { NO_FACTS, type Device } from '../../core/model.ts';
import type { Preview } from '../../core/ports.ts';
import type { App, RouteDeps } from '../parts.ts';
import {
  addressOf,
  askedFor,
  INTERVAL_DEFAULT_MS,
  nameFromFacts,
  nameOf,
  plainText,
  secretIds,
  type Asked,
} from '../device-input.ts';
import { changedBy, keepChange, keepSecret } from '../device-change.ts';
import { changeable, deviceBy, nameIsTaken, viewOf } from '../devices.ts';
import { newId } from '../ids.ts';
import { createSummaries, NO_INSTANCES } from '../instance-summary.ts';
import { problems } from '../openapi.ts';
import { page, paging } from '../paging.ts';
import { conflict, HttpProblem, quoted } from '../problem.ts';
import { deviceView, previewView, seriesOf } from '../views.ts';

const tags = ['devices'];
export const DeviceParams = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 255, description: 'Id or name of the device.' }),
});
const ListQuery = Type.Object(
  {
    q: Type.Optional(Type.String({ maxLength: 255, description: 'Part of name, address, site, tag or sysName.' })),
    state: Type.Optional(Type.Enum(['up', 'down', 'stale', 'new', 'not polled'])),
    ...paging,
  },
  { additionalProperties: false },
);

export async function deviceRoutes(app: App, deps: RouteDeps): Promise<void> {
  const { catalog, collector } = deps;
  const summaries = createSummaries(catalog, deps.inventory);

  app.get(
    '/devices',
    {
      schema: {
        operationId: 'listDevices',
        summary: 'Devices, by name',
        tags,
        querystring: ListQuery,
        response: { 200: Page(DeviceView), ...problems },
      },
    },
    async ({ query }) => {
      const status = (device: Device) => collector?.deviceStatus(device.id) ?? null;
      const wanted = (await catalog.devices.list()).filter(
        (device) =>
          matches(device, query.q) &&
          (query.state === undefined || deviceView(device, status(device), NO_INSTANCES).state === query.state),
      );
      const { items, nextCursor } = page(wanted, (device) => device.name, query);
      return {
        items: await Promise.all(items.map(async (device) => deviceView(device, status(device), await summaries(device.id)))),
        nextCursor,
      };
    },
  );

  app.get(
    '/devices/:id',
    {
      schema: {
        operationId: 'getDevice',
        summary: 'One device',
        tags,
        params: DeviceParams,
        response: { 200: DeviceView, ...problems },
      },
    },
    async ({ params }) => viewOf(deps, await deviceBy(catalog, params.id)),
  );

  app.post(
    '/devices',
    {
      schema: {
        operationId: 'addDevice',
        summary: 'Add a device; it is asked first, unless `force` is true',
        tags,
        body: DeviceInput,
        response: { 201: DeviceAdded, ...problems },
      },
    },
    async ({ body }, reply) => {
      const added = await addDevice(deps, body);
      return reply.code(201).send(added);
    },
  );

  app.patch(
    '/devices/:id',
    {
      schema: {
        operationId: 'changeDevice',
        summary: 'Change a device; what is not given stays, and it is asked with its new settings',
        tags,
        params: DeviceParams,
        body: DeviceChange,
        response: { 200: DeviceChanged, ...problems },
      },
    },
    async ({ params, body }) => {
      const device = await deviceBy(catalog, params.id);
      changeable(device);
      const preview = await keepChange(deps, device, await changedBy(deps, device, body));
      deps.inventory.forget();
      const view = await viewOf(deps, await deviceBy(catalog, device.id));
      return { ...view, preview: preview && previewView(preview) };
    },
  );

  app.delete(
    '/devices/:id',
    {
      schema: {
        operationId: 'removeDevice',
        summary: 'Remove a device and its whole history',
        tags,
        params: DeviceParams,
        response: { 204: Type.Null(), ...problems },
      },
    },
    async ({ params }, reply) => {
      const device = await deviceBy(catalog, params.id);
      changeable(device);
      await collector?.unwatch(device.id);
      try {
        // History first: if that fails the device is still there to try again, and still polled.
        await deps.history.remove(seriesOf(device, await catalog.instances.list(device.id)).map((series) => series.key));
        await catalog.devices.remove(device.id);
        deps.inventory.forget();
      } catch (cause) {
        if (device.sources.length > 0) await collector?.watch(device);
        throw cause;
      }
      return reply.code(204).send(null);
    },
  );
}

function matches(device: Device, q: string | undefined): boolean {
  if (q === undefined || q.trim() === '') return true;
  const word = q.trim().toLowerCase();
  const texts = [device.name, device.address, device.site, device.facts.sysName, ...device.tags];
  return texts.some((text) => text.toLowerCase().includes(word));
}

async function addDevice(deps: RouteDeps, input: DeviceInput): Promise<DeviceAdded> {
  const { catalog, collector } = deps;
  const id = newId();
  const address = addressOf(input.address);
  const givenName = input.name === undefined ? null : nameOf(input.name);
  const asked = askedFor(input, id, null);
  const site = plainText(input.site ?? '', 'site');
  const deviceTags = (input.tags ?? []).map((tag) => plainText(tag, 'tags'));
  const others = await catalog.devices.list();
  // Said before the device is asked, which takes its time.
  if (givenName !== null && others.some((d) => d.name === givenName)) throw nameIsTaken(givenName);
  const twin = others.find((d) => d.address !== '' && d.address === address && samePort(d, asked));
  if (givenName === null && twin)
    throw conflict(`${quoted(twin.name)} has this address already: give a name to add it once more.`);
  if (collector === null) throw new HttpProblem(503, 'This process does not poll, so no device can be added through it.');
  const test: Preview | null = input.force === true ? null : await collector.test({ address, ...asked });
  if (test && !test.ok) throw new HttpProblem(422, test.text);
  const facts = test?.ok ? test.facts : NO_FACTS;
  const own = nameFromFacts(facts);
  const device: Device = {
    id,
    name: givenName ?? (own !== null && !others.some((d) => d.name === own) ? own : address),
    address,
    sources: asked.sources,
    intervalMs: input.intervalMs ?? INTERVAL_DEFAULT_MS,
    site,
    tags: deviceTags,
    origin: 'catalog',
    facts,
    createdMs: deps.clock.nowMs(),
  };
  await keepSecret(deps, device, asked.secret);
  try {
    await catalog.devices.put(device);
  } catch (cause) {
    for (const secret of secretIds(device)) await catalog.secrets.remove(secret);
    throw cause;
  }
  const preview = await collector.watch(device);
  return { device: await viewOf(deps, await deviceBy(catalog, id)), preview: previewView(preview) };
}

function samePort(device: Device, asked: Asked): boolean {
  const port = (sources: Device['sources']) =>
    sources.map((source) => (source.type === 'snmp' ? source.port : 0)).find((p) => p > 0) ?? 0;
  return port(device.sources) === port(asked.sources);
}
