/** A history on a server that may be away, over a real spool and a real embedded store. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { BIN_TIERS, DEFAULT_TIERS, seriesKey } from '../../core/model.ts';
import type { History, RawRow } from '../../core/ports.ts';
import { ServerAway } from '../../core/ports.ts';
import { createEmbeddedStore } from '../../store/embedded/store.ts';
import { createHistory } from '../../store/history.ts';
import { createBufferedStore, type BufferedStore } from '../../store/server/buffered.ts';
import { readWindow } from '../../store/server/window.ts';
import { openSpool } from '../../store/spool.ts';
import { createFakeClock, type FakeClock } from '../collector/fake-clock.ts';
import { createPaperServer, type PaperServer } from '../doubles/paper-server.ts';
import { binsOf, expectSame, oracle, quiet } from './histories.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const T0 = Date.UTC(2026, 2, 1, 5, 17, 3);
const SERIES = [1, 2, 3].map((n) => seriesKey('dev', `if${n}`, 'interface.in_bps'));
const valueAt = (i: number, n: number) => (i % 17 === 5 ? NaN : i * 10 + n / 3);

interface World {
  readonly folder: string;
  readonly clock: FakeClock;
  readonly server: PaperServer;
  store: BufferedStore;
  history: History;
}
const worlds: World[] = [];
afterEach(async () => {
  for (const { history, folder } of worlds.splice(0)) {
    await history.close();
    await rm(folder, { recursive: true, force: true });
  }
});

async function start(folder: string, clock: FakeClock, server: PaperServer, maxBytes: number) {
  const path = join(folder, 'recent.db');
  const sinceMs = readWindow(path, clock.nowMs());
  const recent = await createEmbeddedStore({ path });
  const spool = await openSpool({
    folder: join(folder, 'spool'),
    maxBytes,
    maxAgeMs: 14 * DAY,
    nowMs: () => clock.nowMs(),
    log: quiet,
    segmentBytes: 64 * 1024,
  });
  const store = await createBufferedStore({ server: server.store, recent, sinceMs, spool, clock, log: quiet });
  const history = await createHistory({ store, tiers: DEFAULT_TIERS, nowMs: () => clock.nowMs(), log: quiet });
  return { store, history };
}

async function world(server = createPaperServer(), maxBytes = 100 * 2 ** 20): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'saguaro-buffered-'));
  const clock = createFakeClock(T0);
  const made: World = { folder, clock, server, ...(await start(folder, clock, server, maxBytes)) };
  worlds.push(made);
  return made;
}

async function restart(of: World): Promise<void> {
  await of.history.close();
  Object.assign(of, await start(of.folder, of.clock, of.server, 100 * 2 ** 20));
}

const row = (i: number, series = SERIES): RawRow => ({
  device: 'dev',
  tMs: T0 + i * MINUTE,
  intervalMs: MINUTE,
  series,
  values: Float64Array.from(series, (_key, n) => valueAt(i, n)),
});

/** Time passes, and what is under way beside the clock (files, the store's thread) gets its turn. */
async function pass({ clock }: World, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= MINUTE) {
    await clock.advance(Math.min(left, MINUTE));
    await wait(1);
  }
}
async function until(condition: () => boolean, of: World): Promise<void> {
  for (let i = 0; i < 500 && !condition(); i++) {
    await of.clock.advance(1_000);
    await wait(5);
  }
  expect(condition()).toBe(true);
}
const atRest = (of: World) => () => of.store.destination().waitingLines === 0;
const points = (n: number, count: number) => Array.from({ length: count }, (_p, i) => ({ t: T0 + i * MINUTE, v: valueAt(i, n) }));

