/** The explorer in a real browser over the demonstration's fleet: by mouse and by keys, in both themes, on a phone. */
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { checkDashboard } from '../../config/dashboard-file.ts';
import { chromiumProgram, graphsDrawn, looksRight, type Look } from './chromium.ts';
import { demoBrowser, NOW_MS } from './demo-browser.ts';

const WIDE: Look = { theme: 'light', width: 1400 };

describe.skipIf(chromiumProgram === null)('the explorer', () => {
  const demo = demoBrowser();
  const on: typeof demo.on = (path, look, work) =>
    demo.on(path, look, async (page) => {
      page.setDefaultTimeout(8_000);
      await work(page);
    });
  const rows = (page: Page) => page.getByRole('list', { name: 'On the graph' }).getByRole('listitem');
  const legend = (page: Page) => page.locator('table.legend tbody th').allTextContents();
  const spec = (page: Page) => new URL(page.url()).searchParams.get('g') ?? '';

  test('says what to do, draws a place, a port found by its description, and lets Back undo', async () => {
    await on('explore', WIDE, async (page) => {
      await page.getByText('Nothing is chosen yet.').waitFor();
      await page.locator('summary').first().click();
      const place = page.getByRole('group', { name: /^Of all of/ }).first();
      await place.getByRole('button', { name: 'Traffic' }).click();
      await graphsDrawn(page, 1);
      await expect.poll(() => rows(page).count()).toBe(2);
      const first = spec(page);
      expect(await place.getByRole('button', { name: 'Load' }).isDisabled(), 'a graph has one unit').toBe(true);

      await page.getByRole('searchbox', { name: /^Search devices/ }).fill('Transit A');
      const port = page.getByRole('group', { name: 'Of edge-rtr1 xe0' });
      await port.getByRole('button', { name: 'Traffic' }).click();
      await expect.poll(() => rows(page).count()).toBe(4);
      await expect.poll(() => legend(page)).toContain('edge-rtr1 xe0 in');
      await port.getByRole('button', { name: 'Traffic', pressed: true }).waitFor();
      await page.goBack();
      await expect.poll(() => spec(page)).toBe(first);
      await expect.poll(() => rows(page).count()).toBe(2);

      await rows(page).first().getByRole('combobox').selectOption('mean');
      await expect.poll(() => spec(page)).not.toBe(first);
      await page.getByRole('checkbox', { name: 'Stack' }).check();
      await page.getByRole('textbox', { name: 'Threshold' }).fill('lots');
      await page.keyboard.press('Enter');
      await page.getByRole('alert').getByText('A number above 0').waitFor();
      await page.getByRole('textbox', { name: 'Threshold' }).fill('200M contract');
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: 'Remove the threshold contract' }).waitFor();
      for (let i = 0; i < 2; i++)
        await page
          .getByRole('button', { name: /^Remove .* (in|out)$/ })
          .first()
          .click();
      await page.getByText('Nothing is chosen yet.').waitFor();
    });
  }, 60_000);

  test('opens any graph, compares it, and hands it out as a file', async () => {
    const { id, device } = demo.world().instance('edge-rtr1', 'interface', 'xe0');
    await on(`graphs/traffic~${device}~${id}?range=7d`, WIDE, async (page) => {
      await graphsDrawn(page, 1);
      await page.getByRole('combobox', { name: 'Compare with' }).selectOption('1w');
      await expect.poll(() => legend(page)).toEqual(['in', 'in, 1 week before', 'change', 'out', 'out, 1 week before', 'change']);
      expect(await page.locator('tr.change').first().innerText()).toMatch(/[+\u2212][\d.]+ %/);
      await page.getByRole('checkbox', { name: 'Difference' }).check();
      await expect.poll(() => legend(page)).toEqual(['in, less 1 week before', 'out, less 1 week before']);

      await page.getByRole('link', { name: 'Open in explorer' }).click();
      await expect.poll(() => rows(page).count()).toBe(2);
      await expect.poll(() => legend(page)).toEqual(['edge-rtr1 xe0 in', 'edge-rtr1 xe0 out']);
      expect(new URL(page.url()).searchParams.get('range')).toBe('7d');
      await page.getByRole('button', { name: 'YAML' }).click();
      await page.getByText('{ metric: interface.in_bps, select: { device: edge-rtr1, name: xe0 } }').waitFor();
      const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: /^Download/ }).click()]);
      expect(file.suggestedFilename()).toBe('edge-rtr1-xe0.yaml');
      const { faults, graphs } = checkDashboard('x', 'x.yaml', readFileSync(await file.path(), 'utf8'));
      expect([faults, graphs.length]).toEqual([[], 1]);
    });
  }, 60_000);

  test('saves into a dashboard, changes what was saved, and removes it', async () => {
    const { id, device } = demo.world().instance('edge-rtr1', 'interface', 'xe0');
    await on(`explore?of=traffic~${device}~${id}&range=7d`, WIDE, async (page) => {
      await graphsDrawn(page, 1);
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      const panel = page.getByRole('region', { name: 'Save' });
      await panel.getByRole('button', { name: 'Save', exact: true }).click();
      await panel.getByRole('alert').getByText('Give the new dashboard a title.').waitFor();
      await panel.getByRole('textbox', { name: 'Title of the new dashboard' }).fill('Ours');
      await page.keyboard.press('Enter');
      await panel.getByRole('link', { name: 'Ours' }).waitFor();
      await page.getByRole('checkbox', { name: '95th' }).uncheck();
      await panel.getByRole('button', { name: 'Save changes in Ours' }).click();
      await panel.getByRole('status').getByText('Saved in Ours.').waitFor();
      await panel.getByRole('link', { name: 'Ours' }).click();
      await graphsDrawn(page, 1);
      await page.getByRole('button', { name: 'Edit' }).click();
      await page.getByRole('link', { name: /^Change edge-rtr1/ }).click();
      await graphsDrawn(page, 1);
      expect(await page.getByRole('checkbox', { name: '95th' }).isChecked()).toBe(false);
      await page.goto(new URL('dashboards/ours?edit=1', demo.world().url).href);
      await page.getByRole('button', { name: /^Remove edge-rtr1/ }).click();
      await page.getByText('This dashboard has no graphs yet.').waitFor();
      await page.getByRole('button', { name: 'Remove this dashboard' }).click();
      await page.getByRole('button', { name: 'Remove Ours' }).click();
      await page.getByRole('heading', { name: 'Dashboards' }).waitFor();
      expect(await page.getByRole('link', { name: 'Ours' }).count()).toBe(0);
    });
  }, 60_000);

  test('marks what happened, says it at the cursor, and leaves it out when asked', async () => {
    const { id, device } = demo.world().instance('edge-rtr1', 'interface', 'xe0');
    const tMs = NOW_MS - 6 * 3_600_000;
    const at = { device, instance: id, cause: null, fromMs: tMs, toMs: tMs };
    await demo.world().catalog.events.add([{ ...at, kind: 'changed', text: 'The speed is now 1 Gb/s, it was 10 Gb/s.' }]);
    const path = `explore?of=traffic~${device}~${id}&range=12h`;
    for (const look of [WIDE, { theme: 'dark', width: 400 }] as const)
      await on(path, look, async (page) => {
        await graphsDrawn(page, 1);
        await page.getByRole('img', { name: /What happened: .*The speed is now 1 Gb/ }).waitFor();
        const cursor = page.getByRole('slider', { name: /^Cursor of/ });
        await cursor.focus();
        await cursor.press('Home');
        for (let i = 0; i < 5; i++) await cursor.press('PageDown');
        // The moment is the middle of the range, or a slot or two beside it.
        const told = page.locator('main p').getByText('The speed is now 1 Gb/s, it was 10 Gb/s.');
        for (let i = 0; i < 24 && !(await told.isVisible()); i++) await cursor.press(i === 12 ? 'PageDown' : 'ArrowLeft');
        await told.waitFor();
        expect(await cursor.getAttribute('aria-valuetext')).toContain('The speed is now 1 Gb/s');
        await looksRight(page, 'explorer-events', look);
        if (look !== WIDE) return;
        const picture = async () =>
          (await page.request.get(`${demo.world().url}api/v1/graphs/explore~${spec(page)}.svg?from=now-12h`)).text();
        expect(await picture()).toContain('class="event"');
        await page.getByRole('checkbox', { name: 'Events' }).uncheck();
        await expect.poll(picture).not.toContain('class="event"');
        expect(await told.isVisible()).toBe(false);
        await page.getByRole('checkbox', { name: 'Events' }).check();
        await told
          .or(page.getByRole('img', { name: /What happened/ }))
          .first()
          .waitFor();
      });
  }, 60_000);

  test('is used by keys alone', async () => {
    await on('explore', WIDE, async (page) => {
      await page.getByRole('searchbox', { name: /^Search devices/ }).focus();
      await page.keyboard.type('nas1');
      const device = page.locator('summary', { hasText: 'nas1.attic' });
      await device.waitFor();
      await page.keyboard.press('Tab');
      await expect.poll(() => device.evaluate((element) => element === document.activeElement)).toBe(true);
      await page.keyboard.press('Enter');
      await page
        .getByRole('group', { name: /nas1\.attic/ })
        .first()
        .waitFor();
      await page.keyboard.press('Tab');
      await page.keyboard.press('Space');
      await expect.poll(() => rows(page).count()).toBeGreaterThan(0);
      await graphsDrawn(page, 1);
    });
  }, 60_000);
});
