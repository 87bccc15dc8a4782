/** What people see of a server that keeps the history: over figures of one that is away, blocked, or lost something. */
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import type { DestinationView, StatusView } from '../../core/api.ts';
import { chromiumProgram, LOOKS, looksRight, type Look } from './chromium.ts';
import { demoBrowser, NOW_MS } from './demo-browser.ts';

// Each notice in both themes and both widths, between them in all four looks.
const AWAY_LOOKS = LOOKS.filter(({ theme, width }) => (theme === 'dark') === width > 641);
const BLOCKED_LOOKS = LOOKS.filter((look) => !AWAY_LOOKS.includes(look));
const WIDE: Look = { theme: 'light', width: 1400 };
const WELL: DestinationView = {
  label: 'InfluxDB',
  state: 'ok',
  sinceMs: NOW_MS - 86_400_000,
  reason: '',
  waitingLines: 0,
  waitingBytes: 0,
  oldestMs: null,
  sentLines: 1_798_560,
  droppedLines: 0,
  expiredLines: 0,
  refusedLines: 0,
  damagedBytes: 0,
  alarms: [],
};
const AWAY: DestinationView = {
  ...WELL,
  state: 'away',
  sinceMs: NOW_MS - 61 * 60_000,
  reason: 'InfluxDB does not answer at http://influxdb:8086 (ECONNREFUSED).',
  waitingLines: 12_345,
  waitingBytes: 4.2 * 2 ** 20,
  oldestMs: NOW_MS - 61 * 60_000,
};
const BLOCKED: DestinationView = {
  ...AWAY,
  state: 'blocked',
  reason: 'The token may not write; give it the right to write and to make buckets.',
  droppedLines: 6_000,
  refusedLines: 3,
  damagedBytes: 2_048,
  alarms: ['InfluxDB has dropped 7 points without saying so.'],
};

describe.skipIf(chromiumProgram === null)('a server that keeps the history', () => {
  const demo = demoBrowser();

  /** Answers of the demonstration, with a destination put in; the answer changes it for the next one. */
  const withDestination = async (page: Page, first: DestinationView) => {
    let destination = first;
    const answer = await fetch(new URL('api/v1/status', demo.world().url));
    const status = (await answer.json()) as StatusView;
    await page.route('**/api/v1/status', (route) =>
      route.fulfill({ json: { ...status, store: { ...status.store, destination } } }),
    );
    await page.reload();
    return (next: DestinationView) => void (destination = next);
  };
  const notice = (page: Page) => page.locator('.wanting');
  const words = async (page: Page, of: string) => (await page.locator(of).innerText()).replace(/\s+/g, ' ');

  test.each(AWAY_LOOKS)(
    'is on every page while it is away, and leads to its figures: $theme, $width wide',
    async (look) => {
      await demo.on('devices', look, async (page) => {
        await withDestination(page, AWAY);
        await notice(page).waitFor();
        expect(await words(page, '.wanting')).toBe(
          'InfluxDB has been away since 13:29 (1 h 1 min). Nothing is lost: what is measured waits on disk. Graphs of older time come back with it. Its figures',
        );
        await page.getByRole('link', { name: 'sw-core1' }).first().waitFor();
        await looksRight(page, 'destination-away', look);
        expect(
          await page
            .getByRole('status')
            .filter({ has: notice(page) })
            .count(),
          'it is told, politely',
        ).toBe(1);
        expect(await page.evaluate(() => document.activeElement?.closest('.wanting') ?? null), 'it takes no focus').toBeNull();
        await page.getByRole('link', { name: 'Its figures' }).click();
        await page.getByRole('heading', { name: 'History in InfluxDB' }).waitFor();
        expect(new URL(page.url()).pathname).toBe('/collector');
        await notice(page).waitFor();
        const text = await words(page, 'main');
        for (const said of [
          'Away since 13:29 (1 h 1 min)',
          'does not answer at http://influxdb:8086',
          '12 345 lines, 4.20 MiB',
        ]) {
          expect(text).toContain(said);
        }
      });
    },
    60_000,
  );

  test.each(BLOCKED_LOOKS)(
    'says what to do when it is blocked, and what was lost: $theme, $width wide',
    async (look) => {
      await demo.on('collector', look, async (page) => {
        await withDestination(page, BLOCKED);
        await notice(page).waitFor();
        const text = await words(page, '.wanting');
        expect(text).not.toContain('Nothing is lost');
        for (const said of [
          'Somebody must act: The token may not write',
          '6 000 lines',
          'refused 3 lines',
          '2.00 KiB',
          '7 points',
        ]) {
          expect(text).toContain(said);
        }
        await page.getByRole('heading', { name: 'History in InfluxDB' }).waitFor();
        await looksRight(page, 'destination-blocked', look);
      });
    },
    60_000,
  );

  test('is no word worth while all is well, and none any more once it is back', async () => {
    await demo.on('devices', WIDE, async (page) => {
      const becomes = await withDestination(page, AWAY);
      await notice(page).waitFor();
      becomes(WELL);
      await notice(page).waitFor({ state: 'detached', timeout: 15_000 });
      await page.goto(new URL('collector', demo.world().url).href);
      await page.getByRole('heading', { name: 'History in InfluxDB' }).waitFor();
      expect(await words(page, 'main')).toContain('Takes history since');
      expect(await notice(page).count()).toBe(0);
    });
  }, 60_000);

  test('is not spoken of where the history is a file', async () => {
    await demo.on('collector', WIDE, async (page) => {
      await page.getByRole('heading', { name: 'This process' }).waitFor();
      expect(await page.getByRole('heading', { name: /^History in/ }).count()).toBe(0);
      expect(await notice(page).count()).toBe(0);
    });
  }, 60_000);
});
