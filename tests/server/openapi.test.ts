import { afterAll, beforeAll, expect, test } from 'vitest';
import { world, type OpenApi, type World } from './world.ts';

let w: World;
let document: OpenApi;
const routes: { method: string; url: string }[] = [];

beforeAll(async () => {
  w = await world(
    {},
    {
      socketRoutes: (app) => void app.get('/extra', { schema: { operationId: 'extra', summary: 'An extra route' } }, () => ({})),
    },
  );
  document = (await w.app.inject('/api/v1/openapi.json')).json<OpenApi>();
  // A tree: four characters a level, each line adding to the one above it.
  const above: string[] = [];
  for (const line of w.app.printRoutes({ commonPrefix: false }).split('\n')) {
    const match = /^(.*?[├└]── )(\S+) \(([A-Z, ]+)\)$/.exec(line);
    if (!match) continue;
    const level = (match[1] ?? '').length / 4 - 1;
    above[level] = match[2] ?? '';
    const url = above.slice(0, level + 1).join('');
    for (const method of match[3]?.split(', ') ?? []) routes.push({ method, url });
  }
});
afterAll(() => w.close());

test('the description has the form OpenAPI 3.1 asks for', () => {
  expect(document.openapi).toBe('3.1.0');
  expect(document.info).toMatchObject({ title: 'Saguaro', version: '1.2.3' });
  const ids = new Set<string>();
  for (const [path, operations] of Object.entries(document.paths)) {
    expect(path).toMatch(/^\//);
    const inPath = [...path.matchAll(/\{([^}]+)\}/g)].map((m) => m[1]);
    for (const [method, operation] of Object.entries(operations)) {
      const what = `${method} ${path}`;
      expect(['get', 'post', 'patch', 'delete'], what).toContain(method);
      expect(operation.summary, `${what} has a summary`).toBeTruthy();
      expect(operation.operationId, `${what} has an id`).toBeTruthy();
      expect(ids.has(operation.operationId ?? ''), `${what}: its id is its own`).toBe(false);
      ids.add(operation.operationId ?? '');
      const declared = (operation.parameters ?? []).filter((p) => p.in === 'path').map((p) => p.name);
      expect(declared.sort(), what).toEqual(inPath.sort());
      expect(Object.keys(operation.responses).length, what).toBeGreaterThan(0);
      for (const [status, response] of Object.entries(operation.responses)) {
        expect(status, what).toMatch(/^([1-5]\d\d|[1-5]XX|default)$/);
        expect(response.description, `${what} ${status}`).toBeTypeOf('string');
      }
      if (path.startsWith('/api/') && operation.operationId !== 'extra')
        expect(Object.keys(operation.responses), what).toContain('4XX');
    }
  }
});

test('every reference leads somewhere', () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map((m) => m[1] ?? '');
  expect(references.length).toBeGreaterThan(0);
  for (const reference of references) {
    const name = /^#\/components\/schemas\/(.+)$/.exec(reference)?.[1] ?? '';
    expect(document.components.schemas[name], reference).toBeDefined();
  }
});

test('every route of the API is described', () => {
  const own = routes.filter(
    ({ method, url }) => url.startsWith('/api/v1') && !['HEAD', 'OPTIONS'].includes(method) && !url.endsWith('openapi.json'),
  );
  expect(own.length).toBeGreaterThanOrEqual(24);
  for (const { method, url } of own) {
    const path = url.replace(/:([A-Za-z]+)/g, '{$1}');
    expect(document.paths[path]?.[method.toLowerCase()], `${method} ${url}`).toBeDefined();
  }
});
