/**
 * `node bench/habits/live.ts OPTIONS`: the habits of a fleet, from learning to a second start. One device's series are learnt from five
 * weeks of means in the history, as after an import; every device then has habits like them, so that what is measured is following and not filling.
 */
import { join } from 'node:path';
import { FOLLOWED, type HabitsView } from '../../core/habit-watch.ts';
import { DEFAULT_TIERS, NO_FACTS, seriesKey, type Device, type Instance, type SeriesKey } from '../../core/model.ts';
import type { Catalog, Clock, History, RawRow } from '../../core/ports.ts';
import { createHabits, type Habits } from '../../server/habits.ts';
import { createInventory, type Inventory } from '../../server/inventory.ts';
import { createCatalog } from '../../store/catalog/catalog.ts';
import { createEmbeddedStore } from '../../store/embedded/store.ts';
import { createHistory } from '../../store/history.ts';
import { QUIET } from '../store/fleet.ts';

export interface LiveOptions {
  /** Learning leaves much that is let go; what follows is measured in a process that never held it. */
  readonly phase: 'learn' | 'follow';
  readonly folder: string;
  readonly series: number;
  /** Rounds of five minutes that are measured. */
  readonly rounds: number;
  /** Shorter pauses: nobody is polled meanwhile. */
  readonly quick: boolean;
}
export interface LiveFigures {
  readonly followed: number;
  /** CPU of all threads for five minutes: one round with new means and four without; the middle one. */
  readonly cpuS: number;
  /** Of that, the four without. */
  readonly idleCpuS: number;
  readonly wallS: number;
  /** Resident memory beyond that of the same process with its history, its catalog and its fleet. */
  readonly memoryMB: number;
  readonly baselineMB: number;
  readonly stateMB: number;
  /** Most CPU time of the main thread between two turns of its event loop, in any phase, and in which. */
  readonly stretchMs: number;
  readonly stretches: Readonly<Record<string, number>>;
  readonly startCpuS: number;
  readonly startWallS: number;
  readonly saveCpuS: number;
  /** Episodes that began and were told. */
  readonly told: number;
}

export interface LearnFigures {
  /** Five weeks of one series, at a first start. */
  readonly learnCpuMs: number;
  readonly stretchMs: number;
}

const STEP_MS = 300_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const LEARNT_DAYS = 35;
const PORTS = 18;
/** Two of a port, and load, CPU, memory and round trip. */
const PER_DEVICE = 2 * PORTS + 4;
/** Means that come after this are judged by the next round. */
const AFTER_MS = 100_000;
/** One series in so many goes wild in the last rounds. */
const WILD_EVERY = 100;
/** Rows of one call while the history is filled. */
const ROWS_AT_ONCE = 2_000;
const MB = 2 ** 20;
const ZONE = 'Europe/Paris';
const START_MS = Date.UTC(2026, 8, 7) - LEARNT_DAYS * DAY_MS;
const LEARNT_MS = START_MS + LEARNT_DAYS * DAY_MS;

const { phase, folder, series, rounds, quick } = JSON.parse(process.argv[2] ?? '') as LiveOptions;
const deviceCount = Math.round(series / PER_DEVICE);

let [nowMs, aheadMs] = [LEARNT_MS, 0];
const clock: Clock = {
  nowMs: () => nowMs,
  monoMs: () => performance.now() + aheadMs,
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, quick ? ms / 8 : ms)),
};

const deviceOf = (d: number): Device => ({
  ...{ id: `d${d}`, name: `switch${d}`, address: '192.0.2.7', sources: [{ type: 'ping' }], intervalMs: 60_000, site: 'cellar' },
  ...{ tags: [], origin: 'catalog', facts: NO_FACTS, createdMs: START_MS },
});
const KINDS = ['load', 'cpu', 'memory', 'ping'] as const;
function instancesOf(d: number): Instance[] {
  const make = (kind: string, key: string): Instance => ({
    ...{ id: `${key}d${d}`, device: `d${d}`, kind, key, name: key, alias: '', capacity: null },
    metrics: FOLLOWED.filter(({ metric }) => metric.startsWith(`${kind}.`)).map(({ metric, unit }) => ({ name: metric, unit })),
    ...{ firstSeenMs: START_MS, lastSeenMs: START_MS, vanishedMs: null },
  });
  const ports = Array.from({ length: PORTS }, (_, p) => make('interface', `port${p}`));
  return [...ports, ...KINDS.map((kind) => make(kind, kind))];
}
const seriesOf = (d: number): SeriesKey[] =>
  instancesOf(d).flatMap(({ id, device, metrics }) => metrics.map(({ name }) => seriesKey(device, id, name)));

