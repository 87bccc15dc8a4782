/** Quiet windows in a browser: picked by name, ranked, taken along. And the other side of habits: what is unusual now. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createHabit } from '../../core/habit.ts';
import type { HabitsView } from '../../core/habit-watch.ts';
import { seriesKey } from '../../core/model.ts';
import { packHabit } from '../../server/habit-packing.ts';
import { chromiumProgram, graphsDrawn, LOOKS, looksRight, type Look } from './chromium.ts';
import { demoBrowser, NOW_MS } from './demo-browser.ts';

const HOUR_MS = 3_600_000;
const WIDE: Look = { theme: 'light', width: 1400 };

describe.skipIf(chromiumProgram === null)('quiet windows', () => {
  const demo = demoBrowser();

  test('have a contrary: what is unusual now is one line on the overview, and leads to the graph with what is usual', async () => {
    const { id, device } = demo.world().instance('edge-rtr1', 'interface', 'xe0');
    const series = seriesKey(device, id, 'interface.in_bps');
    // Four weeks of about 2 Mb/s, up to an hour ago; the fleet's history has a hundred since.
    const habit = createHabit('UTC');
    for (let tMs = NOW_MS - 28 * 24 * HOUR_MS; tMs < NOW_MS - HOUR_MS; tMs += 300_000)
      habit.observe(tMs, 2e6 + 1e5 * Math.sin(tMs / 7_919) + 1e5 * Math.sin(tMs / 104_729));
    await demo.world().catalog.habits.save([{ series, bytes: packHabit(habit.save()) }]);
    // All others are learnt behind it, which nobody here waits for.
    void demo.world().keepHabits();
    const view = async () => (await (await fetch(new URL('api/v1/habits', demo.world().url))).json()) as HabitsView;
    await expect.poll(async () => (await view()).items.length, { timeout: 20_000 }).toBe(1);

    await demo.on('', WIDE, async (page) => {
      const line = page.getByRole('heading', { name: 'Unusual now' }).locator('../..').getByRole('listitem');
      await line.first().waitFor();
      expect(await line.count()).toBe(1);
      const said = /^1 h\s+High\s+edge-rtr1, xe0 in: Wednesday 14:00 usually ([\d.]+)–([\d.]+) Mb\/s, now \d\d[\d.]*$/;
      expect(await line.innerText()).toMatch(said);
      const [, lower, upper] = said.exec(await line.innerText()) ?? [];
      expect(Number(lower)).toBeLessThan(1.8);
      expect(Number(upper)).toBeGreaterThan(2.2);
      expect(Number(upper)).toBeLessThan(5);
      await line.getByRole('link', { name: 'xe0 in' }).click();
      await page.waitForURL(/usual=1/);
      await graphsDrawn(page, 1);
      await page.getByText(/^In: Wednesday 14:00 usually [\d.]+–[\d.]+ Mb\/s; now \d\d/).waitFor();
      const box = page.getByRole('checkbox', { name: 'Usual' });
      expect(await box.isChecked()).toBe(true);
      const plot = page.locator('.plot.large').first();
      const withBand = await plot.screenshot();
      await box.uncheck();
      await expect.poll(async () => (await plot.screenshot()).equals(withBand)).toBe(false);
      expect(new URL(page.url()).searchParams.get('range')).toMatch(/^\d+ to now$/);
    });
  }, 60_000);

  test('are found for what is picked, by mouse and keys, and taken along as a calendar', async () => {
    await demo.on('quiet', WIDE, async (page) => {
      await page.getByText('Nothing is picked yet.').waitFor();
      await page.getByRole('searchbox', { name: 'Server or port' }).fill('nas1');
      await page.getByRole('button', { name: 'Add nas1.attic', exact: true }).click();
      await page.locator('.t-quiet tbody tr').nth(2).waitFor();
      await page.getByRole('searchbox', { name: 'Server or port' }).fill('Transit A');
      await page.getByRole('button', { name: /^Add edge-rtr1 xe0/ }).focus();
      await page.keyboard.press('Enter');
      await expect.poll(() => page.getByRole('list', { name: 'Picked' }).getByRole('listitem').count()).toBe(2);
      await page.getByText(/Looked at: .*edge-rtr1 xe0 in/).waitFor();
      const second = page.locator('.t-quiet tbody tr').nth(1);
      await second.getByRole('button').first().click();
      expect(await second.getByRole('button').first().getAttribute('aria-pressed')).toBe('true');
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        second.getByRole('link', { name: /^ICS, calendar file/ }).click(),
      ]);
      expect(readFileSync(await file.path(), 'utf8')).toContain('RRULE:FREQ=WEEKLY');
      const address = page.url();
      await page.reload();
      await page.locator('.t-quiet tbody tr').nth(1).waitFor();
      expect(page.url()).toBe(address);
      await page.getByRole('button', { name: 'Remove nas1.attic' }).click();
      await expect.poll(() => page.getByRole('list', { name: 'Picked' }).getByRole('listitem').count()).toBe(1);
    });
  }, 60_000);

  test.each(LOOKS)(
    'look right in $theme at $width px',
    async (look) => {
      const { id } = demo.world().device('nas1.attic');
      await demo.on(`quiet?of=${id}`, look, async (page) => {
        await page.locator('.t-quiet tbody tr').nth(2).waitFor();
        await looksRight(page, 'quiet', look);
      });
    },
    60_000,
  );
});
