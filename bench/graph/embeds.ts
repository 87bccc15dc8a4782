/**
 * Embeds as wikis ask for them: 200 of them by 50 readers at once, who have none of them yet, and again when all are made;
 * and one reader who asks again for what he has. Over the demonstration's fleet, on loopback, the server in this process.
 */
import { demoWorld, type DemoWorld } from '../../tests/demo/world.ts';
import { median } from '../report.ts';

const NOW_MS = Date.UTC(2026, 2, 15, 12);
const READERS = 50;
const ASKING_MS = 60_000;

export interface EmbedFigures {
  /** Until all 200 were there for all readers, none of them made before; milliseconds. */
  readonly freshMs: number;
  /** Pictures that said "busy". */
  readonly busy: number;
  /** The same again. */
  readonly cachedMs: number;
  /** One picture that is made, and one that the reader has already; medians of one reader after the other, milliseconds. */
  readonly cachedOneMs: number;
  readonly unchangedMs: number;
}

export async function benchEmbeds({ count, rounds }: { count: number; rounds: number }): Promise<EmbedFigures> {
  const world = await demoWorld({ nowMs: NOW_MS, seed: 1 });
  try {
    const links = await linksOf(world, count);
    const fresh = await askAll(links);
    const cached = await askAll(links);
    const [one = ''] = links;
    const tag = (await ask(one)).tag;
    const [made, unchanged]: [number[], number[]] = [[], []];
    for (let round = -20; round < rounds; round++) {
      const first = await ask(one);
      const second = await ask(one, tag);
      if (second.status !== 304) throw new Error(`what the reader has was sent again (${second.status})`);
      if (round >= 0) made.push(first.ms);
      if (round >= 0) unchanged.push(second.ms);
    }
    return {
      freshMs: fresh.ms,
      busy: fresh.busy + cached.busy,
      cachedMs: cached.ms,
      cachedOneMs: median(made),
      unchangedMs: median(unchanged),
    };
  } finally {
    await world.close();
  }
}

/** Links of embeds of as many different graphs; some of one graph over different times where there are fewer. */
async function linksOf({ url, catalog }: DemoWorld, count: number): Promise<string[]> {
  const graphs: string[] = [];
  for (const device of await catalog.devices.list()) {
    for (const { id, kind } of await catalog.instances.list(device.id))
      if (kind === 'interface') graphs.push(`traffic~${device.id}~${id}`);
  }
  const ranges = ['24h', '7d', '6h', '3h'];
  const links: string[] = [];
  for (let i = 0; links.length < count; i++) {
    const range = ranges[Math.floor(i / graphs.length)];
    if (range === undefined) throw new Error(`the fleet has only ${links.length} graphs to embed`);
    const response = await fetch(new URL('/api/v1/embeds', url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ graph: graphs[i % graphs.length], range }),
      signal: AbortSignal.timeout(ASKING_MS),
    });
    if (!response.ok) throw new Error(`an embed was refused: ${await response.text()}`);
    const { link } = (await response.json()) as { link: string };
    links.push(new URL(`${new URL(link).pathname}.png`, url).href);
  }
  return links;
}

interface Answer {
  readonly status: number;
  readonly tag: string;
  readonly busy: boolean;
  readonly ms: number;
}

async function ask(link: string, tag?: string): Promise<Answer> {
  const startMs = performance.now();
  const response = await fetch(link, {
    signal: AbortSignal.timeout(ASKING_MS),
    ...(tag === undefined ? {} : { headers: { 'if-none-match': tag } }),
  });
  const bytes = await response.arrayBuffer();
  const excuse = response.headers.get('x-graph-error');
  if (excuse !== null && !response.headers.has('retry-after')) throw new Error(excuse);
  if (response.status === 200 && bytes.byteLength < 1_000) throw new Error('a picture is empty');
  return {
    status: response.status,
    tag: response.headers.get('etag') ?? '',
    busy: excuse !== null,
    ms: performance.now() - startMs,
  };
}

async function askAll(links: readonly string[]): Promise<{ ms: number; busy: number }> {
  const waiting = [...links];
  let busy = 0;
  const startMs = performance.now();
  await Promise.all(
    Array.from({ length: READERS }, async () => {
      for (let link = waiting.pop(); link !== undefined; link = waiting.pop()) if ((await ask(link)).busy) busy++;
    }),
  );
  return { ms: performance.now() - startMs, busy };
}