/** Busy by day, less so in weekends, with noise that is the same in every run. */
function valueAt(tMs: number, n: number): number {
  const hour = (tMs / HOUR_MS) % 24;
  const day = Math.floor(tMs / DAY_MS + 3) % 7;
  const busy = (day < 5 ? 1 : 0.4) * (1 + Math.sin(((hour - 9 + (n % 5)) / 24) * 2 * Math.PI));
  const noise = Math.sin(tMs / 7_919 + n) + Math.sin(tMs / 104_729 + 3 * n) + Math.sin(tMs / 1_299_709 + 7 * n);
  return 1e6 * (1 + (n % 40)) * (1.5 + busy + 0.1 * noise);
}
const lists = Array.from({ length: deviceCount }, (_, d) => seriesOf(d));
const rowAt = (d: number, tMs: number, wild: boolean): RawRow => {
  const own = lists[d] ?? [];
  const times = (k: number) => (wild && (d * PER_DEVICE + k) % WILD_EVERY === 0 ? 20 : 1);
  const values = Float64Array.from(own, (_key, k) => valueAt(tMs - STEP_MS / 2, k) * times(k));
  return { device: `d${d}`, tMs, intervalMs: STEP_MS, series: own, values };
};

/** The longest stretch of the main thread's own CPU time between two turns of its loop: other programs do not count in it. */
function watchLoop() {
  let [worstUs, going] = [0, true];
  let before = process.threadCpuUsage();
  const look = () => {
    const used = process.threadCpuUsage(before);
    before = process.threadCpuUsage();
    worstUs = Math.max(worstUs, used.user + used.system);
  };
  const turn = () => {
    look();
    if (going) setTimeout(turn, 1);
  };
  setTimeout(turn, 1);
  return () => {
    look();
    going = false;
    return worstUs / 1000;
  };
}
const stretches: Record<string, number> = {};
let rssMost = 0;

/** @returns CPU of all threads and time that passed, seconds */
async function measured(phase: string, work: () => Promise<unknown>): Promise<{ cpuS: number; wallS: number }> {
  const stop = watchLoop();
  const began = process.cpuUsage();
  const sinceMs = performance.now();
  const looks = setInterval(() => (rssMost = Math.max(rssMost, process.memoryUsage.rss())), 50);
  await work();
  clearInterval(looks);
  const { user, system } = process.cpuUsage(began);
  stretches[phase] = rounded(Math.max(stretches[phase] ?? 0, stop()));
  return { cpuS: (user + system) / 1e6, wallS: (performance.now() - sinceMs) / 1000 };
}
const rounded = (v: number) => Math.round(v * 1000) / 1000;

interface House {
  readonly catalog: Catalog;
  readonly history: History;
  readonly inventory: Inventory;
  readonly follow: () => Habits;
}
async function inHouse<T>(work: (house: House) => Promise<T>): Promise<T> {
  const catalog = await createCatalog({ path: join(folder, 'catalog.db'), keyPath: null });
  const store = await createEmbeddedStore({ path: join(folder, 'history.db') });
  const history = await createHistory({ store, tiers: DEFAULT_TIERS, nowMs: () => nowMs, log: QUIET });
  const inventory = createInventory(catalog, () => performance.now());
  const follow = () => createHabits({ history, catalog, inventory, clock, zone: ZONE, ending: () => false, log: QUIET });
  const found = await work({ catalog, history, inventory, follow });
  await history.close();
  await catalog.close();
  return found;
}

