/** Quiet windows in a browser: picked by name, ranked, taken along. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { chromiumProgram, LOOKS, looksRight, type Look } from './chromium.ts';
import { demoBrowser } from './demo-browser.ts';

const WIDE: Look = { theme: 'light', width: 1400 };

describe.skipIf(chromiumProgram === null)('quiet windows', () => {
  const demo = demoBrowser();

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
