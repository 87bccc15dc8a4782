/** The dashboard in Chromium, over a real server with a real history: no error, no barrier, both themes, two widths. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DeviceView, PageOf, SeriesView } from '../../core/api.ts';
import type { GraphRef } from '../../core/graph.ts';
import { realPart } from '../real-parts.ts';
import { folder, get, ROOT, saguaro, startServer, until, type RunningServer } from '../cli/processes.ts';

const program = realPart('chromium');
const SCREENSHOTS = join(ROOT, '.cache', 'screenshots');
const ARGS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--force-color-profile=srgb',
];
const LOOKS = [
  { theme: 'light', width: 1400 },
  { theme: 'dark', width: 1400 },
  { theme: 'light', width: 400 },
  { theme: 'dark', width: 400 },
] as const;
/** A day of two lines, five minutes apart, with a hole in the middle of it. */
const STEP_S = 300;
const EVIL = '<script>window.bad=1</script>';

describe.skipIf(program === null)('in Chromium', () => {
  const space = folder('browser');
  let server: RunningServer;
  let browser: Browser;
  let here: DeviceView;
  let graph: GraphRef;

  beforeAll(async () => {
    mkdirSync(SCREENSHOTS, { recursive: true });
    writeFileSync(join(space.path, 'saguaro.yaml'), 'thisMachine: {interval: 1s, name: here, snmp: false}\n');
    const env = { SAGUARO_CONFIG: join(space.path, 'saguaro.yaml'), SAGUARO_DATA: join(space.path, 'data') };
    server = await startServer(env);
    const endS = Math.floor(Date.now() / 1000 / STEP_S) * STEP_S;
    const rows = Array.from({ length: 288 }, (_, i) => endS - (288 - i) * STEP_S).flatMap((t, i) => {
      const wave = i > 120 && i < 140 ? '' : String(Math.round(5e8 + 4e8 * Math.sin(i / 30)));
      return [`router,uplink,interface.in_bps,bps,${t},${wave}`, `router,uplink,interface.out_bps,bps,${t},${wave}`];
    });
    rows.push(`"${EVIL.replaceAll('/', '\\')}",load,load.one,1,${endS},1`);
    const imported = await saguaro(['import', '-'], env, ['device,instance,metric,unit,time,value', ...rows].join('\n'));
    expect(imported.status, imported.stderr).toBe(0);
    await until(
      () => get<PageOf<SeriesView>>(server, 'series?device=here&metric=interface.in_bps'),
      ({ items }) => items.some((one) => typeof one.latest?.value === 'number'),
    );
    const { items } = await get<PageOf<DeviceView>>(server, 'devices');
    here = items.find(({ name }) => name === 'here')!;
    const router = items.find(({ name }) => name === 'router')!;
    graph = (await get<PageOf<GraphRef>>(server, `devices/${router.id}/graphs`)).items.find(
      ({ family }) => family === 'interface',
    )!;
    browser = await chromium.launch({
      executablePath: program ?? '',
      args: process.getuid?.() === 0 ? [...ARGS, '--no-sandbox'] : ARGS,
      timeout: 30_000,
    });
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    space.remove();
  }, 60_000);

  /** Opens a page and collects whatever the browser complains about. */
  async function open(
    path: string,
    look: { theme: 'light' | 'dark'; width: number },
  ): Promise<{ page: Page; context: BrowserContext; complaints: string[] }> {
    const context = await browser.newContext({
      viewport: { width: look.width, height: 900 },
      colorScheme: look.theme,
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on(
      'console',
      (message) => ['error', 'warning'].includes(message.type()) && complaints.push(`${message.type()}: ${message.text()}`),
    );
    page.on('pageerror', (error) => complaints.push(`exception: ${error.message}`));
    page.on(
      'requestfailed',
      (request) => !/ERR_ABORTED/.test(request.failure()?.errorText ?? '') && complaints.push(`failed: ${request.url()}`),
    );
    page.on('response', (response) => response.status() >= 400 && complaints.push(`${response.status()}: ${response.url()}`));
    await page.goto(new URL(path, server.url).href, { waitUntil: 'load', timeout: 30_000 });
    return { page, context, complaints };
  }
  async function drawn(page: Page, count: number): Promise<void> {
    await page.waitForFunction((wanted) => document.querySelectorAll('canvas').length >= wanted, count, { timeout: 20_000 });
    // Whether anything is on the canvas: a pixel that is not transparent.
    await page.waitForFunction(
      () => {
        // Read from a copy: reading the chart's own canvas would change how the browser draws it.
        const copy = document.createElement('canvas');
        const context = copy.getContext('2d', { willReadFrequently: true });
        return [...document.querySelectorAll('canvas')].some((canvas) => {
          if (context === null || canvas.width === 0 || canvas.height === 0) return false;
          [copy.width, copy.height] = [canvas.width, canvas.height];
          context.drawImage(canvas, 0, 0);
          return context.getImageData(0, 0, copy.width, copy.height).data.some((value) => value > 0);
        });
      },
      undefined,
      { timeout: 20_000 },
    );
  }
  async function looksRight(page: Page, name: string, look: { theme: string; width: number }): Promise<void> {
    await page.screenshot({ path: join(SCREENSHOTS, `${name}-${look.theme}-${look.width}.png`), fullPage: name !== 'device' });
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(wider, 'nothing reaches beyond the window').toBeLessThanOrEqual(0);
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)).toEqual([]);
  }

  test.each(LOOKS)(
    'a device: $theme, $width wide',
    async (look) => {
      const { page, context, complaints } = await open(`devices/${here.id}`, look);
      try {
        await page.getByRole('heading', { level: 1, name: 'here' }).waitFor({ timeout: 20_000 });
        await drawn(page, 2);
        expect(await page.evaluate(() => document.documentElement.dataset['theme'])).toBe(look.theme);
        await looksRight(page, 'device', look);
        expect(complaints).toEqual([]);
      } finally {
        await context.close();
      }
    },
    90_000,
  );

  test.each(LOOKS)(
    'a graph: $theme, $width wide',
    async (look) => {
      const { page, context, complaints } = await open(`graphs/${encodeURIComponent(graph.id)}`, look);
      try {
        await drawn(page, 1);
        const legend = page.locator('table.legend');
        await legend.waitFor({ timeout: 20_000 });
        expect(await legend.innerText()).toMatch(/b(it)?\/s|Mb|Gb|%|95th/i);
        await looksRight(page, 'graph', look);
        expect(complaints).toEqual([]);
      } finally {
        await context.close();
      }
    },
    90_000,
  );

  test.each(LOOKS)(
    'the devices: $theme, $width wide',
    async (look) => {
      const { page, context, complaints } = await open('devices', look);
      try {
        await page.getByRole('link', { name: 'router' }).first().waitFor({ timeout: 20_000 });
        expect(await page.evaluate(() => 'bad' in window), 'a name is text, never code').toBe(false);
        expect(await page.locator('body').innerText()).toContain('<script>window.bad=1');
        await looksRight(page, 'devices', look);
        expect(complaints).toEqual([]);
      } finally {
        await context.close();
      }
    },
    90_000,
  );

  test('a range in the address is the range of the graph, and survives a reload', async () => {
    const { page, context, complaints } = await open(`graphs/${encodeURIComponent(graph.id)}?range=6h`, LOOKS[0]);
    try {
      await drawn(page, 1);
      await page.reload();
      await drawn(page, 1);
      expect(new URL(page.url()).searchParams.get('range')).toBe('6h');
      expect(complaints).toEqual([]);
    } finally {
      await context.close();
    }
  }, 90_000);

  test('the graphs of this machine move without a reload', async () => {
    const { page, context } = await open(`devices/${here.id}`, LOOKS[0]);
    try {
      await drawn(page, 2);
      const asked = page.waitForResponse((response) => /\/api\/v1\/(graphs|series)/.test(response.url()) && response.ok(), {
        timeout: 30_000,
      });
      await asked;
      const first = await page.locator('figure.g canvas').first().screenshot();
      await until(
        () => page.locator('figure.g canvas').first().screenshot(),
        (now) => !now.equals(first),
        60_000,
      );
    } finally {
      await context.close();
    }
  }, 120_000);
});
