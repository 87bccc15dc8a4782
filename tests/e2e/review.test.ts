/** The trend review in a browser: how it looks, on screen and in print, sorted and selected by the address. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Selector } from '../../core/dashboard-select.ts';
import { parseSelector } from '../../core/selector-text.ts';
import { demoWorld, type DemoWorld } from '../demo/world.ts';
import { chromiumProgram, fitsWindow, keptTabs, launchChromium, LOOKS, looksRight, type Look } from './chromium.ts';
import { NOW_MS } from './demo-browser.ts';

const LIGHT: Look = { theme: 'light', width: 1400 };

describe.skipIf(chromiumProgram === null)('the trend review', () => {
  let world: DemoWorld;
  let browser: Browser;
  beforeAll(async () => {
    const uplinks = {
      name: 'Routers, weekly',
      every: 'week' as const,
      select: parseSelector('{"device":"edge-rtr1"}') as Selector,
      metrics: ['interface.in_bps', 'interface.out_bps'] as const,
      zone: 'UTC',
      keep: 2,
    };
    [world, browser] = await Promise.all([demoWorld({ nowMs: NOW_MS, reviews: [uplinks] }), launchChromium()]);
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    await world.close();
  }, 60_000);

  const tab = keptTabs(() => browser, NOW_MS);
  const on = (path: string, look: Look, work: (page: Page) => Promise<void>) => tab(new URL(path, world.url).href, look, work);
  const names = (page: Page) => page.locator('.t-review .who .n1').allInnerTexts();

  test.each(LOOKS)(
    'is all in print, $theme, $width wide',
    async (look) => {
      await on('reviews?period=month&device=edge-rtr1', look, async (page) => {
        await page.locator('.t-review .who').nth(5).waitFor();
        await page.getByText('Routers, weekly').first().waitFor();
        await fitsWindow(page);
        await page.emulateMedia({ media: 'print' });
        for (const hidden of [page.locator('nav.rail'), page.getByRole('button', { name: 'Print' }), page.locator('.kept')])
          expect(await hidden.isVisible()).toBe(false);
        expect(await page.locator('.t-review').isVisible()).toBe(true);
        expect(await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)).toBe('rgb(255, 255, 255)');
      });
    },
    60_000,
  );

  test('sorts and selects through the address, and Back undoes', async () => {
    await on('reviews?period=month&device=edge', LIGHT, async (page) => {
      await page.locator('.t-review .who').first().waitFor();
      const byP95 = await names(page);
      await page.getByRole('button', { name: 'Series' }).click();
      expect(page.url()).toContain('sort=name:ascending');
      const byName = await names(page);
      expect(byName).not.toEqual(byP95);
      expect([...byName].sort()).toEqual([...byP95].sort());
      expect(byName).toEqual([...byName].sort((a, b) => a.localeCompare(b, 'en', { numeric: true })));
      await page.getByLabel('Metric').selectOption({ label: 'Load, 5 min' });
      await page
        .getByText(/Nothing that is selected has load\.five|load, 5 min/)
        .first()
        .waitFor();
      await page.goBack();
      await page.locator('.t-review .who', { hasText: 'in' }).first().waitFor();
      await page.getByRole('button', { name: 'Earlier' }).click();
      await page.getByText('February 2026', { exact: false }).first().waitFor();
      expect(page.url()).toContain('at=2026-02-01');
    });
  }, 60_000);

  test('shows twenty series at first, all when asked, and prints all either way', async () => {
    await on('reviews', LIGHT, async (page) => {
      const seen = page.locator('.t-review .who:visible');
      await expect.poll(() => seen.count()).toBe(20);
      const all = await page.locator('.t-review .who').count();
      await page.emulateMedia({ media: 'print' });
      expect(await seen.count()).toBe(all);
      await page.emulateMedia({ media: 'screen' });
      await page.getByRole('button', { name: `Show all ${all} series` }).click();
      expect(await seen.count()).toBe(all);
    });
  }, 60_000);

  test('a kept report opens as a page without scripts, and as PDF', async () => {
    await on('reviews', LIGHT, async (page) => {
      const link = page.getByRole('link', { name: /^Page of Routers, weekly/ });
      const address = (await link.getAttribute('href')) ?? '';
      const pdf = await page.request.get(address.replace(/html$/, 'pdf'));
      expect((await pdf.body()).subarray(0, 5).toString()).toBe('%PDF-');
      // Its policy runs nothing, so what looks for barriers needs a browser that does not heed it.
      const heedless = await browser.newContext({ bypassCSP: true, viewport: { width: 1400, height: 900 } });
      const report = await heedless.newPage();
      await report.goto(address);
      await report.getByRole('heading', { name: 'Routers, weekly' }).waitFor();
      await looksRight(report, 'review-kept', LIGHT);
      await heedless.close();
    });
  }, 60_000);
});
