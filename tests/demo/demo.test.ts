/** `npm run demo` itself, with a day of history: it says what is wrong, gets ready, goes on, and ends. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { DeviceView, EventView, PageOf } from '../../core/api.ts';
import type { GraphData, GraphRef } from '../../core/graph.ts';
import { folder, get, ROOT, until } from '../cli/processes.ts';

const READY_TIMEOUT_MS = 90_000;
const PATIENCE_MS = 120_000;

interface Running {
  readonly output: () => string;
  readonly ended: Promise<number | null>;
  interrupt(): void;
  says(pattern: RegExp): Promise<RegExpExecArray>;
}

function demo(words: readonly string[]): Running {
  const child = spawn(process.execPath, [join(ROOT, 'demo', 'demo.ts'), ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  let over = false;
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (status) => {
      over = true;
      resolve(status);
    });
  });
  return {
    output: () => output,
    ended,
    interrupt: () => void child.kill('SIGINT'),
    async says(pattern) {
      await until(
        async () => output,
        (text) => over || pattern.test(text),
        READY_TIMEOUT_MS,
      );
      const found = pattern.exec(output);
      if (!found) throw new Error(`the demonstration ended before it said ${String(pattern)}:\n${output}`);
      return found;
    },
  };
}

describe('what makes no sense gets a sentence', () => {
  test.each([
    [['--sead', '3'], 2, "Unknown option '--sead'"],
    [['now'], 2, "Unexpected argument 'now'"],
    [['--seed', 'x'], 2, '--seed must be a whole number from 0 to 2147483647, not "x".'],
    [['--days', '0'], 2, '--days must be a whole number from 1 to 730, not "0".'],
    [['--listen', '8080'], 2, '--listen must be host:port, such as 127.0.0.1:8080, not "8080".'],
    [['--listen', '0.0.0.0:8080'], 2, '--listen must be an address of this machine alone, such as 127.0.0.1, not "0.0.0.0".'],
  ] as const)('%j', async (words, status, sentence) => {
    const run = demo(words);
    expect(await run.ended).toBe(status);
    expect(run.output()).toContain(`demo: ${sentence}`);
    expect(run.output()).toMatch(/ See npm run demo -- --help\.\n$/);
  });

  test('--help tells every option', async () => {
    const run = demo(['--help']);
    expect(await run.ended).toBe(0);
    for (const option of ['--listen', '--data', '--fresh', '--seed', '--days']) expect(run.output()).toContain(option);
  });

  test('a port that is taken, and a folder that is somebody else’s', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as AddressInfo;
    const space = folder('demo-foreign');
    try {
      const run = demo(['--listen', `127.0.0.1:${port}`, '--data', space.path]);
      expect(await run.ended).toBe(1);
      expect(run.output()).toContain(`demo: Port ${port} on 127.0.0.1 is in use by another program`);
      writeFileSync(join(space.path, 'thesis.txt'), 'mine');
      const other = demo(['--listen', '127.0.0.1:0', '--data', space.path, '--fresh']);
      expect(await other.ended).toBe(1);
      expect(other.output()).toContain('holds "thesis.txt", which is not the demonstration\'s');
      expect(readFileSync(join(space.path, 'thesis.txt'), 'utf8')).toBe('mine');
    } finally {
      taken.close();
      space.remove();
    }
  });
});

describe('a run', () => {
  const space = folder('demo-run');
  const words = ['--listen', '127.0.0.1:0', '--data', join(space.path, 'demo'), '--days', '1'];
  const running: Running[] = [];
  afterAll(async () => {
    for (const run of running) run.interrupt();
    await Promise.all(running.map(({ ended }) => ended));
    space.remove();
  });
  const start = async (more: readonly string[] = []) => {
    const run = demo([...words, ...more]);
    running.push(run);
    const [, url = ''] = await run.says(/Ready after \d+ s: (http\S+)/);
    return { run, url };
  };

  test(
    'shows devices that are up and a graph with history, ends at once, and goes on',
    async () => {
      const { run, url } = await start();
      const { items } = await get<PageOf<DeviceView>>({ url }, 'devices?limit=100');
      expect(items).toHaveLength(58);
      expect(items.filter(({ state }) => state === 'up')).toHaveLength(57);
      expect(new Set(items.map(({ site }) => site))).toEqual(new Set(['cellar', 'attic', 'annexe']));
      const router = items.find(({ name }) => name === 'edge-rtr1');
      const graphs = await get<{ items: GraphRef[] }>({ url }, `devices/${router?.id}/graphs`);
      const transit = graphs.items.find(({ subtitle }) => subtitle.includes('Transit A'));
      const now = Math.floor(Date.now() / 1000);
      const path = `graphs/${encodeURIComponent(transit?.id ?? '')}?from=${now - 86_000}&to=${now}&width=400`;
      const graph = await get<GraphData>({ url }, path);
      const known = graph.lines[0]?.mean.filter((value) => value !== null) ?? [];
      expect(known.length).toBeGreaterThan(0.9 * graph.tMs.length);
      expect(Math.max(...known)).toBeGreaterThan(1e7);

      // Twice where a minute passed meanwhile, which is brought in after.
      const imports = async (of: string) => (await get<PageOf<EventView>>({ url: of }, 'events?kind=import&limit=200')).items;
      const brought = (await imports(url)).length;
      expect([58, 116]).toContain(brought);

      // Another one on the same folder would spoil it.
      const second = demo(words);
      expect(await second.ended).toBe(1);
      expect(second.output()).toContain('runs on');

      run.interrupt();
      expect(await run.ended).toBe(0);
      await expect(fetch(url)).rejects.toThrow();

      const again = await start();
      expect(again.run.output()).toContain('Going on with what is in');
      expect(await imports(again.url)).toHaveLength(brought);
      const names = (await get<PageOf<DeviceView>>({ url: again.url }, 'devices?limit=100')).items.map(({ id }) => id);
      expect(names.sort()).toEqual(items.map(({ id }) => id).sort());
      again.run.interrupt();
      expect(await again.run.ended).toBe(0);
      expect(existsSync(join(space.path, 'demo', 'demo.json'))).toBe(true);
    },
    PATIENCE_MS,
  );
});
