/** Reports that are kept: made when due, written whole, bounded in number, read back as JSON, page, PDF and CSV. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { seriesKey } from '../../core/model.ts';
import { ANYTHING } from '../../core/dashboard-select.ts';
import type { ScheduledReview } from '../../core/review-due.ts';
import type { KeptReview, ReviewView } from '../../core/review-view.ts';
import { detailOf, fixtures, NOW_MS, world, type World } from './world.ts';

const MIN = 60_000;
const DAY = 86_400_000;
const WEEKLY: ScheduledReview = {
  name: 'Uplinks, weekly',
  every: 'week',
  select: ANYTHING,
  metrics: ['interface.in_bps'],
  zone: 'Europe/Paris',
  keep: 3,
};
let folder: string;
let w: World;
const begin = async (list: readonly ScheduledReview[]) => {
  w = await world({}, { reviews: { folder: join(folder, 'reports'), list } });
};
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'saguaro-reviews-'));
});
afterEach(async () => {
  await w.close();
  await rm(folder, { recursive: true });
});
/** A port that was measured for the last forty days. */
async function measured() {
  const { device, eth0 } = await fixtures(w.catalog);
  await w.catalog.devices.put({ ...device, intervalMs: 5 * MIN });
  const tMs = Float64Array.from({ length: (40 * DAY) / (5 * MIN) + 1 }, (_, i) => NOW_MS - 40 * DAY + i * 5 * MIN);
  const series = seriesKey(device.id, eth0.id, 'interface.in_bps');
  await w.history.importSamples([{ series, tMs, value: tMs.map((_t, i) => (i === 0 ? NaN : 8e6)) }]);
}
const kept = async () => (await w.get('reviews')).json<{ items: KeptReview[] }>().items;
const files = async () => (await readdir(join(folder, 'reports'))).sort();

test('the last week is kept once, as JSON, page, PDF and CSV', async () => {
  await begin([WEEKLY]);
  expect(await kept()).toEqual([]);
  await measured();
  await Promise.all([w.app.keepReviews(), w.app.keepReviews()]);
  await w.app.keepReviews();
  const [report, ...more] = await kept();
  expect(more).toEqual([]);
  expect(report).toMatchObject({ title: 'Uplinks, weekly', period: 'week', name: 'Week 10 of 2026', series: 1, madeMs: NOW_MS });
  const id = report?.id ?? '';
  expect(await files()).toEqual([`${id}.json`, `${id}.pdf`]);
  const whole = (await w.get(`reviews/${id}`)).json<ReviewView>();
  expect(whole).toMatchObject({ running: false, title: 'Uplinks, weekly' });
  expect(whole.rows).toHaveLength(1);
  const html = await w.get(`reviews/${id}.html`);
  expect(html.body).toContain('Week 10 of 2026');
  expect(html.headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-.+sandbox$/);
  const pdf = await w.get(`reviews/${id}.pdf`);
  expect([pdf.statusCode, pdf.headers['content-type']]).toEqual([200, 'application/pdf']);
  expect(pdf.rawPayload.subarray(0, 5).toString()).toBe('%PDF-');
  expect(pdf.headers['content-disposition']).toBe('attachment; filename="review-week-2026-03-02.pdf"');
  expect((await w.get(`reviews/${id}.csv`)).body.split('\n')).toHaveLength(5);
});

test('before anything was measured nothing is kept; later that nothing is known is', async () => {
  await begin([WEEKLY]);
  await fixtures(w.catalog);
  await w.app.keepReviews();
  expect(await kept()).toEqual([]);
  await measured();
  w.pass(5 * MIN);
  await w.app.keepReviews();
  w.pass(7 * DAY);
  w.pass(7 * DAY);
  await w.app.keepReviews();
  expect((await kept()).map(({ name }) => name)).toEqual(['Week 12 of 2026', 'Week 11 of 2026', 'Week 10 of 2026']);
});

test('what was missed is made up for, and no more are kept than wanted', async () => {
  await begin([WEEKLY]);
  await measured();
  await w.app.keepReviews();
  w.pass(5 * 7 * DAY);
  await w.app.keepReviews();
  expect((await kept()).map(({ name }) => name)).toEqual(['Week 15 of 2026', 'Week 14 of 2026', 'Week 13 of 2026']);
  expect(await files()).toHaveLength(6);
});

test('two reviews keep each their own', async () => {
  await begin([WEEKLY, { ...WEEKLY, name: '日本', every: 'month', keep: 1 }]);
  await measured();
  await w.app.keepReviews();
  expect((await kept()).map(({ title, name }) => [title, name])).toEqual([
    ['Uplinks, weekly', 'Week 10 of 2026'],
    ['日本', 'February 2026'],
  ]);
});

test('one that fails is logged, and the others are kept', async () => {
  await begin([{ ...WEEKLY, name: 'mixed', metrics: ['interface.in_bps', 'disk.used_bytes'] }, WEEKLY]);
  await measured();
  await w.app.keepReviews();
  expect((await kept()).map(({ title }) => title)).toEqual(['Uplinks, weekly']);
  expect(w.logged.join('\n')).toContain('The review "mixed" could not be made and kept; it is tried again in an hour.');
});

describe('files that are not as they were written', () => {
  test('a damaged report is left out and told once; a stranger is nothing', async () => {
    await begin([WEEKLY]);
    await measured();
    await w.app.keepReviews();
    const [report] = await kept();
    const id = report?.id ?? '';
    await writeFile(join(folder, 'reports', `${id.replace('2026-03-02', '2025-03-03')}.json`), '{"half":');
    await writeFile(join(folder, 'reports', 'notes.json'), '{}');
    await writeFile(join(folder, 'reports', `${id}.json.part`), 'half');
    expect(await kept()).toHaveLength(1);
    expect(await kept()).toHaveLength(1);
    expect(w.logged.filter((line) => line.includes('cannot be read'))).toHaveLength(1);
    await rm(join(folder, 'reports', `${id}.pdf`));
    const answer = await w.get(`reviews/${id}.pdf`);
    expect([answer.statusCode, detailOf(answer)]).toEqual([404, expect.stringContaining('is gone; its page and CSV are there.')]);
  });

  test.each(['nothing', '..%2F..%2Fetc%2Fpasswd', 'a~week~2026-03-02', '%00'])('%s is not there', async (id) => {
    await begin([]);
    for (const form of ['', '.html', '.csv', '.pdf']) expect((await w.get(`reviews/${id}${form}`)).statusCode).toBe(404);
  });
});
