/** What must hold of habits when things go wrong: kills, silence, clocks that change, imports, removed devices. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHabit } from '../../core/habit.ts';
import { seriesKey } from '../../core/model.ts';
import { ServerAway } from '../../core/ports.ts';
import { packHabit, unpackHabit } from '../../server/habit-packing.ts';
import { createHabits, type Habits } from '../../server/habits.ts';
import { createInventory } from '../../server/inventory.ts';
import { fixtures, NOW_MS, world, type World } from './world.ts';

const STEP = 300_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = NOW_MS - 22 * DAY;
let w: World;
let device: string;
let instance: string;
let nowMs: number;
/** Calls of the history for bins, by how many series were asked. */
let asked: number[];
/** Whether what is saved reaches the catalog; what tells of an episode always does. */
let killed: boolean;
/** Whether the history cannot be asked. */
let away: boolean;

beforeEach(async () => {
  w = await world();
  const made = await fixtures(w.catalog, 'web1');
  [device, instance] = [made.device.id, made.eth0.id];
  [nowMs, asked, killed, away] = [NOW_MS, [], false, false];
});
afterEach(() => w.close());

const IN = () => seriesKey(device, instance, 'interface.in_bps');
const scatter = (tMs: number) => 4e6 * Math.sin(tMs / 7_919) + 3e6 * Math.sin(tMs / 104_729);
const usual = (tMs: number) => 1e8 * (2 + Math.sin(((tMs / HOUR - 9) / 24) * 2 * Math.PI)) + scatter(tMs);
async function fill(fromMs: number, toMs: number, value = usual, stepMs = STEP, shiftMs = 0): Promise<void> {
  const rows = [];
  const series = [IN()];
  for (let t = Math.ceil(fromMs / stepMs) * stepMs + stepMs; t <= toMs; t += stepMs)
    rows.push({ device, tMs: t + shiftMs, intervalMs: STEP, series, values: Float64Array.of(value(t)) });
  await w.history.append(rows);
}
function follow(zone = 'UTC'): Habits {
  const clock = { nowMs: () => nowMs, monoMs: () => performance.now(), sleep: async () => undefined };
  const inventory = createInventory(w.catalog, () => performance.now());
  const log = { info: () => undefined, warn: (text: string) => w.logged.push(text), error: () => undefined };
  const { habits } = w.catalog;
  const catalog = {
    ...w.catalog,
    habits: { ...habits, save: async (some: Parameters<typeof habits.save>[0]) => (killed ? undefined : habits.save(some)) },
  };
  const bins: typeof w.history.bins = (series, ...rest) => {
    asked.push(series.length);
    if (away) return Promise.reject(new ServerAway('The server is away.'));
    return w.history.bins(series, ...rest);
  };
  return createHabits({ history: { ...w.history, bins }, catalog, inventory, clock, zone, ending: () => false, log });
}
const at = async (habits: Habits, ms: number) => {
  nowMs = ms + 2 * STEP;
  await habits.keep();
};
const events = () => w.catalog.events.list({ kinds: ['unusual'], limit: 50 });

