/** An hour without the server, on a real one that is stopped and started; the clock is driven, so that the hour takes seconds. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BIN_TIERS, DEFAULT_TIERS, seriesKey, TIER_STEP_MS } from '../../core/model.ts';
import type { History, RawRow } from '../../core/ports.ts';
import { rollupRecords } from '../../core/rollup.ts';
import { createEmbeddedStore } from '../../store/embedded/store.ts';
import { createHistory } from '../../store/history.ts';
import { createBufferedStore, type BufferedStore } from '../../store/server/buffered.ts';
import type { ServerStore } from '../../store/server/port.ts';
import { readWindow } from '../../store/server/window.ts';
import { openSpool } from '../../store/spool.ts';
import { createFakeClock } from '../collector/fake-clock.ts';
import { quiet } from './histories.ts';

export interface StoppableServer {
  /** Another store on it, for the same history. */
  open(): ServerStore;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Resolves once everything written can be read. */
  settle(): Promise<void>;
  end(): Promise<void>;
}

const MINUTE = 60_000;
const SERIES_COUNT = 1_000;
const PER_DEVICE = 100;
const digits = (value: number, n: number) => (n >= 17 ? value : Number(value.toPrecision(n)));

/** @param kept significant digits that the server keeps */
export function outageSuite(name: string, start: () => Promise<StoppableServer>, kept = 17): void {
  describe(`an outage of ${name}`, () => {
    // Servers follow their own clock: what is written must be recent.
    const T0 = Math.floor((Date.now() - 3 * 3_600_000) / 3_600_000) * 3_600_000 + 17_345;
    const clock = createFakeClock(T0);
    let server: StoppableServer;
    let folder: string;
    let store: BufferedStore;
    let history: History;
    const series = Array.from({ length: SERIES_COUNT }, (_s, n) =>
      seriesKey(`dev${Math.floor(n / PER_DEVICE)}`, `if${n % PER_DEVICE}`, 'interface.in_bps'),
    );
    const valueAt = (i: number, n: number) => ((i + n) % 23 === 4 ? NaN : ((i * 7919 + n * 104_729) % 1_000_003) * 8);
    const timeAt = (i: number, n: number) => T0 + i * MINUTE + Math.floor(n / PER_DEVICE) * 37;
    const rows = (i: number): RawRow[] =>
      Array.from({ length: SERIES_COUNT / PER_DEVICE }, (_d, d) => {
        const own = series.slice(d * PER_DEVICE, (d + 1) * PER_DEVICE);
        return {
          device: `dev${d}`,
          tMs: timeAt(i, d * PER_DEVICE),
          intervalMs: MINUTE,
          series: own,
          values: Float64Array.from(own, (_key, k) => valueAt(i, d * PER_DEVICE + k)),
        };
      });
    const open = async () => {
      const path = join(folder, 'recent.db');
      const sinceMs = readWindow(path, clock.nowMs());
      const recent = await createEmbeddedStore({ path });
      const spool = await openSpool({
        folder: join(folder, 'spool'),
        maxBytes: 2 ** 30,
        maxAgeMs: 14 * 86_400_000,
        nowMs: () => clock.nowMs(),
        log: quiet,
      });
      store = await createBufferedStore({ server: server.open(), recent, sinceMs, spool, clock, log: quiet });
      history = await createHistory({ store, tiers: DEFAULT_TIERS, nowMs: () => clock.nowMs(), log: quiet });
    };
    const poll = async (from: number, to: number) => {
      for (let i = from; i < to; i++) {
        await history.append(rows(i));
        await clock.advance(MINUTE);
        if (i % 5 === 0) await history.maintain(clock.nowMs());
        await wait(5);
      }
    };
    const until = async (condition: () => boolean) => {
      for (let i = 0; i < 1_000 && !condition(); i++) {
        await clock.advance(1_000);
        await wait(20);
      }
      expect(condition()).toBe(true);
    };
    const atRest = () => store.destination().waitingLines === 0;

    beforeAll(async () => {
      server = await start();
      folder = await mkdtemp(join(tmpdir(), 'saguaro-outage-'));
      await open();
    });
    afterAll(async () => {
      await history.close();
      await rm(folder, { recursive: true, force: true });
      await server.end();
    });

    it('of an hour, over a restart of ours: everything arrives, in order, once', { timeout: 60_000 }, async () => {
      await poll(0, 5);
      await until(atRest);
      await server.stop();
      await poll(5, 35);
      const { state, sinceMs, waitingLines, oldestMs } = store.destination();
      expect({ state, since: sinceMs >= T0 + 5 * MINUTE && sinceMs < T0 + 12 * MINUTE }).toEqual({ state: 'away', since: true });
      expect(waitingLines).toBeGreaterThanOrEqual(30 * SERIES_COUNT);
      expect(oldestMs).toBeLessThan(T0 + 12 * MINUTE);
      await history.close();
      await open();
      await poll(35, 65);
      expect((await history.health()).ok).toBe(true);
      // What is recent is shown all the while.
      const [shown] = await history.raw([series[7] ?? ''], T0 - MINUTE, T0 + 65 * MINUTE);
      expect([...(shown?.value ?? [])]).toEqual(Array.from({ length: 65 }, (_v, i) => valueAt(i, 7)));
      await server.start();
      await until(() => store.destination().state === 'ok' && atRest());
      expect(store.destination()).toMatchObject({ droppedLines: 0, refusedLines: 0, expiredLines: 0, damagedBytes: 0 });
      await poll(65, 70);
      await until(atRest);
      await server.settle();

      const direct = server.open();
      const there = await direct.raw(series, T0 - MINUTE, T0 + 80 * MINUTE);
      const wrong = there.filter(({ tMs, value }, n) => {
        const same = (i: number) =>
          Object.is(value[i], valueAt(i, n)) || digits(value[i] ?? NaN, kept) === digits(valueAt(i, n), kept);
        return tMs.length !== 70 || !tMs.every((t, i) => t === timeAt(i, n) && same(i));
      });
      expect(wrong).toHaveLength(0);
      for (const tier of BIN_TIERS.slice(0, 2)) {
        const bins = await direct.bins(series, tier, T0 - 3_600_000, T0 + 80 * MINUTE);
        const off = bins.filter((found, n) => {
          const times = Float64Array.from({ length: 70 }, (_t, i) => timeAt(i, n));
          const wanted = rollupRecords(
            times,
            times.map((_t, i) => valueAt(i, n)),
            null,
            TIER_STEP_MS[tier],
          );
          // Those that are still open are not there yet.
          const closed = wanted.filter(({ tMs }) => tMs + TIER_STEP_MS[tier] <= timeAt(69, n));
          return (
            found.tMs.length !== closed.length ||
            !closed.every(({ tMs, mean, min, max, known }, i) => {
              const near = (a: number | undefined, b: number) => Math.abs((a ?? NaN) - b) <= 1e-9 * Math.max(1, Math.abs(b));
              return (
                found.tMs[i] === tMs &&
                near(found.mean[i], mean) &&
                near(found.min[i], min) &&
                near(found.max[i], max) &&
                near(found.known[i], known)
              );
            })
          );
        });
        expect(off, tier).toHaveLength(0);
      }
      await direct.close();
    });
  });
}
