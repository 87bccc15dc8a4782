/** `saguaro report` in processes of its own, with and without a server. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { lastMonth, type CapacityReport } from '../../core/capacity-report.ts';
import { imported, MODES } from './imported.ts';
import { saguaro, saguaroJson } from './processes.ts';

vi.setConfig({ testTimeout: 90_000 });
const DAY_S = 86_400;
const DAYS = 150;
const GIB = 2 ** 30;
const NOW_S = Math.floor(Date.now() / 1000);
const last = lastMonth(Date.now(), 'UTC');

/** A disk that fills. */
const CSV = [
  'device,instance,metric,unit,time,value',
  ...Array.from({ length: DAYS }, (_, i) => NOW_S - (DAYS - 1 - i) * DAY_S - 60).flatMap((tS, day) => [
    `nas,/srv/tank,disk.used_bytes,bytes,${tS},${Math.round((50 + day * 0.2 + Math.sin(day * day) * 0.3) * GIB)}`,
    `nas,/srv/tank,disk.size_bytes,bytes,${tS},${100 * GIB}`,
  ]),
].join('\n');

describe.each(MODES)('with %s', (mode) => {
  const { path, env } = imported('report', mode, 'UTC', CSV);

  test('lists none, and makes that of the last month; what is kept is listed and printed', async () => {
    const none = await saguaro(['report'], env);
    expect(none).toMatchObject({ status: 0, stderr: '' });
    expect(none.stdout).toBe(
      `No report is kept yet.\nThat of ${last.month}, the last month, is not kept; saguaro report now makes it from what is known now.\n`,
    );
    const now = await saguaroJson<CapacityReport>(['report', 'now'], env);
    expect(now).toMatchObject({ id: last.id, month: last.month, rows: [{ deviceName: 'nas', name: '/srv/tank' }] });

    mkdirSync(join(env.SAGUARO_DATA, 'reports'), { recursive: true });
    for (const id of [last.id, '2020-02'])
      writeFileSync(
        join(env.SAGUARO_DATA, 'reports', `capacity~${id}.json`),
        JSON.stringify({ ...now, id, ...(id === '2020-02' ? { month: 'February 2020' } : {}) }),
      );
    expect(await saguaroJson(['report'], env)).toEqual({
      months: [last.id, '2020-02'],
      last: { id: last.id, month: last.month },
    });
    const listed = await saguaro(['report'], env);
    expect(listed.stdout).toMatch(/^MONTH +REPORT\n\d{4}-\d\d +\S+ \d{4}\n2020-02 +February 2020\nThat of .* is kept;/);

    const told = await saguaro(['report', '2020-02'], env);
    expect(told).toMatchObject({ status: 0, stderr: '' });
    expect(told.stdout).toMatch(/^Capacity, February 2020\. Made .*\. Times in UTC\.\nNo report of the month before is kept/);
    expect(told.stdout).toMatch(/\n\nWhat fills first\nDEVICE +WHAT +AT THE END +LIMIT .*\nnas +\/srv\/tank +\d/);
    expect(told.stdout).toMatch(/\n\nWhat changed in the month.*\nDEVICE.*\nnas +\/srv\/tank .* \+\d/);
    expect(told.stdout).toMatch(/\n\nForecasts that were wrong\nNone that can be judged\.\n$/);
    expect(await saguaroJson(['report', '2020-02'], env)).toMatchObject({ id: '2020-02', rows: now.rows });
  });

  test('writes a PDF and a page, into files and to standard output', async () => {
    const [pdf, html] = [join(path, 'now.pdf'), join(path, 'now.html')];
    const both = await saguaro(['report', 'now', '--pdf', pdf, '--html', html], env);
    expect(both).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(readFileSync(pdf).subarray(0, 5).toString()).toBe('%PDF-');
    expect(readFileSync(pdf).subarray(-6).toString()).toMatch(/%%EOF/);
    expect(readFileSync(html, 'utf8')).toContain(`<h1>Capacity, ${last.month}</h1>`);
    const page = await saguaro(['report', 'now', '--html', '-'], env);
    expect(page.stdout).toMatch(/^<!doctype html>[^]*\/srv\/tank[^]*<\/html>\n$/);
    expect((await saguaro(['report', 'now', '--pdf', '-'], env)).stdout).toMatch(/^%PDF-/);
    const nowhere = await saguaro(['report', 'now', '--pdf', join(path, 'no', 'folder.pdf')], env);
    expect(nowhere).toMatchObject({ status: 1, stdout: '' });
    expect(nowhere.stderr).toMatch(/There is no folder for .*folder\.pdf/);
  });

  test.each(['2019-12', 'yesterday', '../etc'])('%s is no month of which a report is kept', async (month) => {
    const ended = await saguaro(['report', month], env);
    expect(ended).toMatchObject({ status: 1, stdout: '' });
    expect(ended.stderr).toContain(`There is no capacity report of "${month}": saguaro report lists those that are kept`);
  });
});

test.each([
  [['report', '--pdf', 'x.pdf'], /--pdf needs a month: saguaro report 2026-10/],
  [['report', 'now', '--json', '--html', '-'], /Give either --json, or a file with --pdf or --html/],
  [['report', 'now', '--pdf', '-', '--html', '-'], /Only one of --pdf and --html can be -/],
  [['report', 'now', '2026-02'], /does not know what to do with "2026-02"/],
])('%j is not understood, and ends with 2', async (words, text) => {
  const ended = await saguaro(words, {});
  expect([ended.status, ended.stdout, ended.stderr]).toEqual([2, '', expect.stringMatching(text)]);
});
