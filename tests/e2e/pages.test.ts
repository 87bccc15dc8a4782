/** Every page over the demonstration's fleet, in both themes and both widths: no complaint, no barrier, nothing beyond the window. */
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { DOWN, type DemoWorld } from '../demo/world.ts';
import { chromiumProgram, graphsDrawn, LOOKS, looksRight } from './chromium.ts';
import { demoBrowser } from './demo-browser.ts';

interface Shown {
  readonly name: string;
  readonly path: (world: DemoWorld) => string;
  /** Waits for what the page is for, and does what brings it there. */
  readonly ready: (page: Page) => Promise<unknown>;
}

const traffic = (world: DemoWorld, device: string, port: string) => {
  const { id, device: owner } = world.instance(device, 'interface', port);
  return `graphs/traffic~${owner}~${id}`;
};

const PAGES: readonly Shown[] = [
  {
    name: 'overview',
    path: () => '',
    ready: async (page) => {
      await page.getByRole('heading', { name: 'Busiest links' }).waitFor();
      await page.getByRole('link', { name: DOWN }).first().waitFor();
      await graphsDrawn(page, 3);
    },
  },
  {
    name: 'devices',
    path: () => 'devices',
    ready: (page) => page.getByRole('link', { name: 'nas1.attic' }).first().waitFor(),
  },
  {
    name: 'devices-by-kind',
    path: () => 'devices?by=kind&kind=server&site=attic&state=up',
    ready: (page) => page.getByRole('heading', { level: 1, name: 'attic, server' }).waitFor(),
  },
  {
    name: 'server',
    path: (world) => `devices/${world.device('nas1.attic').id}`,
    ready: async (page) => {
      await page.getByRole('link', { name: '/srv/tank' }).first().waitFor();
      await graphsDrawn(page, 5);
    },
  },
  {
    name: 'switch',
    path: (world) => `devices/${world.device('sw-core1').id}?ports=used:descending&scale=shared`,
    ready: async (page) => {
      await page.locator('#interfaces tbody tr').nth(20).waitFor();
      await graphsDrawn(page, 3);
    },
  },
  {
    name: 'down',
    path: (world) => `devices/${world.device(DOWN).id}`,
    ready: (page) => page.getByText('No answer').first().waitFor(),
  },
  {
    name: 'graph',
    path: (world) => `${traffic(world, 'edge-rtr1', 'xe0')}?range=7d`,
    ready: async (page) => {
      await graphsDrawn(page, 1);
      await page.locator('table.legend').waitFor();
    },
  },
  {
    name: 'graph-as-table',
    path: (world) => `${traffic(world, 'edge-rtr1', 'xe0')}?range=24h&table=1`,
    ready: async (page) => {
      await graphsDrawn(page, 1);
      await page.locator('table.twin').waitFor();
    },
  },
  {
    name: 'dashboards',
    path: () => 'dashboards',
    ready: (page) => page.getByRole('link', { name: 'Network' }).first().waitFor(),
  },
  {
    name: 'dashboard',
    path: () => 'dashboards/network?range=7d',
    ready: async (page) => {
      await page.getByRole('heading', { level: 1, name: 'Network' }).waitFor();
      await graphsDrawn(page, 3);
    },
  },
  {
    name: 'events',
    path: () => 'events',
    ready: (page) => page.locator('.events li').first().waitFor(),
  },
  {
    name: 'search',
    path: () => 'devices',
    ready: async (page) => {
      await page.getByRole('link', { name: 'nas1.attic' }).first().waitFor();
      await page.keyboard.press('/');
      await page.keyboard.type('transit');
      await page
        .getByRole('option', { name: /Transit A/ })
        .first()
        .waitFor();
    },
  },
];

describe.skipIf(chromiumProgram === null)('every page', () => {
  const demo = demoBrowser();

  describe.each(PAGES)('$name', ({ name, path, ready }) => {
    test.each(LOOKS)(
      '$theme, $width wide',
      async (look) => {
        await demo.on(path(demo.world()), look, async (page) => {
          await ready(page);
          expect(await page.evaluate(() => document.documentElement.dataset['theme'])).toBe(look.theme);
          await looksRight(page, name, look);
        });
      },
      90_000,
    );
  });
});