describe('an episode', () => {
  it('is told once though the process was killed in it, worsens in its words, and ends', async () => {
    await fill(START, NOW_MS);
    const first = follow();
    await at(first, NOW_MS);
    await fill(NOW_MS, NOW_MS + HOUR, () => 9e8);
    killed = true;
    await at(first, NOW_MS + HOUR);
    const [begun] = await events();
    expect(begun).toMatchObject({ toMs: null, text: expect.stringMatching(/is unusually high: .*, now 900/) as string });

    // Another process: what the killed one had saved is the habit as it was when it told of the episode.
    killed = false;
    const second = follow();
    await fill(NOW_MS + HOUR, NOW_MS + 2 * HOUR, () => 40e8);
    await at(second, NOW_MS + 2 * HOUR);
    expect((await events()).map(({ id, toMs }) => ({ id, toMs }))).toEqual([{ id: begun?.id, toMs: null }]);
    expect((await events())[0]?.text).toMatch(/now 4/);

    await fill(NOW_MS + 2 * HOUR, NOW_MS + 10 * HOUR);
    await at(second, NOW_MS + 10 * HOUR);
    const [over, ...others] = await events();
    expect(others).toEqual([]);
    expect(over?.text).toMatch(/was unusually high: .*, was 4/);
    expect(over?.toMs).toBeGreaterThanOrEqual(NOW_MS + 2 * HOUR);
    expect(over?.toMs).toBeLessThanOrEqual(NOW_MS + 4 * HOUR);
    expect(second.figures()).toMatchObject({ unusual: 0, learning: 1, followed: 2 });
  });

  it('of a series that says nothing more is over, and its silence is not read again and again', async () => {
    await fill(START, NOW_MS);
    const habits = follow();
    await at(habits, NOW_MS);
    await fill(NOW_MS, NOW_MS + HOUR, () => 9e8);
    await at(habits, NOW_MS + HOUR);
    expect(habits.view().items).toHaveLength(1);
    await at(habits, NOW_MS + 8 * HOUR);
    expect(habits.view().items).toEqual([]);
    expect((await events())[0]?.toMs).toBe(NOW_MS + HOUR);
    asked = [];
    await at(habits, NOW_MS + 3 * DAY);
    await at(habits, NOW_MS + 3 * DAY);
    await at(habits, NOW_MS + 3 * DAY + STEP);
    // Once each for the pause, then both together.
    expect(asked).toEqual([1, 1, 2]);
  });

  it('of a device that was removed goes with it, and one that nobody owns any more is ended', async () => {
    const [orphan] = await w.catalog.events.add([
      { kind: 'unusual', device, instance, cause: null, text: 'eth9 in is unusually high.', fromMs: NOW_MS - DAY, toMs: null },
    ]);
    await fill(START, NOW_MS);
    const habits = follow();
    await at(habits, NOW_MS);
    expect((await events()).find(({ id }) => id === orphan)?.toMs).not.toBeNull();
    await fill(NOW_MS, NOW_MS + HOUR, () => 9e8);
    await at(habits, NOW_MS + HOUR);
    await w.catalog.devices.remove(device);
    const after = follow();
    await at(after, NOW_MS + 2 * HOUR);
    expect(after.figures()).toMatchObject({ followed: 0, bytes: 0, unusual: 0 });
    expect(await events()).toEqual([]);
    expect(await w.catalog.habits.load([IN()])).toEqual([]);
  });
});

