/** Dashboards as files: faults with their places, what is left standing, replacement and reload. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, it, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { formatConfigError, loadConfig } from '../../config.ts';
import { checkDashboard } from '../../config/dashboard-file.ts';
import { createDashboards, dashboardFolders } from '../../config/dashboards.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'saguaro-dashboards-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const GOOD = 'title: T\ngraphs:\n  - title: Load\n    lines: [{ metric: load.five }]\n';
const told = (text: string) => checkDashboard('f', 'f.yaml', text).faults.map(formatConfigError);

test('ours are without a fault, the overview first', async () => {
  const boards = await createDashboards(dashboardFolders(ROOT, []), () => 0).list();
  expect(boards.map(({ id, own, faults }) => [id, own, faults])).toEqual([
    ['overview', false, []],
    ['network', false, []],
    ['servers', false, []],
    ['storage', false, []],
  ]);
  for (const board of boards) expect(board.graphs.length).toBeGreaterThan(2);
});

test('the example in the guide is valid', () => {
  const text = readFileSync(join(ROOT, 'docs', 'dashboards.md'), 'utf8');
  const example = /```yaml\n([^]*?)```/.exec(text)?.[1] ?? '';
  expect(told(example)).toEqual([]);
  expect(checkDashboard('f', 'f', example).graphs).toHaveLength(4);
});

describe('faults are named with file, line and key', () => {
  test.each<[string, string, string]>([
    ['a key of the frame', 'titel: T\ngraphs: []', 'f.yaml:1: titel is not a known key; did you mean title?'],
    ['a frame without a title', 'graphs: []', 'f.yaml:1: the file needs the key title'],
    ['no map at all', '- a', 'f.yaml:1: the file must have keys of its own: title, about, graphs'],
    ['nothing', '# nothing\n', 'f.yaml: the file is empty; it needs the keys title and graphs'],
    ['a list that is none', 'title: T\ngraphs: 3', 'f.yaml:2: graphs must be a list; begin each entry with "- "'],
    [
      'a key of a graph',
      'title: T\ngraphs:\n  - title: G\n    lines: [{ metric: load.five }]\n    stakc: true',
      'f.yaml:5: graphs[0].stakc is not a known key; did you mean stack?',
    ],
    [
      'a key of a line',
      'title: T\ngraphs:\n  - title: G\n    lines:\n      - metric: load.five\n        agregate: sum',
      'f.yaml:6: graphs[0].lines[0].agregate is not a known key; did you mean aggregate?',
    ],
    [
      'a key of a selector',
      'title: T\ngraphs:\n  - title: G\n    select:\n      tags: core\n    lines: [{ metric: load.five }]',
      'f.yaml:5: graphs[0].select.tags is not a known key; did you mean tag?',
    ],
    [
      'a selector within a selector within a selector',
      'title: T\ngraphs:\n  - title: G\n    select: { not: { not: { tag: a } } }\n    lines: [{ metric: load.five }]',
      'f.yaml:4: graphs[0].select.not.not is not a known key; known are kind, site, tag, device, name, alias',
    ],
    [
      'a number for a text',
      'title: T\ngraphs:\n  - title: G\n    select: { site: 12 }\n    lines: [{ metric: load.five }]',
      'f.yaml:4: graphs[0].select.site must be a text, or a list of at most 64 texts, such as "*uplink*" or [core, edge]; put numbers in quotes',
    ],
    [
      'an aggregate that is none',
      'title: T\ngraphs:\n  - title: G\n    lines: [{ metric: load.five, aggregate: total }]',
      'f.yaml:4: graphs[0].lines[0].aggregate must be each, sum, mean, max or min',
    ],
    [
      'no line',
      'title: T\ngraphs:\n  - title: G\n    lines: []',
      'f.yaml:4: graphs[0].lines must have at least one line, such as { metric: load.five }',
    ],
    [
      'two units',
      'title: T\ngraphs:\n  - title: G\n    lines:\n      - { metric: load.five }\n      - { metric: disk.used_bytes }',
      'f.yaml:6: graphs[0].lines[1].metric is in bytes, and load.five in 1; a graph has one unit',
    ],
    [
      'a sum of shares',
      'title: T\ngraphs:\n  - title: G\n    lines: [{ metric: disk.used_bytes, per: disk.size_bytes, aggregate: sum }]',
      'f.yaml:4: graphs[0].lines[0].aggregate must not be sum where per divides: shares do not add up; mean does',
    ],
    [
      'a share of something else',
      'title: T\ngraphs:\n  - title: G\n    lines: [{ metric: disk.used_bytes, per: memory.size_bytes }]',
      'f.yaml:4: graphs[0].lines[0].per must be of the same family as disk.used_bytes: both are of one instance',
    ],
    [
      'the capacity of single lines',
      'title: T\ngraphs:\n  - title: G\n    limit: capacity\n    lines: [{ metric: interface.in_bps }]',
      'f.yaml:4: graphs[0].limit can be capacity only where every line has aggregate: sum; give a number',
    ],
    [
      'a repetition of nothing',
      'title: T\ngraphs:\n  - repeat: interfaces',
      'f.yaml:3: graphs[0].repeat must be interface, load, cpu, memory, disk, ping, system or device; did you mean interface?',
    ],
    [
      'a graph that does not exist',
      'title: T\ngraphs:\n  - repeat: interface\n    graph: trafic',
      'f.yaml:4: graphs[0].graph must be traffic, errors or packets; did you mean traffic?',
    ],
    [
      'devices by the name of a part',
      'title: T\ngraphs:\n  - repeat: device\n    select: { name: eth0 }',
      'f.yaml:4: graphs[0].select.name says nothing of a device; device, site and tag do',
    ],
    ['the same key twice', 'title: T\ntitle: U\ngraphs: []', 'f.yaml:2: the file is not valid YAML: map keys must be unique'],
  ])('%s', (_name, text, expected) => {
    expect(told(text)).toEqual([expected]);
  });

  it('leaves the other graphs standing, under the same keys', () => {
    const board = checkDashboard(
      'f',
      'f.yaml',
      'title: T\ngraphs:\n  - { title: A, lines: [{ metric: load.five }] }\n  - { title: A, lines: 3 }\n  - { title: A, lines: [{ metric: load.one }] }',
    );
    expect(board.graphs.map(({ key }) => key)).toEqual(['a', 'a-3']);
    expect(board.faults).toHaveLength(1);
  });

  it('takes no more than is stated, and says so', () => {
    const many = stringify({
      title: 'T',
      graphs: Array.from({ length: 120 }, () => ({ title: 'G', lines: [{ metric: 'load.five' }] })),
    });
    const board = checkDashboard('f', 'f.yaml', many);
    expect(board.graphs).toHaveLength(100);
    expect(board.faults.map(formatConfigError)).toEqual(['f.yaml:2: graphs must have at most 100 entries, and has 120']);
    const wrong = stringify({ title: 'T', graphs: Array.from({ length: 90 }, () => ({ titel: 'G' })) });
    expect(told(wrong)).toHaveLength(51);
    expect(told(wrong).at(-1)).toMatch(/^f.yaml: the file has \d+ more faults$/);
  });
});

describe('hostile files', () => {
  test.each<[string, string]>([
    [
      'aliases that stand for millions',
      `a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c]\ntitle: T\ngraphs: [*d, *d, *d]`,
    ],
    ['depth without end', `title: ${'['.repeat(50_000)}`],
    ['tags of other languages', 'title: T\ngraphs: !!js/function "function () { throw 1 }"'],
    ['prototypes', 'title: T\n__proto__: { graphs: 1 }\nconstructor: 2\ngraphs: []'],
    ['bytes that are no text', '\u0000\u0001\ufffd: ['],
  ])('%s are refused in words', (_name, text) => {
    const board = checkDashboard('f', 'f.yaml', text);
    expect(board.faults.length).toBeGreaterThan(0);
    expect(board.graphs).toEqual([]);
  });

  it('are not slow, however many entries they have', () => {
    const begun = performance.now();
    const board = checkDashboard('f', 'f.yaml', `title: T\ngraphs:\n${'- a\n'.repeat(60_000)}`);
    expect(board.graphs).toEqual([]);
    expect(board.faults.length).toBeLessThanOrEqual(51);
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  it('never throws, whatever is written where', () => {
    const leaf = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.constantFrom('each', 'capacity', 'load.five', '*'),
    );
    const key = fc.constantFrom(
      'title',
      'lines',
      'metric',
      'select',
      'not',
      'repeat',
      'graph',
      'per',
      'limit',
      'tag',
      '__proto__',
      'x',
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(key, tie('value'), { maxKeys: 5 }),
      ),
    }));
    fc.assert(
      fc.property(fc.array(value, { maxLength: 4 }), (graphs) => {
        const text = stringify({ title: 'T', graphs });
        const board = checkDashboard('f', 'f.yaml', text);
        expect(board.graphs.length + board.faults.length).toBeGreaterThanOrEqual(
          Math.min(1, (parse(text) as { graphs: unknown[] }).graphs.length),
        );
      }),
      { numRuns: 300 },
    );
  });
});

test('the folder is a key of the configuration and a variable', () => {
  const load = (env: Record<string, string>) => loadConfig({ path: null, env, home: folder });
  expect(load({ SAGUARO_DASHBOARDS: folder })).toMatchObject({ ok: true, config: { dashboardFolders: [folder] } });
  const none = load({ SAGUARO_DASHBOARDS: join(folder, 'none') });
  expect(none.ok ? [] : none.errors.map(formatConfigError)).toEqual([
    `SAGUARO_DASHBOARDS: dashboards names ${join(folder, 'none')}, which is not a folder`,
  ]);
});

describe('folders', () => {
  const [ours, own] = [join(folder, 'dashboards'), join(folder, 'own')];
  let nowMs = 0;
  const source = () => createDashboards(dashboardFolders(folder, [own]), () => nowMs);
  const put = (path: string, title: string) => writeFileSync(path, GOOD.replace('title: T', `title: ${title}`));
  beforeEach(() => {
    for (const path of [ours, own]) {
      rmSync(path, { recursive: true, force: true });
      mkdirSync(path);
    }
    put(join(ours, 'network.yaml'), 'Ours');
  });

  it("are joined; the user's file of the same name replaces ours", async () => {
    put(join(own, 'network.yaml'), 'Mine');
    put(join(own, 'extra.yml'), 'Extra');
    const boards = await source().list();
    expect(boards.map(({ id, title, own: isOwn, replaces, file }) => [id, title, isOwn, replaces, file])).toEqual([
      ['extra', 'Extra', true, false, join(own, 'extra.yml')],
      ['network', 'Mine', true, true, join(own, 'network.yaml')],
    ]);
  });

  it('see what is changed, new or gone two seconds later, and at once when asked', async () => {
    const board = source();
    const titles = async (fresh = false) => (await board.list({ fresh })).map(({ title }) => title);
    expect(await titles()).toEqual(['Ours']);
    put(join(ours, 'network.yaml'), 'Changed here');
    put(join(own, 'extra.yaml'), 'Extra');
    expect(await titles()).toEqual(['Ours']);
    nowMs += 2_000;
    expect(await titles()).toEqual(['Changed here', 'Extra']);
    rmSync(join(own, 'extra.yaml'));
    expect(await titles(true)).toEqual(['Changed here']);
  });

  it('name a file that cannot be taken, and show the others', async () => {
    writeFileSync(join(own, 'large.yaml'), `title: T\n#${'x'.repeat(256 * 1024)}`);
    writeFileSync(join(own, 'no spaces.yaml'), GOOD);
    writeFileSync(join(own, 'network.yml'), GOOD);
    writeFileSync(join(own, 'network.yaml'), GOOD);
    mkdirSync(join(own, 'folder.yaml'));
    if (process.platform !== 'win32') execFileSync('mkfifo', [join(own, 'pipe.yaml')]);
    writeFileSync(join(own, '.hidden.yaml'), 'x: [');
    const boards = await source().list();
    expect(Object.fromEntries(boards.map(({ id, faults }) => [id, faults.map(({ text }) => text)]))).toEqual({
      network: [`has the name of ${join(own, 'network.yaml')} already, but for its ending, and is left out`],
      large: ['is larger than 256 KiB'],
      '_no-spaces': ['must be named by letters, digits, - and _, 64 at most, such as network.yaml'],
      folder: ['is no file'],
      ...(process.platform === 'win32' ? {} : { pipe: ['is no file'] }),
    });
    expect(boards.find(({ id }) => id === 'network')?.graphs).toHaveLength(1);
  });

  it("of a name that cannot be one stand in nobody's place", async () => {
    for (const name of ['my own.yaml', 'my-own.yaml', '-overview.yaml']) writeFileSync(join(own, name), GOOD);
    const boards = await createDashboards(dashboardFolders(ROOT, [own]), () => 0).list();
    const graphs = new Map(boards.map(({ id, graphs: some }) => [id, some.length]));
    expect([graphs.get('my-own'), graphs.get('_my-own'), graphs.get('_-overview')]).toEqual([1, 0, 0]);
    expect(graphs.get('overview')).toBeGreaterThan(2);
  });

  it('that are gone take nothing else with them', async () => {
    rmSync(own, { recursive: true });
    const boards = await source().list();
    expect(boards.map(({ title }) => title)).toContain('Ours');
    expect(boards.flatMap(({ faults }) => faults.map(formatConfigError))).toEqual([
      `${own}: the file cannot be read (there is no such file)`,
    ]);
  });
});
