/** Habits of running series: learnt from the history at hand, one event an episode, kept over restarts. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HabitsView } from '../../core/habit-watch.ts';
import type { GraphData } from '../../core/graph.ts';
import { seriesKey } from '../../core/model.ts';
import { createHabits, type Habits } from '../../server/habits.ts';
import { createInventory } from '../../server/inventory.ts';
import { fixtures, NOW_MS, world, type World } from './world.ts';

const STEP = 300_000;
const WEEK = 7 * 86_400_000;
let w: World;
let device: string;
let instance: string;
let nowMs: number;
let ending = false;

beforeEach(async () => {
  w = await world();
  const made = await fixtures(w.catalog, 'web1');
  [device, instance] = [made.device.id, made.eth0.id];
  nowMs = NOW_MS;
  ending = false;
});
afterEach(() => w.close());

const IN = () => seriesKey(device, instance, 'interface.in_bps');
const OUT = () => seriesKey(device, instance, 'interface.out_bps');
/** Busy by day, with a little noise that is the same in every run. */
const usual = (tMs: number) => {
  const hour = (tMs / 3_600_000) % 24;
  return 1e8 * (2 + Math.sin(((hour - 9) / 24) * 2 * Math.PI)) + 4e6 * Math.sin(tMs / 7_919) + 3e6 * Math.sin(tMs / 104_729);
};
async function fill(fromMs: number, toMs: number, value: (tMs: number) => number = usual): Promise<void> {
  const rows = [];
  for (let t = Math.ceil(fromMs / STEP) * STEP + STEP; t <= toMs; t += STEP)
    rows.push({
      ...{ device, tMs: t, intervalMs: STEP, series: [IN(), OUT()] },
      values: Float64Array.of(value(t), usual(t) / 3),
    });
  for (let at = 0; at < rows.length; at += 2_000) await w.history.append(rows.slice(at, at + 2_000));
}
function follow(zone = 'UTC'): Habits {
  const clock = { nowMs: () => nowMs, monoMs: () => performance.now(), sleep: async () => undefined };
  const inventory = createInventory(w.catalog, () => performance.now());
  const log = { info: () => undefined, warn: (text: string) => w.logged.push(text), error: () => undefined };
  return createHabits({ history: w.history, catalog: w.catalog, inventory, clock, zone, ending: () => ending, log });
}
const events = () => w.catalog.events.list({ kinds: ['unusual'], limit: 50 });

describe('a series', () => {
  it('whose history is there is known at once, and judged from then on', async () => {
    await fill(NOW_MS - 5 * WEEK, NOW_MS);
    const habits = follow();
    await habits.keep();
    expect(habits.view()).toMatchObject({ items: [], followed: 2, learning: 0, waiting: 0 });
    expect(await events()).toEqual([]);
    const band = habits.of(IN())?.band(NOW_MS) ?? { lower: NaN, upper: NaN };
    // Noise is at most 7 Mb/s to either side.
    expect(band.lower).toBeLessThan(usual(NOW_MS) + 7e6);
    expect(band.upper).toBeGreaterThan(usual(NOW_MS) - 7e6);
    expect(band.upper - band.lower).toBeLessThan(0.4e8);
    const night = habits.of(IN())?.band(NOW_MS + 12 * 3_600_000);
    expect(Math.abs((night?.upper ?? 0) - band.upper)).toBeGreaterThan(5e7);
  });

  it('that goes wild is one event, which ends when it is over; nothing is told twice, restarts or not', async () => {
    await fill(NOW_MS - 5 * WEEK, NOW_MS);
    let habits = follow();
    await habits.keep();
    await fill(NOW_MS, NOW_MS + 3_600_000, () => 9e8);
    nowMs += 3_600_000 + 2 * STEP;
    await habits.keep();
    const [view] = habits.view().items;
    expect(view).toMatchObject({ device, instance, name: 'eth0 in', above: true, graph: `traffic~${device}~${instance}` });
    expect(view?.text).toMatch(/usually [\d.]+–[\d.]+ Mb\/s, now 900/);
    const [begun, ...more] = await events();
    expect(more).toEqual([]);
    expect(begun).toMatchObject({
      device,
      instance,
      toMs: null,
      text: expect.stringContaining('eth0 in is unusually high') as string,
    });

    await habits.close();
    habits = follow();
    await habits.keep();
    expect(habits.view().items).toHaveLength(1);
    expect(await events()).toHaveLength(1);

    await fill(NOW_MS + 3_600_000, NOW_MS + 2 * 3_600_000);
    nowMs = NOW_MS + 2 * 3_600_000 + 2 * STEP;
    await habits.keep();
    const [calmer] = habits.view().items;
    expect(calmer?.text).toMatch(/usually [\d.]+–[\d.]+ Mb\/s, now [\d.]+, back to usual$/);

    await fill(NOW_MS + 2 * 3_600_000, NOW_MS + 12 * 3_600_000);
    nowMs = NOW_MS + 12 * 3_600_000 + 2 * STEP;
    await habits.keep();
    expect(habits.view().items).toEqual([]);
    const over = await events();
    expect(over).toHaveLength(1);
    expect(over[0]?.toMs).not.toBeNull();
  });

  it('of a few days still learns, and says how much it needs', async () => {
    await fill(NOW_MS - 4 * 86_400_000, NOW_MS);
    const habits = follow();
    await habits.keep();
    await fill(NOW_MS, NOW_MS + 3_600_000, () => 9e8);
    nowMs += 3_600_000 + 2 * STEP;
    await habits.keep();
    expect(habits.view()).toMatchObject({ items: [], followed: 2, learning: 2 });
    expect(await events()).toEqual([]);
    const known = habits.of(IN());
    expect(known).toMatchObject({ learning: true, needsMs: 3 * WEEK });
    expect((known?.knownMs ?? 0) / 86_400_000).toBeCloseTo(4, 0);
  });

  it('is the same whether followed all the time or caught up after a pause', async () => {
    await fill(NOW_MS - 4 * WEEK, NOW_MS - WEEK);
    nowMs = NOW_MS - WEEK;
    const steady = follow();
    await steady.keep();
    await steady.close();
    await fill(NOW_MS - WEEK, NOW_MS);
    nowMs = NOW_MS;
    await steady.keep();
    const late = follow();
    await late.keep();
    for (const hours of [1, 7, 30]) {
      const at = NOW_MS + hours * 3_600_000;
      expect(late.of(IN())?.band(at)).toEqual(steady.of(IN())?.band(at));
    }
  });

  it('that was removed is forgotten, its event ended', async () => {
    await fill(NOW_MS - 5 * WEEK, NOW_MS);
    const habits = follow();
    await habits.keep();
    await w.catalog.instances.put([{ ...(await w.catalog.instances.list(device))[0]!, vanishedMs: NOW_MS }]);
    const again = follow();
    await again.keep();
    expect(again.view().followed).toBe(0);
    expect(await w.catalog.habits.load([IN()])).toHaveLength(1);
    await w.catalog.habits.keepOnly(new Set());
    expect(await w.catalog.habits.load([IN()])).toEqual([]);
  });

  it('whose kept state is damaged, or of another zone, is learnt again', async () => {
    await fill(NOW_MS - 4 * WEEK, NOW_MS);
    const habits = follow();
    await habits.keep();
    await w.catalog.habits.save([{ series: IN(), bytes: Uint8Array.of(1, 2, 3) }]);
    const again = follow();
    await again.keep();
    expect(w.logged).toEqual(['What was learnt of a series cannot be read and is learnt again.']);
    expect(again.of(IN())?.band(NOW_MS)).toEqual(habits.of(IN())?.band(NOW_MS));
    const elsewhere = follow('Asia/Tokyo');
    await elsewhere.keep();
    expect(elsewhere.of(IN())?.zone).toBe('Asia/Tokyo');
  });
});