/** The means of five weeks of one device, learnt as after a first start; then the same for every device. */
async function learn({ history, catalog, follow }: House): Promise<LearnFigures> {
  await catalog.devices.put(deviceOf(0));
  await catalog.instances.put(instancesOf(0));
  const times = Array.from({ length: (LEARNT_MS - START_MS) / STEP_MS + 1 }, (_, n) => START_MS + n * STEP_MS);
  for (let at = 0; at < times.length; at += ROWS_AT_ONCE)
    await history.append(times.slice(at, at + ROWS_AT_ONCE).map((tMs) => rowAt(0, tMs, false)));
  nowMs = LEARNT_MS + AFTER_MS;
  const habits = follow();
  const { cpuS } = await measured('learning', () => habits.keep());
  await habits.close();
  const [own = []] = lists;
  const kept = new Map((await catalog.habits.load(own)).map(({ series: key, bytes }) => [key, bytes]));
  if (kept.size !== PER_DEVICE) throw new Error(`${kept.size} habits were learnt, not ${PER_DEVICE}`);
  for (let d = 1; d < deviceCount; d++) {
    await catalog.devices.put(deviceOf(d));
    await catalog.instances.put(instancesOf(d));
    const of = (k: number) => kept.get(own[k] ?? '') ?? new Uint8Array();
    await catalog.habits.save((lists[d] ?? []).map((key, k) => ({ series: key, bytes: of(k) })));
    await history.append([rowAt(d, LEARNT_MS, false)]);
  }
  return { learnCpuMs: rounded((1000 * cpuS) / PER_DEVICE), stretchMs: stretches['learning'] ?? NaN };
}

async function live({ history, inventory, follow }: House): Promise<LiveFigures> {
  nowMs = LEARNT_MS + AFTER_MS;
  await inventory();
  // What a history holds of series that are polled, it holds without habits as well.
  await history.append(lists.map((_, d) => rowAt(d, LEARNT_MS + AFTER_MS / 2, false)));
  const baseline = process.memoryUsage.rss();
  rssMost = baseline;

  const habits = follow();
  // In a round the fleet is looked at anew: it is a minute since the last one.
  const round = async (of: Habits) => {
    inventory.forget();
    await of.keep();
  };
  const start = await measured('start', () => round(habits));
  const all: { busy: number; idle: number; wallS: number }[] = [];
  for (let n = 1; n <= rounds; n++) {
    const tMs = LEARNT_MS + n * STEP_MS;
    await history.append(lists.map((_, d) => rowAt(d, tMs, n > rounds / 2)));
    nowMs = tMs + AFTER_MS;
    await history.maintain(nowMs);
    const busy = await measured('means', () => round(habits));
    const idle = await measured('nothing new', () => round(habits));
    all.push({ busy: busy.cpuS, idle: 4 * idle.cpuS, wallS: busy.wallS });
  }
  const view = habits.view();
  const judged = habits.figures().judged;
  if (judged !== rounds * series) throw new Error(`${judged} means were judged, not ${rounds * series}`);
  aheadMs += HOUR_MS;
  const save = await measured('saving', () => round(habits));
  const memoryMB = rounded((rssMost - baseline) / MB);
  const stateMB = rounded(habits.figures().bytes / MB);
  await habits.close();
  const again = follow();
  await measured('second start', () => round(again));
  same(view, again.view());
  await again.close();
  const middle = all.sort((a, b) => a.busy + a.idle - b.busy - b.idle)[Math.floor((all.length - 1) / 2)];
  return {
    followed: view.followed,
    cpuS: rounded((middle?.busy ?? NaN) + (middle?.idle ?? NaN)),
    idleCpuS: rounded(middle?.idle ?? NaN),
    wallS: rounded(middle?.wallS ?? NaN),
    ...{ memoryMB, baselineMB: rounded(baseline / MB), stateMB },
    stretchMs: Math.max(...Object.values(stretches)),
    stretches,
    ...{ startCpuS: rounded(start.cpuS), startWallS: rounded(start.wallS), saveCpuS: rounded(save.cpuS) },
    told: view.items.length,
  };
}

/** @throws Error when a second start knows other habits, or tells of other episodes */
function same(before: HabitsView, after: HabitsView): void {
  const key = ({ followed, learning, items }: HabitsView) =>
    JSON.stringify([followed, learning, items.map(({ series: one, fromMs, worst }) => [one, fromMs, worst]).sort()]);
  if (before.followed !== series || before.items.length !== series / WILD_EVERY || key(before) !== key(after))
    throw new Error(
      `a start changed what is known: ${before.followed}, ${before.items.length}; ${after.followed}, ${after.items.length}`,
    );
}

console.log(JSON.stringify(await (phase === 'learn' ? inHouse(learn) : inHouse(live))));
