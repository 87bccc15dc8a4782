/** Searching the networks that the configuration allows for devices. */
import { Type } from 'typebox';
import { DiscoveryInput, DiscoveryList, DiscoveryView } from '../../core/api.ts';
import { isWithin, parseNetwork, parseRange, type AddressRange } from '../../core/addresses.ts';
import type { SourceSpec } from '../../core/model.ts';
import type { App, RouteDeps } from '../parts.ts';
import { askedFor } from '../device-input.ts';
import { createDiscoveries, discoveryView, type Discovery } from '../discoveries.ts';
import { problems } from '../openapi.ts';
import { conflict, HttpProblem, notFound, quoted } from '../problem.ts';

const tags = ['discoveries'];
const Params = Type.Object({ id: Type.String({ minLength: 1, maxLength: 64, description: 'Id of the search.' }) });
/** Longest time a request waits for the end of a search. */
const WAIT_MAX_MS = 20_000;
/** Of thousands of addresses most are silent: each is asked once, and not for long. */
const TIMEOUT_MS = 1_000;
const RETRIES = 0;

export async function discoveryRoutes(app: App, deps: RouteDeps): Promise<void> {
  const { catalog, collector, clock, log } = deps;
  const networks = () => deps.discoveryNetworks?.() ?? [];
  const discoveries = createDiscoveries({ collector: { test: (candidate) => collectorOf(deps).test(candidate) }, clock, log });
  app.addHook('onClose', () => discoveries.close());
  const shown = async (view: Discovery) => discoveryView(view, await catalog.devices.list());
  const discoveryBy = (id: string): Discovery => {
    const found = discoveries.get(id);
    if (!found) throw notFound(`There is no search ${quoted(id)}: they are kept until the server ends, the last eight.`);
    return found;
  };

  app.get(
    '/discoveries',
    {
      schema: {
        operationId: 'listDiscoveries',
        summary: 'Searches of address ranges since the server began, the newest first, and the networks that may be searched',
        tags,
        response: { 200: DiscoveryList, ...problems },
      },
    },
    async () => {
      const devices = await catalog.devices.list();
      const items = discoveries.list().map((view) => discoveryView(view, devices));
      return { items, nextCursor: null, networks: [...networks()] };
    },
  );

  app.post(
    '/discoveries',
    {
      schema: {
        operationId: 'beginDiscovery',
        summary: 'Ask every address of a range whether a device answers; nothing is stored',
        tags,
        body: DiscoveryInput,
        response: { 202: DiscoveryView, ...problems },
      },
    },
    async ({ body }, reply) => {
      const range = allowedRange(body.range, networks());
      const asked = askedFor({ address: '', ...body }, 'search', null);
      if (!collector) throw new HttpProblem(503, 'This process does not poll, so it cannot search.');
      const running = discoveries.running();
      if (running)
        throw conflict(
          `A search of ${running.range} runs already: wait for its end, or stop it (DELETE /discoveries/${running.id}).`,
        );
      const sources = asked.sources.map((source): SourceSpec =>
        source.type === 'snmp'
          ? { ...source, timeoutMs: body.snmp?.timeoutMs ?? TIMEOUT_MS, retries: body.snmp?.retries ?? RETRIES }
          : source,
      );
      return reply.code(202).send(await shown(discoveries.begin(range, { sources, secret: asked.secret })));
    },
  );

  app.get(
    '/discoveries/:id',
    {
      schema: {
        operationId: 'getDiscovery',
        summary: 'How far a search is, and what it found; `waitMs` waits for its end, but no longer',
        tags,
        params: Params,
        querystring: Type.Object(
          { waitMs: Type.Optional(Type.Integer({ minimum: 0, maximum: WAIT_MAX_MS })) },
          { additionalProperties: false },
        ),
        response: { 200: DiscoveryView, ...problems },
      },
    },
    async ({ params, query }) => {
      discoveryBy(params.id);
      if (query.waitMs !== undefined) {
        const waited = new AbortController();
        const over = () => waited.abort();
        clock.sleep(query.waitMs, waited.signal).then(over, over);
        await discoveries.ended(params.id, waited.signal);
        over();
      }
      return shown(discoveryBy(params.id));
    },
  );

  app.delete(
    '/discoveries/:id',
    {
      schema: {
        operationId: 'stopDiscovery',
        summary: 'Stop a search; what it found stays',
        tags,
        params: Params,
        response: { 204: Type.Null(), ...problems },
      },
    },
    async ({ params }, reply) => {
      discoveries.stop(discoveryBy(params.id).id);
      return reply.code(204).send(null);
    },
  );
}

function collectorOf({ collector }: RouteDeps) {
  if (!collector) throw new TypeError('no search begins without a collector');
  return collector;
}

function allowedRange(text: string, networks: readonly string[]): AddressRange {
  const refuse = (status: number, detail: string) => new HttpProblem(status, detail, [{ path: 'range', message: detail }]);
  const read = parseRange(text);
  if (!read.ok) throw refuse(400, read.text);
  if (networks.length === 0) {
    throw refuse(
      403,
      'No network may be searched yet: name those that may in the configuration, under discovery.networks, or in SAGUARO_DISCOVERY_NETWORKS.',
    );
  }
  if (
    !isWithin(
      read.range,
      networks.map(parseNetwork).filter((network) => network !== null),
    )
  ) {
    throw refuse(
      403,
      `${quoted(text)} is not within the networks that may be searched (${networks.join(', ')}): add its network to discovery.networks in the configuration.`,
    );
  }
  return read.range;
}
