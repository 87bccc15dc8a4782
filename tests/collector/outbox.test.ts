import { expect, it } from 'vitest';
import { createOutbox } from '../../collector/outbox.ts';
import { createTimeline } from '../../collector/timeline.ts';
import { seriesKey } from '../../core/model.ts';
import type { RawRow } from '../../core/ports.ts';
import { createFakeClock } from './fake-clock.ts';

/** An outbox over a history that takes everything, and what it took when, in ms since the start. */
function outbox() {
  const clock = createFakeClock();
  const timeline = createTimeline(clock, (error) => {
    throw error;
  });
  const startMs = clock.monoMs();
  const taken: { atMs: number; devices: string[] }[] = [];
  const saved: string[] = [];
  const box = createOutbox({
    clock,
    timeline,
    history: {
      append: (rows) => {
        taken.push({ atMs: clock.monoMs() - startMs, devices: rows.map((row) => row.device) });
        return Promise.resolve();
      },
    },
    readings: {
      save: (entries) => {
        saved.push(...entries.map(({ device }) => device));
        return Promise.resolve();
      },
      load: () => Promise.resolve(null),
    },
    stateOf: () => Uint8Array.of(1),
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });
  return { clock, box, taken, saved };
}

function row(device: string, size: number, intervalMs = 60_000): RawRow {
  const series = Array.from({ length: size }, (_s, n) => seriesKey(device, `if${n}`, 'interface.in_bps'));
  return { device, tMs: 1, intervalMs, series, values: new Float64Array(size) };
}

it('hands over a few rows after a quarter of a second, and saves the readings they were made from', async () => {
  const { clock, box, taken, saved } = outbox();
  box.push([row('a', 40)]);
  await clock.advance(100);
  box.push([row('b', 40)]);
  await clock.advance(149);
  expect(taken).toEqual([]);
  await clock.advance(1);
  expect(taken).toEqual([{ atMs: 250, devices: ['a', 'b'] }]);
  expect(saved).toEqual(['a', 'b']);
  expect(box.waiting()).toBe(0);
});

it.each([
  [60_000, 3_000],
  [10_000, 500],
  [1_000, 250],
])('gathers many rows of an interval of %i ms for %i ms', async (intervalMs, gatheredMs) => {
  const { clock, box, taken } = outbox();
  for (let i = 0; i < 60; i++) {
    box.push([row(`d${i}`, 480, intervalMs)]);
    await clock.advance(100);
  }
  expect(taken[0]?.atMs).toBe(gatheredMs);
  expect(taken[0]?.devices).toHaveLength(Math.ceil(gatheredMs / 100));
});

it('does not keep anyone waiting who wants to see it written', async () => {
  const { box, taken } = outbox();
  for (let i = 0; i < 10; i++) box.push([row(`d${i}`, 480)]);
  await box.drain();
  expect(taken).toEqual([{ atMs: 0, devices: Array.from({ length: 10 }, (_d, i) => `d${i}`) }]);
});