it('a round stops where the process ends, and goes on later', async () => {
  await fill(NOW_MS - 4 * WEEK, NOW_MS);
  ending = true;
  const habits = follow();
  await habits.keep();
  expect(habits.view().followed).toBe(0);
  ending = false;
  await habits.keep();
  expect(habits.view().followed).toBe(2);
});

describe('a graph', () => {
  const graph = async (query: string) => (await w.get(`graphs/traffic~${device}~${instance}?${query}`)).json<GraphData>();

  it('shows what is usual behind its lines, and says what is', async () => {
    await fill(NOW_MS - 5 * WEEK, NOW_MS);
    await w.app.keepHabits();
    const data = await graph('from=-1d&habit=true');
    const [into] = data.lines;
    expect(into?.fill).toBe(false);
    const inside = into?.mean.filter(
      (v, i) => v !== null && v >= (into.habit?.low[i] ?? NaN) && v <= (into.habit?.high[i] ?? NaN),
    );
    expect((inside?.length ?? 0) / (into?.mean.filter((v) => v !== null).length ?? 1)).toBeGreaterThan(0.85);
    expect(data.habit).toMatch(/^In: Sunday 11:00 usually [\d.]+–[\d.]+ Mb\/s; now [\d.]+\. Out: Sunday 11:00 usually/);
    const svg = (await w.get(`graphs/traffic~${device}~${instance}.svg?from=-1d&habit=true`)).body;
    expect(svg).toContain('class="l habit"');
    expect(svg).toContain('In: Sunday 11:00 usually');
    expect((await w.get(`graphs/traffic~${device}~${instance}.png?from=-1d&habit=true`)).statusCode).toBe(200);
    expect((await graph('from=-1d')).habit).toBeUndefined();
    expect((await graph('from=-5w&width=100&habit=true')).habit).toMatch(/^What is usual is shown up to a range of/);
    expect((await graph('from=-1d&compare=1w&habit=true')).habit).toMatch(/not compared/);
  });

  it('of a young series says that it still learns', async () => {
    await fill(NOW_MS - 9 * 86_400_000, NOW_MS);
    expect((await graph('from=-1d&habit=true')).habit).toBe('In: its habit is not followed. Out: its habit is not followed.');
    await w.app.keepHabits();
    const data = await graph('from=-1d&habit=true');
    expect(data.habit).toMatch(/^In: still learning, needs 21 days, has [89]\. Out: still learning/);
    expect(data.lines[0]?.habit).toBeUndefined();
  });
});

it('the API tells what is unusual', async () => {
  const answer = await w.get('habits');
  expect(answer.statusCode).toBe(200);
  expect(answer.json<HabitsView>()).toEqual({ items: [], followed: 0, learning: 0, waiting: 0 });
});
