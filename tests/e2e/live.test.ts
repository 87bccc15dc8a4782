/** The dashboard over a real server that polls this machine every second: it moves by itself. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DeviceView, PageOf, SeriesView } from '../../core/api.ts';
import { folder, get, startServer, until, type RunningServer } from '../cli/processes.ts';
import { chromiumProgram, graphsDrawn, launchChromium, LOOKS, looksRight, openPage } from './chromium.ts';

const [LIGHT = { theme: 'light', width: 1400 }, , , DARK_PHONE = LIGHT] = LOOKS;

describe.skipIf(chromiumProgram === null)('this machine', () => {
  const space = folder('live');
  let server: RunningServer;
  let browser: Browser;
  let here: DeviceView | undefined;

  beforeAll(async () => {
    const config = join(space.path, 'saguaro.yaml');
    writeFileSync(config, 'thisMachine: {interval: 1s, name: here, snmp: false}\n');
    server = await startServer({ SAGUARO_CONFIG: config, SAGUARO_DATA: join(space.path, 'data') });
    await until(
      () => get<PageOf<SeriesView>>(server, 'series?device=here&metric=interface.in_bps'),
      ({ items }) => items.some((one) => typeof one.latest?.value === 'number'),
    );
    here = (await get<PageOf<DeviceView>>(server, 'devices')).items[0];
    browser = await launchChromium();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    space.remove();
  }, 60_000);

  test('its graphs move without a reload', async () => {
    const { page, context, complaints } = await openPage(browser, new URL(`devices/${here?.id}`, server.url).href, LIGHT);
    try {
      await page.getByRole('heading', { level: 1, name: 'here' }).waitFor();
      await graphsDrawn(page, 2);
      const first = await page.locator('figure.g canvas').first().screenshot();
      await until(
        () => page.locator('figure.g canvas').first().screenshot(),
        (now) => !now.equals(first),
        60_000,
      );
      await looksRight(page, 'this-machine', LIGHT);
      expect(complaints).toEqual([]);
    } finally {
      await context.close();
    }
  }, 90_000);

  test('is on the overview, also on a phone in the dark', async () => {
    const { page, context, complaints } = await openPage(browser, server.url, DARK_PHONE);
    try {
      await page.getByRole('heading', { name: 'Busiest links' }).waitFor();
      await page.getByText('every one answers').waitFor();
      await looksRight(page, 'this-machine-overview', DARK_PHONE);
      expect(complaints).toEqual([]);
    } finally {
      await context.close();
    }
  }, 90_000);
});
