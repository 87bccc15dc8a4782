/** A whole server without a network: real catalog and history in memory, a collector that answers by rote. */
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { expect } from 'vitest';
import { DEFAULT_TIERS, NO_FACTS, type Device, type Instance } from '../../core/model.ts';
import type { Candidate, Catalog, CollectorControl, DeviceStatus, History, Preview } from '../../core/ports.ts';
import { buildApp } from '../../server/app.ts';
import { createInventory, type Inventory } from '../../server/inventory.ts';
import type { App, AppDeps } from '../../server/parts.ts';
import type { ServerConfig } from '../../server/settings.ts';
import { createCatalog } from '../../store/catalog/catalog.ts';
import { createHistory } from '../../store/history.ts';
import { createMemoryStore } from '../../store/memory.ts';

export const NOW_MS = Date.UTC(2026, 2, 15, 12);
export const CONFIG: ServerConfig = {
  host: '127.0.0.1',
  port: 0,
  publicUrl: null,
  basePath: '',
  trustedProxies: [],
  allowedHosts: [],
  adminPassword: null,
  zone: 'UTC',
};

export interface RoteCollector extends CollectorControl {
  readonly tested: Candidate[];
  readonly watched: Device[];
  readonly unwatched: string[];
  readonly statuses: Map<string, DeviceStatus>;
}

const REFUSED: Preview = {
  ok: false,
  cause: 'timeout',
  text: '192.0.2.99 does not answer within 2 s: check the address and the community.',
};

/** Devices under 192.0.2.99 do not answer; every other one calls itself `core1`. */
export function roteCollector(): RoteCollector {
  const tested: Candidate[] = [];
  const watched: Device[] = [];
  const unwatched: string[] = [];
  const statuses = new Map<string, DeviceStatus>();
  const preview = (address: string): Preview =>
    address === '192.0.2.99'
      ? REFUSED
      : {
          ok: true,
          facts: { ...NO_FACTS, sysName: address.startsWith('evil') ? '<script>alert(1)</script>/x' : 'core1' },
          instances: [{ kind: 'interface', key: 'eth0', name: 'eth0', alias: '=1+1', capacity: 1e9 }],
          columns: [{ kind: 'interface', key: 'eth0', metric: 'interface.in_bps', unit: 'bps', form: 'counter', scale: 8 }],
          notes: [],
          text: `${address} answers SNMPv2c in 3 ms as core1, 1 interface.`,
          roundTripMs: 3,
        };
  return {
    tested,
    watched,
    unwatched,
    statuses,
    status: () => ({
      startedMs: NOW_MS,
      devices: watched.length,
      states: Object.fromEntries(
        Map.groupBy(statuses.values(), ({ state }) => state)
          .entries()
          .map(([state, list]) => [state, list.length]),
      ),
      silent: 1,
      inFlight: 3,
      lanes: { living: { inFlight: 1, waiting: 0 }, suspect: { inFlight: 2, waiting: 4 } },
      polls: 7,
      failures: 1,
      skipped: 2,
      samples: 70,
      polledPerS: 166.5,
      valuesPerS: 8_010,
      lateReplies: 0,
      gaps: { timeout: 3, restarted: 1 },
      gapsLastHour: { timeout: 2 },
      latenessMs: 1.5,
      lateness: { p50Ms: 0.1, p99Ms: 1.2, worstMs: 1.5 },
      slowest: [
        {
          device: 'idweb1',
          name: 'web1',
          pollMs: 840,
          intervalMs: 60_000,
          reason: 'answers in 840 ms, 12 requests, 3 of them sent again',
        },
      ],
      transport: { sent: 90, resent: 5, received: 84, foreign: 12, wrongCommunity: 1, late: 2, malformed: 3 },
    }),
    deviceStatus: (id) => statuses.get(id) ?? null,
    test: async (candidate) => {
      tested.push(candidate);
      return preview(candidate.address);
    },
    watch: async (device) => {
      watched.push(device);
      return preview(device.address);
    },
    unwatch: async (id) => void unwatched.push(id),
    pollNow: async () => ({ ok: true, text: '12 samples from core1.', samples: 12 }),
  };
}

export interface World {
  readonly app: App;
  readonly catalog: Catalog;
  readonly history: History;
  readonly collector: RoteCollector;
  readonly logged: string[];
  /** Moves the server's clock. */
  pass(ms: number): void;
  nowMs(): number;
  /** Asks, and holds a JSON answer against the schema that documents it. */
  ask(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, options?: InjectOptions): Promise<LightMyRequestResponse>;
  get(url: string, options?: InjectOptions): Promise<LightMyRequestResponse>;
  post(url: string, payload?: unknown, options?: InjectOptions): Promise<LightMyRequestResponse>;
  csv(text: string | Buffer): Promise<LightMyRequestResponse>;
  close(): Promise<void>;
}

