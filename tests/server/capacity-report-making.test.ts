/** The report of the last month while its forecasts are slow, fail, or are still to be made. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import type { CapacityRow, Forecasts, WholeForecast } from '../../core/capacity.ts';
import { createCapacityReports } from '../../server/capacity-report.ts';
import { createCapacityReportMaking, DEADLINE_MS } from '../../server/capacity-report-making.ts';

const DAY_MS = 86_400_000;
const GIB = 2 ** 30;
const NOW_MS = Date.UTC(2026, 2, 15, 12);

/** Sleepers wake, and forecasts come, when the test says so. */
let nowMs: number;
let asleep: { untilMs: number; wake: () => void }[];
let asked: { series: string; come: (failed?: Error) => void }[];
let rows: CapacityRow[];
let waiting: number;
let roundEnds: (() => void)[];
let logged: string[];

const clock = {
  nowMs: () => nowMs,
  monoMs: () => nowMs,
  sleep: (ms: number, signal?: AbortSignal) =>
    new Promise<void>((wake, reject) => {
      asleep.push({ untilMs: nowMs + ms, wake });
      signal?.addEventListener('abort', () => reject(signal.reason as Error));
    }),
};
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));
async function pass(ms: number): Promise<void> {
  nowMs += ms;
  for (const one of asleep.splice(0))
    if (one.untilMs <= nowMs) one.wake();
    else asleep.push(one);
  await settled();
}
/** The next forecasts that somebody waits for. */
async function come(count: number, failed?: Error): Promise<void> {
  for (let i = 0; i < count; i++) {
    await vi.waitFor(() => expect(asked).not.toEqual([]), { timeout: 5_000, interval: 1 });
    asked.shift()?.come(failed);
  }
  await settled();
}

function whole(series: string): WholeForecast {
  const tMs = Array.from({ length: 400 }, (_, i) => Math.floor(NOW_MS / DAY_MS - 399 + i) * DAY_MS);
  return {
    ...{ series, device: 'd', deviceName: 'nas', deviceKind: 'server', site: '', tags: [], instance: 'i', name: series },
    ...{ what: 'disk', metric: 'disk.used_bytes', unit: 'bytes', kind: 'stock', level: 50 * GIB, limit: 100 * GIB },
    ...{ limitFrom: 'size', headroom: 50 * GIB, growthPerMonth: null, chances: [], dates: null, leadDays: 28, orderByMs: null },
    ...{ record: null, said: null, says: 'no trend', madeMs: NOW_MS },
    history: { tMs, values: tMs.map((_, i) => i * GIB * 0.1) },
    ...{ stepMs: DAY_MS, fromMs: NOW_MS, steps: [], decisions: [], reasons: [], backtest: null, limitSteps: [] },
  };
}
const forecasts: Forecasts = {
  rows: async () => ({ rows, madeMs: null, waiting }),
  of: (series) =>
    new Promise((resolve, reject) =>
      asked.push({ series, come: (failed) => (failed ? reject(failed) : resolve(whole(series))) }),
    ),
  keep: async () => undefined,
  idle: () => new Promise((resolve) => (waiting === 0 ? resolve() : roundEnds.push(resolve))),
  close: async () => undefined,
};
const note = (text: string, fields?: Record<string, unknown>) => void logged.push(`${text} ${JSON.stringify(fields ?? {})}`);
const log = { info: note, warn: note, error: note };
const making = () =>
  createCapacityReportMaking({ ...{ forecasts, clock, zone: 'UTC', log }, ending: () => false, read: async () => null });

beforeEach(() => {
  nowMs = NOW_MS;
  [asleep, asked, roundEnds, logged] = [[], [], [], []];
  waiting = 0;
  rows = ['/a', '/b', '/c'].map((series) => whole(series));
});

