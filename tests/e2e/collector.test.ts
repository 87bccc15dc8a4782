/** What the collector is doing, as the dashboard shows it: over figures of a fleet in trouble. */
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import type { StatusView } from '../../core/api.ts';
import { chromiumProgram, LOOKS, looksRight } from './chromium.ts';
import { demoBrowser } from './demo-browser.ts';

const DAY_MS = 86_400_000;

describe.skipIf(chromiumProgram === null)('the page of the collector', () => {
  const demo = demoBrowser();

  /** The true answer with figures as a large fleet has them: the demonstration's clock stands still. */
  const inTrouble = async (page: Page) => {
    const slow = demo.world().device('sw-acc2').id;
    const gone = demo.world().device('list.annexe').id;
    const answer = await fetch(new URL('api/v1/status', demo.world().url));
    const status = (await answer.json()) as StatusView;
    if (!status.collector) throw new Error('the demonstration has a collector');
    const collector: StatusView['collector'] = {
      ...status.collector,
      startedMs: status.nowMs - 2 * DAY_MS,
      silent: 1_204,
      inFlight: 231,
      lanes: { living: { inFlight: 12, waiting: 0 }, suspect: { inFlight: 219, waiting: 3 } },
      polls: 28_801_234,
      failures: 20_410,
      skipped: 57,
      polledPerS: 166.7,
      valuesPerS: 79_812.4,
      gaps: { timeout: 4_120, restarted: 12, wrapped: 3, late: 57 },
      gapsLastHour: { timeout: 310, wrapped: 3 },
      latenessMs: 41,
      lateness: { p50Ms: 0, p99Ms: 12, worstMs: 41 },
      slowest: [
        {
          device: slow,
          name: 'sw-acc2',
          pollMs: 1_404,
          intervalMs: 1_000,
          reason:
            'skipped 57 starts: polls take longer than the interval; answers in 1\u2009404 ms, 12 requests of about 117 ms, 3 of them sent again',
        },
        {
          device: gone,
          name: 'list.annexe',
          pollMs: 2_001,
          intervalMs: 60_000,
          reason: 'does not answer; probed once an interval',
        },
        {
          device: 'x',
          name: 'a-chassis-with-a-very-long-name.building-7.example',
          pollMs: 840,
          intervalMs: 300_000,
          reason: 'large: 4\u2009800 values, answers in 840 ms',
        },
      ],
      transport: {
        sent: 96_120_300,
        resent: 412_000,
        received: 95_708_420,
        foreign: 12,
        wrongCommunity: 0,
        late: 96,
        malformed: 3,
      },
    };
    await page.route('**/api/v1/status', (route) => route.fulfill({ json: { ...status, collector } }));
  };

  test.each(LOOKS)(
    "is reached from the collector's line and says it in words: $theme, $width wide",
    async (look) => {
      await demo.on('devices', look, async (page) => {
        await inTrouble(page);
        await page
          .getByRole('link', { name: /^Collector (on time|late)/ })
          .locator('visible=true')
          .click();
        await page.getByRole('heading', { name: 'Slowest devices' }).waitFor();
        await page.getByRole('link', { name: 'devices do not answer' }).waitFor();
        expect(new URL(page.url()).pathname).toBe('/collector');
        const text = (await page.locator('main').innerText()).replace(/\s+/g, ' ');
        for (const words of [
          '167 devices a second',
          '79 812 values a second; 1 204 devices do not answer',
          '219 slow or silent, 3 wait for a place',
          '99 of 100 within 12 ms, the worst 41 ms',
          'beside 28 801 234 polls, 20 410 of them failed',
          'skipped 57 starts: polls take longer than the interval',
          'does not answer; probed once an interval',
          'a 32-bit counter may have gone round twice',
          'From another address',
        ]) {
          expect(text).toContain(words);
        }
        await looksRight(page, 'collector', look);
      });
    },
    60_000,
  );

  test('leads to the events behind a cause, and to the devices', async () => {
    await demo.on('collector', { theme: 'light', width: 1400 }, async (page) => {
      await inTrouble(page);
      await page.reload();
      await page.getByRole('link', { name: 'no answer', exact: true }).click();
      await page.getByText('because: no answer').waitFor();
      await page.locator('.events li').first().waitFor();
      for (const kind of await page.locator('.events li .st').allInnerTexts()) expect(kind).toMatch(/^(Gap|Down)/);
      await page.getByRole('link', { name: 'Whatever the cause' }).click();
      await page.locator('.events li .st', { hasText: 'Restart' }).first().waitFor();
      await page.goBack();
      await page.goBack();
      await page.getByRole('link', { name: 'sw-acc2' }).click();
      await page.getByRole('heading', { level: 1, name: 'sw-acc2' }).waitFor();
    });
  });
});