describe('means that come late', () => {
  const wild = (tMs: number) => (tMs > NOW_MS + 20 * MINUTE && tMs <= NOW_MS + 40 * MINUTE ? 9e8 : usual(tMs));
  /** Rounds as they are in fact, one each minute. */
  const minutes = async (habits: Habits, fromMs: number, toMs: number) => {
    for (nowMs = fromMs; nowMs <= toMs; nowMs += MINUTE) await habits.keep();
    nowMs = toMs;
  };

  it('after an hour without history are judged in order, once, and give the habit that they would have given in time', async () => {
    await fill(START, NOW_MS);
    const late = follow();
    await at(late, NOW_MS);
    await late.close();
    const before = late.figures().judged;
    const kept = await w.catalog.habits.load([IN()]);
    // Nothing is there for an hour; then all of it, of which the first look sees one half and a piece of a bin.
    await minutes(late, NOW_MS + 10 * MINUTE, NOW_MS + HOUR);
    expect(late.figures().judged).toBe(before);
    await fill(NOW_MS, NOW_MS + 33 * MINUTE, wild, MINUTE);
    await minutes(late, NOW_MS + HOUR + MINUTE, NOW_MS + HOUR + 5 * MINUTE);
    expect(late.figures().judged).toBe(before + 6);
    const [begun] = await events();
    expect(begun).toMatchObject({ fromMs: NOW_MS + 20 * MINUTE, toMs: null });
    await fill(NOW_MS + 33 * MINUTE, NOW_MS + 6 * HOUR, wild, MINUTE);
    await minutes(late, NOW_MS + 6 * HOUR, NOW_MS + 6 * HOUR + 10 * MINUTE);
    expect(late.figures().judged).toBe(before + 6 * 12);
    const [over, ...others] = await events();
    expect(others).toEqual([]);
    expect(over).toMatchObject({ id: begun?.id, fromMs: NOW_MS + 20 * MINUTE });
    // The sum of the last eight is unusual somewhat longer.
    expect(over?.toMs).toBeLessThanOrEqual(NOW_MS + 80 * MINUTE);

    // As it was before the hour, followed by one who finds everything in its place.
    await w.catalog.habits.save(kept);
    const inTime = follow();
    await inTime.keep();
    expect(inTime.figures().judged).toBe(6 * 12);
    // Each packing keeps seven digits.
    for (const hours of [7, 30, 100]) {
      const [was, is] = [inTime, late].map((of) => of.of(IN())?.band(NOW_MS + hours * HOUR)?.upper ?? NaN);
      expect((is ?? NaN) / (was ?? NaN)).toBeCloseTo(1, 6);
    }
  });

  it('because the history is on a server that is away are judged once it answers', async () => {
    await fill(START, NOW_MS);
    const habits = follow();
    await at(habits, NOW_MS);
    const before = habits.figures().judged;
    await fill(NOW_MS, NOW_MS + HOUR, wild);
    away = true;
    await expect(at(habits, NOW_MS + HOUR)).rejects.toThrow('away');
    away = false;
    await at(habits, NOW_MS + HOUR + MINUTE);
    expect(habits.figures().judged).toBe(before + 12);
    expect((await events()).map(({ fromMs }) => fromMs)).toEqual([NOW_MS + 20 * MINUTE]);
  });

  it('by more than a day are not', async () => {
    await fill(START, NOW_MS);
    const habits = follow();
    await at(habits, NOW_MS);
    const before = habits.figures().judged;
    await at(habits, NOW_MS + 30 * HOUR);
    await fill(NOW_MS, NOW_MS + 4 * HOUR);
    await at(habits, NOW_MS + 30 * HOUR + STEP);
    expect(habits.figures().judged).toBe(before);
    await fill(NOW_MS + 4 * HOUR, NOW_MS + 30 * HOUR);
    await at(habits, NOW_MS + 30 * HOUR + 2 * STEP);
    // The last look was at bins up to two steps after 30 hours.
    expect(habits.figures().judged).toBe(before + 24 * 12 - 2);
  });

  it('by so much that their episode was held for over are told of again where it goes on', async () => {
    await fill(START, NOW_MS);
    const habits = follow();
    await at(habits, NOW_MS);
    await fill(NOW_MS, NOW_MS + HOUR, () => 9e8);
    await at(habits, NOW_MS + HOUR);
    await at(habits, NOW_MS + 8 * HOUR);
    expect(habits.view().items).toEqual([]);
    await fill(NOW_MS + HOUR, NOW_MS + 3 * HOUR, () => 9e8);
    await at(habits, NOW_MS + 8 * HOUR + STEP);
    const told = async () => (await events()).map(({ fromMs, toMs }) => [fromMs, toMs]);
    expect(habits.view().items).toHaveLength(1);
    expect(await told()).toEqual([
      [NOW_MS + HOUR, null],
      [NOW_MS, NOW_MS + HOUR],
    ]);
    await fill(NOW_MS + 3 * HOUR, NOW_MS + 9 * HOUR);
    await at(habits, NOW_MS + 9 * HOUR);
    expect(habits.view().items).toEqual([]);
    expect(await told()).toEqual([
      [NOW_MS + HOUR, expect.any(Number)],
      [NOW_MS, NOW_MS + HOUR],
    ]);
  });

  it('because the device is asked every five minutes are waited for', async () => {
    const [known] = await w.catalog.devices.list();
    if (known) await w.catalog.devices.put({ ...known, intervalMs: STEP });
    // Asked 110 s after each bin began: 90 s after its end a third of it is known.
    const shiftMs = 110_000;
    await fill(START, NOW_MS, usual, STEP, shiftMs);
    const habits = follow();
    nowMs = NOW_MS + shiftMs;
    await habits.keep();
    const before = habits.figures().judged;
    for (let n = 1; n <= 60; n++) {
      if (n % 5 === 0) await fill(NOW_MS + (n - 5) * MINUTE, NOW_MS + n * MINUTE, usual, STEP, shiftMs);
      nowMs = NOW_MS + shiftMs + n * MINUTE;
      await habits.keep();
    }
    expect(habits.figures().judged).toBe(before + 12);
  });
});