test('says after the deadline how many forecasts were not ready, and has more at the next look', async () => {
  const reports = making();
  const first = reports.now();
  await come(1);
  await pass(DEADLINE_MS);
  const early = await first;
  expect(early.rows.map(({ series }) => series)).toEqual(['/a']);
  expect(early.waiting).toBe(2);
  expect(early.notes[0]).toBe('Not ready in time and left out: 2 of 3 forecasts. Ask again to have all of them.');
  // Those who ask meanwhile cause no second round.
  const both = [reports.now(), reports.now()];
  await come(2);
  for (const report of await Promise.all(both)) {
    expect(report.rows.map(({ series }) => series)).toEqual(['/a', '/b', '/c']);
    expect([report.waiting, report.notes.join(' ')]).toEqual([undefined, expect.not.stringContaining('Not ready')]);
  }
  // The page and the PDF of one look say the same, without asking again.
  expect((await reports.now()).rows).toHaveLength(3);
  expect(asked).toEqual([]);
  await reports.idle();
});

test('is made anew after some minutes', async () => {
  const reports = making();
  const first = reports.now();
  await come(3);
  await first;
  await pass(5 * 60_000);
  const second = reports.now();
  await settled();
  expect(asked).toHaveLength(1);
  await come(3);
  expect((await second).rows).toHaveLength(3);
});

test('what fails is left out, logged, and asked for again', async () => {
  const reports = making();
  const first = reports.now();
  await come(1, new Error('Too much is asked for just now.'));
  await come(2);
  const report = await first;
  expect([report.rows.length, report.waiting]).toEqual([2, 1]);
  expect(logged).toEqual([expect.stringMatching(/Not every forecast .* Too much is asked for/)]);
  const second = reports.now();
  await come(1);
  expect((await second).rows.map(({ series }) => series).sort()).toEqual(['/a', '/b', '/c']);
});

test('waits for the first round of all, and not for a later one', async () => {
  [rows, waiting] = [[], 250];
  const reports = making();
  const first = reports.now();
  await settled();
  await pass(DEADLINE_MS);
  const early = await first;
  expect([early.rows, early.waiting]).toEqual([[], 250]);
  expect(early.notes[0]).toBe('The first forecasts are still being made: ask again in a while.');

  [rows, waiting] = [['/a'].map((series) => whole(series)), 0];
  for (const end of roundEnds.splice(0)) end();
  const second = reports.now();
  await come(1);
  expect((await second).rows).toHaveLength(1);

  waiting = 200;
  await pass(5 * 60_000);
  const third = reports.now();
  await come(1);
  expect((await third).notes.join(' ')).toContain('A round of forecasts is under way; 200 are still to be made.');
});

test('a report that is kept waits for all of its forecasts', async () => {
  const kept = making().whole();
  await come(1);
  await pass(10 * DEADLINE_MS);
  await come(1, new Error('damaged'));
  await come(1);
  const { report, missing } = await kept;
  expect(report.rows).toHaveLength(2);
  expect(missing).toEqual({ count: 1, of: 3, coming: false });
  expect(report.notes[0]).toBe('Could not be made and left out: 1 of 3 forecasts.');
  expect(report.waiting).toBeUndefined();
});

test('a report of which much is missing is not kept, and one of which little is says so', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'saguaro-missing-'));
  const reports = createCapacityReports({ ...{ folder, forecasts, clock, zone: 'UTC', log }, ending: () => false });
  try {
    const tried = reports.keep();
    const refused = expect(tried).rejects.toThrow('1 of 3 forecasts for the report could not be made');
    await come(1, new Error('damaged'));
    await come(2);
    await refused;
    expect(await reports.list()).toEqual([]);

    rows = Array.from({ length: 12 }, (_, i) => whole(`/${i}`));
    const kept = reports.keep();
    await come(1, new Error('damaged'));
    await come(11);
    expect((await kept)?.notes[0]).toBe('Could not be made and left out: 1 of 12 forecasts.');
    expect(await reports.list()).toEqual(['2026-02']);
    expect((await reports.read('2026-02'))?.rows).toHaveLength(11);
  } finally {
    await rm(folder, { recursive: true });
  }
});
