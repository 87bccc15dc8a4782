/** Monthly capacity reports: made from real forecasts, kept once a month, and judged by the one of the month after. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CapacityReport } from '../../core/capacity-report.ts';
import { detailOf, NOW_MS, world, type World } from './world.ts';

const DAY_MS = 86_400_000;
const GIB = 2 ** 30;
let folder: string;
let w: World;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'saguaro-capacity-'));
  w = await world({}, { reviews: { folder: join(folder, 'reports'), list: [] } });
});
afterEach(async () => {
  await w.close();
  await rm(folder, { recursive: true });
});

/** Level in GiB on days before (negative: after) now, of a disk of 100 GiB. */
async function measured(name: string, from: number, to: number, at: (day: number) => number): Promise<void> {
  const lines = ['device,instance,metric,unit,time,value'];
  for (let day = from; day >= to; day--) {
    const seconds = Math.round((NOW_MS - day * DAY_MS) / 1000) - 60;
    lines.push(`nas,${name},disk.used_bytes,bytes,${seconds},${Math.round(at(day) * GIB)}`);
    lines.push(`nas,${name},disk.size_bytes,bytes,${seconds},${100 * GIB}`);
  }
  const answer = await w.csv(lines.join('\n'));
  expect(answer.statusCode, answer.body).toBeLessThan(300);
}
const rising = (day: number) => 60 - day * 0.1 + Math.sin(day * day) * 0.2;
const months = async () => (await w.get('capacity/reports')).json<{ months: string[] }>().months;
const report = async (month: string) => (await w.get(`capacity/reports/${month}`)).json<CapacityReport>();
const row = ({ rows }: CapacityReport, name: string) => rows.find((one) => one.name === name);

test('nothing is kept before anything can fill', async () => {
  await w.app.keepCapacityReport();
  await mkdir(join(folder, 'reports'));
  await writeFile(join(folder, 'reports', 'capacity~2026-13.json'), '{}');
  expect((await w.get('capacity/reports')).json()).toEqual({
    months: [],
    last: { id: '2026-02', month: 'February 2026' },
  });
  const now = await report('now');
  expect([now.id, now.month, now.rows]).toEqual(['2026-02', 'February 2026', []]);
});

test('the last month is kept once; the next report says which of its forecasts were wrong', async () => {
  await measured('/steady', 200, 0, rising);
  await measured('/surprise', 200, 0, rising);
  await Promise.all([w.app.keepCapacityReport(), w.app.keepCapacityReport()]);
  await w.app.keepCapacityReport();
  expect(await months()).toEqual(['2026-02']);
  const first = await report('2026-02');
  const steady = row(first, '/steady');
  // 28 days at a tenth of a GiB.
  expect(((steady?.after ?? 0) - (steady?.before ?? 0)) / GIB).toBeCloseTo(2.8, 0);
  expect(steady?.verdict).toBeNull();
  const next = steady?.next;
  // The day on which March ends.
  expect(Math.abs((next?.tMs ?? 0) - Date.parse('2026-04-01T00:00:00Z'))).toBeLessThanOrEqual(1.5 * DAY_MS);
  expect(next?.low).toBeLessThan(next?.high ?? 0);
  expect(first.notes.join(' ')).toContain('No report of the month before is kept');

  w.pass(30 * DAY_MS);
  await measured('/steady', -1, -30, rising);
  await measured('/surprise', -1, -30, (day) => rising(day) + 20);
  await w.app.keepForecasts();
  await w.app.keepCapacityReport();
  expect(await months()).toEqual(['2026-03', '2026-02']);
  const second = await report('2026-03');
  expect(row(second, '/steady')).toMatchObject({ verdict: 'held', promised: next });
  expect(row(second, '/surprise')?.verdict).toBe('above');
  expect(second.notes[0]).toContain('Of 2 forecasts in the report before, 1 held and 1 did not');
  const page = await w.get('capacity/reports/2026-03.html');
  expect(page.headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-.+sandbox$/);
  for (const words of [
    'Capacity, March 2026',
    'What fills first',
    'Forecasts that were wrong',
    'more than forecast',
    '/surprise',
  ])
    expect(page.body).toContain(words);
  const pdf = await w.get('capacity/reports/2026-03.pdf');
  expect([pdf.statusCode, pdf.headers['content-type']]).toEqual([200, 'application/pdf']);
  expect(pdf.headers['content-disposition']).toBe('attachment; filename="capacity-2026-03.pdf"');
  expect(pdf.rawPayload.subarray(0, 5).toString()).toBe('%PDF-');
}, 30_000);

test('one that is made now says what is not ready yet, and has it in the end', async () => {
  await measured('/steady', 200, 0, rising);
  await w.app.keepForecasts();
  // The clock of this world wakes whoever waits at once: the deadline is over before any forecast is made.
  const page = await w.get('capacity/reports/now.html');
  expect(page.body).toContain('Not ready in time and left out: 1 of 1 forecasts. Ask again to have all of them.');
  expect(page.body).toContain('Nothing is ready yet.');
  await expect.poll(async () => (await report('now')).waiting, { timeout: 10_000 }).toBeUndefined();
  expect((await report('now')).rows.map(({ name }) => name)).toEqual(['/steady']);
}, 30_000);

test.each(['2026-02', 'nothing', '..%2F..%2Fetc', '%00'])('%s is not there', async (month) => {
  for (const form of ['', '.html', '.pdf']) {
    const answer = await w.get(`capacity/reports/${month}${form}`);
    expect([answer.statusCode, detailOf(answer)]).toEqual([404, expect.stringContaining('There is no capacity report of')]);
  }
});

test('a file that is damaged is told and is not served', async () => {
  await measured('/steady', 200, 0, rising);
  await w.app.keepCapacityReport();
  await writeFile(join(folder, 'reports', 'capacity~2026-02.json'), '{"half":');
  expect((await w.get('capacity/reports/2026-02')).statusCode).toBe(404);
  expect(w.logged.join('\n')).toContain('The kept capacity report of 2026-02 cannot be read.');
}, 30_000);
