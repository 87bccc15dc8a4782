/** What goes wrong around a dashboard, in a real browser: each looks intended, and mends itself where it can. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, describe, expect, test } from 'vitest';
import { seriesKey, type Instance } from '../../core/model.ts';
import { folder, startServer } from '../cli/processes.ts';
import {
  chromiumProgram,
  fitsWindow,
  graphsDrawn,
  keptTabs,
  LOOKS,
  looksRight,
  looksRightTurned,
  openPage,
  type OpenOptions,
} from './chromium.ts';
import { demoBrowser, NOW_MS } from './demo-browser.ts';

const PORTS = 20_000;
/** A page of so many ports may take this long on a busy machine; alone it takes a tenth. */
const USABLE_MS = 10_000;
const [LIGHT = { theme: 'light', width: 1400 }, , PHONE = LIGHT] = LOOKS;

describe.skipIf(chromiumProgram === null)('trouble', () => {
  const space = folder('trouble');
  const boards = folder('boards');
  const demo = demoBrowser([boards.path]);
  afterAll(() => {
    space.remove();
    boards.remove();
  });

  const on = (path: string, work: (page: Page) => Promise<void>, options: OpenOptions = {}, look = LIGHT) =>
    demo.on(path, look, work, options);

  test('a dashboard with an error names the place, shows the rest, and is well once it is mended', async () => {
    const file = join(boards.path, 'mine.yaml');
    const good = 'title: Mine\ngraphs:\n  - title: Load of all\n    lines: [{ metric: load.five, aggregate: mean }]\n';
    writeFileSync(file, `${good}  - title: Broken\n    lines: [{ metrik: load.one }]\n`);
    await on('dashboards', async (page) => {
      const fault = page.getByText(/mine\.yaml:6/);
      await fault.first().waitFor();
      expect(await page.locator('.note.caution').first().innerText()).toMatch(/metrik is not a known key; did you mean metric\?/);
      await page.getByRole('link', { name: 'Mine' }).click();
      await graphsDrawn(page, 1);
      await page
        .getByText(/mine\.yaml:6/)
        .first()
        .waitFor();
      expect(await page.getByRole('heading', { level: 3 }).allInnerTexts()).toEqual(['Load of all']);
      await looksRight(page, 'dashboard-with-error', LIGHT);
      writeFileSync(file, good);
      // Its folder is looked at every other second.
      await expect
        .poll(
          async () => {
            await page.reload();
            await page.getByRole('heading', { level: 3 }).first().waitFor();
            return page.getByText(/mine\.yaml/).count();
          },
          { timeout: 15_000, interval: 1_000 },
        )
        .toBe(0);
    });
  }, 60_000);

  test('a port that is gone keeps its history, and its graph says so', async () => {
    const gone = demo.world().instance('sw-acc3', 'interface', 'ge0/7');
    await on(`devices/${gone.device}?ports=name:ascending`, async (page) => {
      await page.getByText(/gone since/).waitFor();
      await page.getByRole('link', { name: 'ge0/7' }).first().click();
      await page.getByRole('button', { name: '1y' }).click();
      await graphsDrawn(page, 1);
      await expect.poll(() => page.locator('table.legend tbody').innerText()).toMatch(/[Ii]n\s+[\d.]/);
    });
  }, 60_000);

  test('an address that leads nowhere says what it was', async () => {
    const nowhere = { expected: (status: number) => status === 404 };
    for (const [path, title] of [
      ['graphs/traffic~gone~gone', 'No such graph'],
      ['devices/gone', 'No such device'],
      ['dashboards/gone', 'No such dashboard'],
    ] as const) {
      await on(path, async (page) => void (await page.getByRole('heading', { level: 1, name: title }).waitFor()), nowhere);
    }
    await on('nonsense', async (page) => void (await page.getByText('There is nothing at this address').waitFor()), nowhere);
  }, 60_000);

  test('a range without data offers the way to some', async () => {
    const { id, device } = demo.world().instance('edge-rtr1', 'interface', 'xe0');
    await on(`graphs/traffic~${device}~${id}?range=2019-05`, async (page) => {
      await page.getByText(/No samples in this range\. The first is from 1\d Mar 2024/).waitFor();
      await looksRight(page, 'graph-without-data', LIGHT);
      await page.getByRole('link', { name: 'Go there' }).click();
      await page.locator('table.legend').waitFor();
    });
  }, 60_000);

  test('20,000 interfaces on one device are as quick as 24', async () => {
    const device = demo.world().device('sw-core2');
    const ports = Array.from({ length: PORTS }, (_, i): Instance => ({
      id: `big${i}`,
      device: device.id,
      kind: 'interface',
      key: `xe-${Math.floor(i / 100)}/0/${i % 100}`,
      name: `xe-${Math.floor(i / 100)}/0/${i % 100}`,
      alias: i === 15_007 ? 'the one that is looked for' : '',
      capacity: 1e9,
      metrics: [
        { name: 'interface.in_bps', unit: 'bps' },
        { name: 'interface.out_bps', unit: 'bps' },
      ],
      firstSeenMs: NOW_MS,
      lastSeenMs: NOW_MS,
      vanishedMs: null,
    }));
    await demo.world().catalog.instances.put(ports);
    const series = ports.flatMap(({ id, metrics }) => metrics.map(({ name }) => seriesKey(device.id, id, name)));
    await demo.world().history.append(
      [-60_000, 0].map((ms) => ({
        device: device.id,
        tMs: NOW_MS + ms,
        intervalMs: 60_000,
        series,
        values: Float64Array.from(series, (_, i) => (i * 7919) % 1e9),
      })),
    );
    // The picture of all devices was taken before: a device that is new to it has it taken anew.
    await demo.world().catalog.devices.put({ ...device, id: 'newcomer', name: 'newcomer', sources: [] });
    await fetch(new URL('api/v1/interfaces?device=newcomer', demo.world().url));
    for (const look of [LIGHT, PHONE]) {
      await on(
        `devices/${device.id}?ports=used:descending&range=1h`,
        async (page) => {
          const startMs = performance.now();
          await page.locator('#interfaces tbody tr').nth(20).waitFor();
          // On a phone fewer are in view.
          await graphsDrawn(page, look === PHONE ? 3 : 6);
          expect(performance.now() - startMs).toBeLessThan(USABLE_MS);
          expect(await page.locator('#interfaces tbody tr').count()).toBeLessThan(100);
          await page.getByRole('searchbox', { name: 'Filter interfaces' }).fill('looked for');
          await expect.poll(() => page.locator('#interfaces tbody tr').count()).toBe(1);
          await fitsWindow(page);
        },
        {},
        look,
      );
    }
  }, 120_000);

  test('an empty store invites to begin', async () => {
    const config = join(space.path, 'empty.yaml');
    writeFileSync(config, 'thisMachine: {poll: false}\n');
    const server = await startServer({ SAGUARO_CONFIG: config, SAGUARO_DATA: join(space.path, 'empty') });
    const tab = keptTabs(() => demo.browser());
    try {
      for (const [path, words] of [
        ['', 'Nothing is polled yet'],
        ['devices', 'Nothing is polled yet'],
        ['events', 'Nothing has happened yet'],
        ['dashboards/network', 'Nothing is measured yet'],
      ] as const) {
        await tab(new URL(path, server.url).href, LIGHT, async (page) => {
          await page.getByText(words).first().waitFor();
          await looksRight(page, `empty-${path === '' ? 'overview' : path.replace('/', '-')}`, LIGHT);
        });
      }
    } finally {
      await server.stop();
    }
  }, 90_000);

  test('a server with a password asks for it, and again after logging out', async () => {
    const config = join(space.path, 'locked.yaml');
    writeFileSync(config, 'thisMachine: {poll: false}\n');
    const server = await startServer({
      ...{ SAGUARO_CONFIG: config, SAGUARO_DATA: join(space.path, 'locked') },
      SAGUARO_ADMIN_PASSWORD: 'open sesame',
    });
    const { page, context, complaints } = await openPage(demo.browser(), new URL('events', server.url).href, LIGHT, {
      expected: (status) => status === 401,
    });
    try {
      const field = page.getByLabel('Password of this server');
      await field.fill('wrong one');
      await field.press('Enter');
      await page.getByText('This password is not right.').waitFor();
      await looksRightTurned(page, 'login', LIGHT);
      await field.fill('open sesame');
      await field.press('Enter');
      await page.getByRole('heading', { level: 1, name: 'Events' }).waitFor();
      await page.getByRole('button', { name: 'Log out' }).first().click();
      await field.waitFor();
      await page.reload();
      await field.waitFor();
      expect(complaints).toEqual([]);
    } finally {
      await context.close();
      await server.stop();
    }
  }, 60_000);

  test('a server that goes away is told in a line, what was seen stays, and it goes on by itself', async () => {
    const data = join(space.path, 'away');
    const config = join(space.path, 'away.yaml');
    writeFileSync(config, 'thisMachine: {interval: 1s, name: here, snmp: false}\n');
    const first = await startServer({ SAGUARO_CONFIG: config, SAGUARO_DATA: data });
    const { page, context } = await openPage(demo.browser(), new URL('devices', first.url).href, LIGHT);
    try {
      await page.getByRole('link', { name: 'here' }).first().waitFor();
      await first.stop();
      const line = page.getByText(/The server does not answer\. What you see is from before/);
      await line.waitFor({ timeout: 30_000 });
      expect(await page.getByRole('link', { name: 'here' }).count()).toBeGreaterThan(0);
      await page.screenshot({ path: join(space.path, 'away.png') });
      const second = await startServer({
        SAGUARO_CONFIG: config,
        SAGUARO_DATA: data,
        SAGUARO_LISTEN: new URL(first.url).host,
      });
      try {
        await expect.poll(() => line.count(), { timeout: 30_000 }).toBe(0);
        await expect.poll(() => page.locator('.t-dev .c-age').first().innerText(), { timeout: 20_000 }).toMatch(/^\d s$/);
      } finally {
        await second.stop();
      }
    } finally {
      await context.close();
    }
  }, 120_000);
});
