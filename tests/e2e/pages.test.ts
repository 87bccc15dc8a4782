/** Every page over the demonstration's fleet, in both themes and both widths: no complaint, no barrier, nothing beyond the window. */
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import type { EmbedCreated } from '../../core/embed.ts';
import { DOWN, type DemoWorld } from '../demo/world.ts';
import { chromiumProgram, graphsDrawn, LOOKS, looksRightTurned, type Look } from './chromium.ts';
import { demoBrowser } from './demo-browser.ts';

const [WIDE] = LOOKS as readonly [Look];

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

/** Pages that add and change devices, the collector's and logging in are looked at in their own tests, in what states they have. */
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
    name: 'graph-compared',
    path: (world) => `${traffic(world, 'edge-rtr1', 'xe0')}?range=7d&compare=1w`,
    ready: async (page) => {
      await graphsDrawn(page, 1);
      await page.locator('tr.change').first().waitFor();
    },
  },
  {
    name: 'embed-ask',
    path: (world) => traffic(world, 'edge-rtr1', 'xe0'),
    ready: async (page) => {
      await graphsDrawn(page, 1);
      await page.getByRole('button', { name: 'Embed', exact: true }).click();
      await page.getByRole('dialog', { name: 'Show this graph elsewhere' }).waitFor();
    },
  },
  {
    name: 'explorer-empty',
    path: () => 'explore',
    ready: (page) => page.getByText('Nothing is chosen yet.').waitFor(),
  },
  {
    name: 'explorer',
    path: (world) => `explore?of=${traffic(world, 'edge-rtr1', 'xe0').slice('graphs/'.length)}&range=7d&find=transit`,
    ready: async (page) => {
      await graphsDrawn(page, 1);
      await page.getByRole('combobox', { name: 'Compare with' }).selectOption('1w');
      await page.locator('tr.change').first().waitFor();
      await page.locator('.branches .part').first().waitFor();
      await page.getByRole('button', { name: 'YAML' }).click();
      await page.locator('.yaml pre').waitFor();
    },
  },
  {
    name: 'dashboard-edit',
    path: () => 'dashboards/ours?edit=1',
    ready: (page) => page.locator('.board-edit li').first().waitFor(),
  },
  {
    name: 'capacity',
    path: () => 'capacity?what=disk',
    ready: async (page) => {
      await page.locator('.t-cap tbody tr').nth(3).waitFor();
      await page.locator('#detail').scrollIntoViewIfNeeded();
      await graphsDrawn(page, 1);
    },
  },
  {
    name: 'review',
    path: () => 'reviews?period=month&device=edge-rtr1',
    ready: (page) => page.locator('.t-review .who').nth(5).waitFor(),
  },
  {
    name: 'embeds',
    path: () => 'embeds',
    ready: (page) => page.getByText('Uplink of the house').first().waitFor(),
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
  let embed: EmbedCreated;

  const send = async <T>(path: string, body: object): Promise<T> => {
    const answer = await fetch(new URL(`api/v1/${path}`, demo.world().url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return (await answer.json()) as T;
  };
  beforeAll(async () => {
    const graph = traffic(demo.world(), 'edge-rtr1', 'xe0').slice('graphs/'.length);
    embed = await send('embeds', { graph, title: 'Uplink of the house', owner: 'Network team' });
    await send('dashboards', { title: 'Ours' });
    await send('dashboards/ours/graphs', { graph });
  });

  // One after the other: tabs that share two cores each take longer than they would alone. A page is opened in one look and turned
  // to the others, the next one in another.
  test.for(PAGES.map((page, i) => ({ ...page, first: LOOKS[i % LOOKS.length] as Look })))(
    '$name',
    { timeout: 90_000 },
    async ({ name, path, ready, first }) => {
      await demo.on(path(demo.world()), first, async (page) => {
        await ready(page);
        await looksRightTurned(page, name, first);
      });
    },
  );

  test('embed-frame', { timeout: 60_000 }, async () => {
    await demo.on(`${embed.link}.html`, WIDE, async (page) => {
      const width = () => page.locator('img').evaluate((image: HTMLImageElement) => image.naturalWidth);
      await expect.poll(width).toBeGreaterThan(0);
      await looksRightTurned(page, 'embed-frame', WIDE);
    });
  });
});