describe('a history on a server', () => {
  it('sends everything once, in order, and answers from here', async () => {
    const w = await world();
    for (let i = 0; i < 200; i++) {
      await w.history.append([row(i)]);
      await pass(w, MINUTE);
    }
    await until(atRest(w), w);
    expect(w.store.destination()).toMatchObject({ label: 'Paper', state: 'ok', waitingLines: 0, droppedLines: 0 });
    const raw = w.server.taken.filter(({ tier }) => tier === 'raw').map(({ line }) => line);
    expect(raw).toHaveLength(600);
    expect(new Set(raw).size).toBe(600);
    const stamps = raw.map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)));
    expect(stamps).toEqual(stamps.toSorted((a, b) => a - b));
    const before = w.server.asked.filter((what) => what !== 'send').length;
    for (const [n, series] of SERIES.entries()) {
      const [columns] = await w.history.raw([series], T0 - HOUR, T0 + DAY);
      expect([...(columns?.value ?? [])]).toEqual(points(n, 200).map(({ v }) => v));
    }
    // What is recent asks nobody, once it is known that nothing came before.
    await w.history.raw(SERIES, T0 + HOUR, T0 + 2 * HOUR);
    expect(w.server.asked.filter((what) => what !== 'send').length).toBeLessThanOrEqual(before + 3);
  });

  it('gives the server the very bins that it shows', async () => {
    const w = await world();
    // Each a call of its own, some at once: a disk need not be waited for 1,600 times.
    for (let i = 0; i < 1600; i += 16)
      await Promise.all(Array.from({ length: 16 }, (_call, k) => w.history.append([row(i + k)])));
    await w.history.maintain(T0 + 1600 * MINUTE);
    await until(atRest(w), w);
    for (const tier of BIN_TIERS) {
      const stepMs = { '5m': 5 * MINUTE, '1h': HOUR, '1d': DAY }[tier];
      const there = await w.server.store.bins(SERIES, tier, -Infinity, Infinity);
      for (const [n, series] of SERIES.entries()) {
        const wanted = oracle(points(n, 1600), stepMs);
        expectSame(await binsOf(w.history, tier, series), wanted);
        const stored = there[n];
        // The last is still open.
        const closed = wanted.slice(0, stored?.tMs.length);
        expect(closed.length).toBeGreaterThanOrEqual(wanted.length - 1);
        expectSame(
          [...(stored?.tMs ?? [])].map((t, i) => [
            t,
            stored?.mean[i] ?? NaN,
            stored?.min[i] ?? NaN,
            stored?.max[i] ?? NaN,
            stored?.known[i] ?? NaN,
          ]),
          closed,
        );
      }
    }
  });

  it('goes on while the server is away, says so, and delivers everything when it is back', async () => {
    const w = await world();
    await w.history.append([row(0)]);
    await until(atRest(w), w);
    w.server.trouble = 'away';
    for (let i = 1; i <= 60; i++) {
      await w.history.append([row(i)]);
      await pass(w, MINUTE);
    }
    expect(w.store.destination()).toMatchObject({ state: 'away', reason: 'Paper does not answer.' });
    expect(w.store.destination().waitingLines).toBeGreaterThanOrEqual(180);
    expect((await w.history.health()).destination?.state).toBe('away');
    expect(await w.history.health()).toMatchObject({ ok: true, waitingRows: 0, droppedSamples: 0 });
    expectSame(await binsOf(w.history, '5m', SERIES[1]), oracle(points(1, 61), 5 * MINUTE));
    const sends = w.server.asked.filter((what) => what === 'send').length;
    expect(sends).toBeLessThan(80);
    w.server.trouble = null;
    await until(atRest(w), w);
    expect(w.store.destination().state).toBe('ok');
    const [there] = await w.server.store.raw([SERIES[2] ?? ''], -Infinity, Infinity);
    expect([...(there?.value ?? [])]).toEqual(points(2, 61).map(({ v }) => v));
    const raw = w.server.taken.filter(({ tier }) => tier === 'raw');
    expect(raw).toHaveLength(183);
  });

  it('waits for an operator when the server wants another token, and loses nothing', async () => {
    const w = await world();
    w.server.trouble = 'blocked';
    for (let i = 0; i < 10; i++) await w.history.append([row(i)]);
    await until(() => w.store.destination().state === 'blocked', w);
    expect(w.store.destination().reason).toBe('Paper wants another token.');
    w.server.trouble = null;
    await until(atRest(w), w);
    expect(w.server.taken.filter(({ tier }) => tier === 'raw')).toHaveLength(30);
  });

  it('survives its own restart in the middle of an outage, and a server that was never there', async () => {
    const w = await world();
    w.server.trouble = 'away';
    for (let i = 0; i < 100; i++) await w.history.append([row(i)]);
    await restart(w);
    expect(w.store.destination().waitingLines).toBeGreaterThanOrEqual(300);
    for (let i = 100; i < 200; i++) await w.history.append([row(i)]);
    await restart(w);
    for (const tier of ['5m', '1h'] as const)
      expectSame(await binsOf(w.history, tier, SERIES[0]), oracle(points(0, 200), tier === '5m' ? 5 * MINUTE : HOUR));
    w.server.trouble = null;
    await until(atRest(w), w);
    const [there] = await w.server.store.raw([SERIES[0] ?? ''], -Infinity, Infinity);
    expect([...(there?.tMs ?? [])]).toEqual(points(0, 200).map(({ t }) => t));
    await w.history.maintain(T0 + DAY + HOUR);
    await until(atRest(w), w);
    const [hours] = await w.server.store.bins([SERIES[0] ?? ''], '1h', -Infinity, Infinity);
    expect([...(hours?.tMs ?? [])]).toEqual(oracle(points(0, 200), HOUR).map(([t]) => t));
  });

  it('takes up a write that a crash kept out of what is kept here', async () => {
    const w = await world();
    for (let i = 0; i < 5; i++) await w.history.append([row(i)]);
    // As if the process had ended between the spool and the store.
    const spool = await openSpoolOf(w, async () => {
      await w.history.close();
    });
    const [parcel] = w.server.store.encode({ raw: [row(5)], bins: [] });
    await spool.append([{ kind: 0, atMs: T0 + 5 * MINUTE, count: parcel?.lines ?? 0, payload: Buffer.from(parcel?.text ?? '') }]);
    await spool.close();
    Object.assign(w, await start(w.folder, w.clock, w.server, 100 * 2 ** 20));
    const [columns] = await w.history.raw([SERIES[1] ?? ''], T0 - HOUR, T0 + HOUR);
    expect([...(columns?.tMs ?? [])]).toEqual(points(1, 6).map(({ t }) => t));
    await until(atRest(w), w);
  });

  it('sends again what the server took without saying so, which changes nothing', async () => {
    const w = await world();
    w.server.forgetful = true;
    for (let i = 0; i < 10; i++) await w.history.append([row(i)]);
    await until(() => w.server.taken.length > 40, w);
    w.server.forgetful = false;
    await until(atRest(w), w);
    const lines = new Set(w.server.taken.map(({ tier, line }) => `${tier} ${line}`));
    expect([...lines].filter((line) => line.startsWith('raw '))).toHaveLength(30);
    const [there] = await w.server.store.raw([SERIES[1] ?? ''], -Infinity, Infinity);
    expect([...(there?.value ?? [])]).toEqual(points(1, 10).map(({ v }) => v));
  });

  it('sets aside lines the server will never take, and delivers their neighbours', async () => {
    const w = await world();
    w.server.refused = 'instance=if2';
    for (let i = 0; i < 10; i++) await w.history.append([row(i)]);
    await until(atRest(w), w);
    expect(w.store.destination().refusedLines).toBeGreaterThanOrEqual(10);
    const raw = w.server.taken.filter(({ tier }) => tier === 'raw');
    expect(raw).toHaveLength(20);
  });

  it('gives up the oldest when too much waits, counts it, and goes on', async () => {
    const w = await world(createPaperServer(), 2 ** 20);
    w.server.trouble = 'away';
    const many = Array.from({ length: 2_000 }, (_s, n) => seriesKey('dev', `port${n}`, 'interface.in_bps'));
    for (let i = 0; i < 100; i++)
      await w.history.append([{ ...row(i, many), values: Float64Array.from(many, (_key, n) => Math.sin(i * 7 + n) * 1e9) }]);
    const { droppedLines, waitingBytes } = w.store.destination();
    expect(droppedLines).toBeGreaterThan(0);
    expect(waitingBytes).toBeLessThanOrEqual(2 ** 20);
    w.server.trouble = null;
    await until(atRest(w), w);
    const [there] = await w.server.store.raw([many[0] ?? ''], -Infinity, Infinity);
    expect(there?.tMs.at(-1)).toBe(T0 + 99 * MINUTE);
    // Here it is still all there.
    expect((await w.history.raw([many[0] ?? ''], T0 - HOUR, T0 + DAY))[0]?.tMs).toHaveLength(100);
  });

  it('reads what is older from the server, and what can be had while that is away', async () => {
    const server = createPaperServer();
    const old = [row(-3 * 1440), row(-3 * 1440 + 1), row(-1)];
    for (const parcel of server.store.encode({ raw: old, bins: [] })) await server.store.send(parcel);
    const w = await world(server);
    await w.history.append([row(1)]);
    await until(atRest(w), w);
    const times = async () => [...((await w.history.raw([SERIES[0] ?? ''], -Infinity, Infinity))[0]?.tMs ?? [])];
    expect(await times()).toEqual([...old, row(1)].map(({ tMs }) => tMs));
    const [recent] = await w.history.raw([SERIES[0] ?? ''], T0, T0 + HOUR);
    expect(recent?.previousMs).toBe(row(-1).tMs);
    server.trouble = 'away';
    expect(await times()).toEqual([row(1).tMs]);
    // Nobody waits for a deadline again and again.
    const asked = server.asked.length;
    for (let i = 0; i < 20; i++) await times();
    expect(server.asked.length).toBeLessThanOrEqual(asked + 1);
    await expect(
      w.history.importSamples([{ series: SERIES[0] ?? '', tMs: Float64Array.of(T0 - 9 * DAY), value: Float64Array.of(1) }]),
    ).rejects.toThrow(ServerAway);
    server.trouble = null;
    await until(() => w.store.destination().state === 'ok', w);
    expect(await times()).toEqual([...old, row(1)].map(({ tMs }) => tMs));
  });

  it('imports into time that only the server has', async () => {
    const w = await world();
    await w.history.append([row(0)]);
    const at = (i: number) => T0 - 200 * DAY + i * 5 * MINUTE;
    const tMs = Float64Array.from({ length: 600 }, (_t, i) => at(i));
    const series = SERIES[1] ?? '';
    const importing = w.history.importSamples([{ series, tMs, value: tMs.map((_t, i) => i) }]);
    await importing;
    const second = w.history.importSamples([{ series, tMs: Float64Array.of(at(100)), value: Float64Array.of(1e6) }]);
    await until(atRest(w), w);
    await second;
    await until(atRest(w), w);
    const [raw] = await w.history.raw([series], at(0) - HOUR, at(600));
    expect([...(raw?.value ?? [])].filter((v) => !Number.isNaN(v))).toHaveLength(600);
    const days = await binsOf(w.history, '1d', series);
    expect(Math.max(...days.map(([, , , max]) => max))).toBe(1e6);
  });

  it('forgets removed series here and there, also while the server is away', async () => {
    const w = await world();
    for (let i = 0; i < 10; i++) await w.history.append([row(i)]);
    await until(atRest(w), w);
    w.server.trouble = 'away';
    await w.history.remove([SERIES[0] ?? '']);
    const left = async (n: number) => (await w.history.raw([SERIES[n] ?? ''], T0 - 9 * DAY, T0 + DAY))[0]?.tMs.length;
    expect([await left(0), await left(1)]).toEqual([0, 10]);
    w.server.trouble = null;
    await until(() => w.server.asked.includes('remove') && w.store.destination().state === 'ok', w);
    await wait(50);
    expect([await left(0), await left(1)]).toEqual([0, 10]);
    const [there] = await w.server.store.raw([SERIES[0] ?? ''], -Infinity, Infinity);
    expect(there?.tMs).toHaveLength(0);
  });

  it('refuses in words what a store that cannot replace would have to replace', async () => {
    const w = await world(createPaperServer({ rewrites: false }));
    for (let i = 0; i < 10; i++) await w.history.append([row(i)]);
    await until(atRest(w), w);
    const series = SERIES[0] ?? '';
    const put = (t: number) => w.history.importSamples([{ series, tMs: Float64Array.of(t), value: Float64Array.of(5) }]);
    await expect(put(T0 + 3 * MINUTE)).rejects.toThrow(
      /cannot replace what it holds: the sample of .* would change. Import whole days/,
    );
    await expect(put(T0 + 3 * MINUTE + 500)).rejects.toThrow(/cannot replace/);
    await put(T0 - 30 * DAY);
    await until(atRest(w), w);
    await expect(put(T0 - 30 * DAY + HOUR)).rejects.toThrow(/cannot replace/);
    const [there] = await w.server.store.raw([series], -Infinity, Infinity);
    expect([...(there?.value ?? [])].filter((v) => v === 5)).toHaveLength(1);
    expect(w.server.taken.filter(({ line }) => line.includes('_gap=0') || line.includes('_gap=3'))).toEqual([]);
  });
});

async function openSpoolOf(w: World, before: () => Promise<void>) {
  await before();
  return openSpool({
    folder: join(w.folder, 'spool'),
    maxBytes: 2 ** 30,
    maxAgeMs: 14 * DAY,
    nowMs: () => w.clock.nowMs(),
    log: quiet,
  });
}