export async function world(config: Partial<ServerConfig> = {}, deps: Partial<AppDeps> = {}): Promise<World> {
  const catalog = await createCatalog({ path: ':memory:', keyPath: null });
  const logged: string[] = [];
  const note = (text: string, fields?: Record<string, unknown>) => void logged.push(`${text} ${JSON.stringify(fields ?? {})}`);
  const log = { info: note, warn: note, error: note };
  let nowMs = NOW_MS;
  const clock = { nowMs: () => nowMs, monoMs: () => nowMs, sleep: async () => undefined };
  const history = await createHistory({ store: createMemoryStore(), tiers: DEFAULT_TIERS, nowMs: clock.nowMs, log });
  const collector = roteCollector();
  const settings = { ...CONFIG, ...config };
  const app = await buildApp({
    history,
    catalog,
    collector,
    clock,
    config: settings,
    version: '1.2.3',
    webRoot: null,
    log,
    ...deps,
  });
  const api = `${settings.basePath}/api/v1`;
  const document = app.swagger() as unknown as OpenApi;

  const ask: World['ask'] = async (method, url, options = {}) => {
    const answer = await app.inject({ ...options, method, url: url.startsWith('/') ? url : `${api}/${url}` });
    documented(document, method, url.startsWith('/') ? url : `/api/v1/${url}`, answer);
    return answer;
  };
  return {
    app,
    catalog,
    history,
    collector,
    logged,
    pass: (ms) => void (nowMs += ms),
    nowMs: clock.nowMs,
    ask,
    get: (url, options) => ask('GET', url, options),
    post: (url, payload, options = {}) =>
      ask('POST', url, { ...options, ...(payload === undefined ? {} : { payload: payload as object }) }),
    csv: (text) => ask('POST', 'imports', { payload: text, headers: { 'content-type': 'text/csv' } }),
    async close() {
      await app.close();
      await history.close();
      await catalog.close();
    },
  };
}

export interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly parameters?: { readonly name: string; readonly in: string; readonly schema: object; readonly required?: boolean }[];
  readonly requestBody?: { readonly content: Record<string, { schema: object }> };
  readonly responses: Record<string, { readonly description: string; readonly content?: Record<string, { schema: TSchema }> }>;
}
export interface OpenApi {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly servers: { url: string }[];
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, TSchema> };
}

/** A JSON answer must have the form the API's description gives it. */
function documented(document: OpenApi, method: string, url: string, answer: LightMyRequestResponse): void {
  const type = String(answer.headers['content-type'] ?? '').split(';')[0] ?? '';
  if (!type.endsWith('json')) return;
  const path = url.split('?')[0] ?? '';
  const operation = (document.paths[path] ?? Object.entries(document.paths).find(([template]) => matches(template, path))?.[1])?.[
    method.toLowerCase()
  ];
  const response =
    operation?.responses[String(answer.statusCode)] ?? operation?.responses[`${Math.floor(answer.statusCode / 100)}XX`];
  const schema =
    response?.content?.[type]?.schema ?? (answer.statusCode >= 400 ? document.components.schemas['Problem'] : undefined);
  expect(schema, `${method} ${url} ${answer.statusCode} ${type} is documented`).toBeDefined();
  if (!schema) return;
  const resolved = JSON.parse(
    JSON.stringify(schema).replaceAll(
      '{"$ref":"#/components/schemas/Problem"}',
      JSON.stringify(document.components.schemas['Problem']),
    ),
  ) as TSchema;
  const check = Compile(resolved);
  const body: unknown = answer.json();
  expect(check.Check(body) ? [] : check.Errors(body), `${method} ${url} answers as documented`).toEqual([]);
}

function matches(template: string, path: string): boolean {
  return new RegExp(`^${template.replace(/\{[^}]+\}/g, '[^/]+')}/?$`).test(path);
}

/** A device that nobody polls, with one interface and one filesystem. */
export async function fixtures(catalog: Catalog, name = 'web1'): Promise<{ device: Device; eth0: Instance; disk: Instance }> {
  const device: Device = {
    id: `id${name}`,
    name,
    address: '192.0.2.7',
    sources: [{ type: 'ping' }],
    intervalMs: 60_000,
    site: 'cellar',
    tags: ['edge'],
    origin: 'catalog',
    facts: NO_FACTS,
    createdMs: NOW_MS - 86_400_000,
  };
  const instance = (id: string, kind: string, key: string, metrics: Instance['metrics']): Instance => ({
    id: `${id}${name}`,
    device: device.id,
    kind,
    key,
    name: key,
    alias: '',
    capacity: null,
    metrics,
    firstSeenMs: NOW_MS,
    lastSeenMs: NOW_MS,
    vanishedMs: null,
  });
  const eth0 = instance('e', 'interface', 'eth0', [
    { name: 'interface.in_bps', unit: 'bps' },
    { name: 'interface.out_bps', unit: 'bps' },
  ]);
  const disk = instance('d', 'disk', '/var/log', [{ name: 'disk.used_bytes', unit: 'bytes' }]);
  await catalog.devices.put(device);
  await catalog.instances.put([eth0, disk]);
  return { device, eth0, disk };
}

export const detailOf = (answer: LightMyRequestResponse): string => answer.json<{ detail: string }>().detail;

/** An inventory that is read anew at every look. */
export function freshInventory(catalog: Catalog): Inventory {
  let monoMs = 0;
  return createInventory(catalog, () => (monoMs += 1e9));
}
