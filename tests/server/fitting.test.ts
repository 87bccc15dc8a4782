/** The thread that makes forecasts: what it makes, and what becomes of those who wait when it fails. */
import { afterEach, expect, test } from 'vitest';
import { createFitter, FitFailed, type Fitter, type FitRequest } from '../../server/fitting.ts';

const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 2, 15);
let fitter: Fitter | null = null;
afterEach(() => fitter?.close());

const request = (days = 120): FitRequest => ({
  kind: 'stock',
  history: {
    timesMs: Array.from({ length: days }, (_, i) => NOW_MS - (days - i) * DAY_MS + DAY_MS / 2),
    values: Array.from({ length: days }, (_, i) => 100 + i + Math.sin(i)),
  },
  limit: 300,
  ...{ horizonMs: 180 * DAY_MS, nowMs: NOW_MS, stepMs: DAY_MS, zone: 'Europe/Paris', changesMs: [] },
});
const thread = (code: string): URL => new URL(`data:text/javascript,${encodeURIComponent(code)}`);

test('makes forecasts in the order in which they are asked for', async () => {
  const own = (fitter = createFitter());
  const made = await Promise.all([request(), request(20), request(0)].map((one) => own.fit(one)));
  expect(made[0]?.limit?.dates?.medianMs).toBeGreaterThan(NOW_MS + 60 * DAY_MS);
  expect(made[0]?.limit?.dates?.medianMs).toBeLessThan(NOW_MS + 100 * DAY_MS);
  expect(made[1]?.reasons[0]?.text).toMatch(/^History too short/);
  expect(made[2]?.reasons[0]?.code).toBe('no values');
});

test('has the days of the zone that is asked for, whichever was asked for before', async () => {
  const own = (fitter = createFitter());
  const zones = ['Europe/Paris', 'UTC', 'Asia/Kathmandu', 'Europe/Paris'];
  const made = await Promise.all(zones.map((zone) => own.fit({ ...request(), zone })));
  const midnights = made.map(({ fromMs }) => NOW_MS - (fromMs ?? NaN));
  expect(midnights.map((ms) => ms / 3_600_000)).toEqual([1, 0, 5.75, 1]);
});

test('one that ends takes only its own with it', async () => {
  fitter = createFitter({
    file: thread(`
      import { parentPort } from 'node:worker_threads';
      parentPort.on('message', ({ id, limit }) => limit === 300 ? process.exit(3) : parentPort.postMessage({ id, made: { kind: 'stock' } }));`),
  });
  const [first, second] = await Promise.allSettled([fitter.fit(request()), fitter.fit({ ...request(), limit: 1 })]);
  expect(first).toMatchObject({ status: 'rejected', reason: expect.any(FitFailed) as unknown });
  expect(second).toMatchObject({ status: 'fulfilled', value: { kind: 'stock' } });
});

test('a fit has a deadline, a queue an end, and an end is told to all that wait', async () => {
  fitter = createFitter({
    deadlineMs: 150,
    waitingMax: 1,
    file: thread(`import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => undefined);`),
  });
  const [late, waits, full] = [fitter.fit(request()), fitter.fit(request()), fitter.fit(request())];
  await expect(full).rejects.toThrow('Too many forecasts are being made');
  await expect(late).rejects.toThrow('not made within 0.15 s');
  const closed = fitter.close();
  await expect(waits).rejects.toThrow('the server stops');
  await closed;
  await expect(fitter.fit(request())).rejects.toThrow('no longer made');
});
