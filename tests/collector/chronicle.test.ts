import { expect, it } from 'vitest';
import { createChronicle } from '../../collector/chronicle.ts';
import { createJournal } from '../../collector/journal.ts';
import { createFakeClock } from './fake-clock.ts';
import { createMemoryCatalog } from './fleet.ts';
import { layout } from './tracks.ts';

const MANY = layout(Object.fromEntries(Array.from({ length: 48 }, (_, i) => [`p${String(i)}`, 'counter' as const])));

function bench() {
  const clock = createFakeClock();
  const catalog = createMemoryCatalog();
  const troubles: string[] = [];
  const trouble = (text: string) => void troubles.push(text);
  const journal = createJournal(catalog.events, { info: trouble, warn: trouble, error: trouble });
  const counted: string[] = [];
  const chronicle = createChronicle({
    device: 'd',
    clock,
    journal,
    instanceName: (id) => `port ${id}`,
    count: (cause) => counted.push(cause),
  });
  return { clock, catalog, journal, chronicle, counted, troubles };
}

it('one cause on many ports is one event, which ends when the last of them is well', async () => {
  const { chronicle, journal, catalog, clock } = bench();
  const all = MANY.columns.map((_, i) => i);
  chronicle.columns(MANY, new Map([['wrapped', all]]), [], clock.nowMs());
  await journal.flush();
  expect(catalog.all.events).toHaveLength(1);
  expect(catalog.all.events[0]).toMatchObject({ kind: 'gap', cause: 'wrapped', instance: null, toMs: null });
  expect(catalog.all.events[0]?.text).toMatch(/: port p0, port p1, port p2, port p3, port p4 and 43 more\.$/);
  await clock.advance(60_000);
  chronicle.columns(MANY, new Map(), all.slice(1), clock.nowMs());
  await journal.flush();
  expect(catalog.all.events[0]?.toMs).toBeNull();
  chronicle.columns(MANY, new Map(), [0], clock.nowMs());
  await journal.flush();
  expect(catalog.all.events[0]?.toMs).toBe(clock.nowMs());
});

it('a port that flaps every second writes no more than a person reads; the rest is counted', async () => {
  const { chronicle, journal, catalog, clock, counted } = bench();
  for (let second = 0; second < 3700; second++) {
    if (second % 2 === 0) chronicle.columns(MANY, new Map([['reset', [3]]]), [], clock.nowMs());
    else chronicle.columns(MANY, new Map(), [3], clock.nowMs());
    await clock.advance(1000);
  }
  await journal.flush();
  expect(counted).toHaveLength(1850);
  expect(catalog.all.events.length).toBeLessThanOrEqual(60 + 1 + 60);
  expect(catalog.all.events.filter((event) => event.instance === 'p3').length).toBeGreaterThan(60);
  expect(catalog.all.events.map((event) => event.text)).toContain('1740 more gaps in the hour before are not listed one by one.');
});

it('events wait for a catalog that fails, in order, and an end reaches what was just written', async () => {
  const { chronicle, journal, catalog, clock, troubles } = bench();
  const add = catalog.events.add.bind(catalog.events);
  catalog.events.add = () => Promise.reject(new Error('disk full'));
  chronicle.down('timeout', 'No answer.', clock.nowMs());
  await journal.flush();
  expect(troubles).toHaveLength(1);
  catalog.events.add = async (events) => {
    const ids = await add(events);
    // It is over before the catalog has said under which number it was written.
    chronicle.up(clock.nowMs() + 5);
    return ids;
  };
  await journal.flush();
  expect(catalog.all.events).toHaveLength(1);
  expect(catalog.all.events[0]?.toMs).toBe(clock.nowMs() + 5);
});