it('the metrics say how many habits there are, and how many there may be', async () => {
  const text = (await w.get('/metrics')).payload;
  expect(text).toMatch(/^saguaro_habits_series 0$/m);
  expect(text).toMatch(/^saguaro_habits_series_limit 10000$/m);
});

it('an import into the past and a value that is none disturb nothing', async () => {
  await fill(START, NOW_MS);
  const habits = follow();
  await at(habits, NOW_MS);
  const before = habits.of(IN())?.band(NOW_MS + DAY);
  const tMs = Float64Array.from({ length: 288 }, (_, i) => START + i * STEP);
  await w.history.importSamples([{ series: IN(), tMs, value: tMs.map(() => 9e9) }]);
  await fill(NOW_MS, NOW_MS + HOUR, () => NaN);
  await at(habits, NOW_MS + HOUR);
  // A clock that was set back: the rounds in between have nothing to do.
  await at(habits, NOW_MS - DAY);
  expect(habits.of(IN())?.band(NOW_MS + DAY)).toEqual(before);
  expect(await events()).toEqual([]);
});

it('when clocks change the habit goes by the hour that people live by', () => {
  const zone = 'Europe/Paris';
  // Set back on 25 October 2026 at 01:00 UTC; a job at 04:00 there runs an hour later by UTC from then on.
  const changeMs = Date.UTC(2026, 9, 25, 1);
  let habit = createHabit(zone);
  let alerts = 0;
  for (let tMs = changeMs - 30 * DAY; tMs < changeMs + 6 * DAY; tMs += STEP) {
    const local = ((tMs + (tMs < changeMs ? 2 : 1) * HOUR) % DAY) / HOUR;
    const { event } = habit.observe(tMs, (local >= 4 && local < 5 ? 400e6 : 50e6) + scatter(tMs));
    if (event && tMs > changeMs) alerts++;
    if (tMs % DAY !== 0) continue;
    const read = unpackHabit(packHabit(habit.save()), zone);
    if (typeof read !== 'string') habit = createHabit(zone, read);
  }
  expect(alerts).toBe(0);
  expect(habit.bandAt(changeMs + 8 * DAY + 2.5 * HOUR)?.middle).toBeGreaterThan(350e6);
  expect(habit.bandAt(changeMs + 8 * DAY + 1.5 * HOUR)?.middle).toBeLessThan(100e6);
});

it('a packed habit is small, goes on as it was to seven digits, and is refused when it is damaged or another', () => {
  const habit = createHabit('UTC');
  for (let tMs = START; tMs < NOW_MS; tMs += STEP) habit.observe(tMs, usual(tMs));
  const bytes = packHabit(habit.save());
  expect(bytes.length).toBeLessThan(10_000);
  const read = unpackHabit(bytes, 'UTC');
  if (typeof read === 'string') throw new Error(read);
  const again = createHabit('UTC', read);
  for (const hours of [0, 5, 12, 100]) {
    const [was, is] = [habit.bandAt(NOW_MS + hours * HOUR), again.bandAt(NOW_MS + hours * HOUR)];
    expect((is?.upper ?? NaN) / (was?.upper ?? NaN)).toBeCloseTo(1, 6);
    expect((is?.lower ?? NaN) / (was?.lower ?? NaN)).toBeCloseTo(1, 6);
  }
  expect(unpackHabit(bytes, 'Asia/Tokyo')).toBe('other');
  for (const length of [0, 3, 100, bytes.length - 4]) expect(unpackHabit(bytes.slice(0, length), 'UTC')).toBe('damaged');
});
