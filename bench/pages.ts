/**
 * Pages in Chromium over the demonstration's fleet, on loopback: when something is painted, when the figures are there,
 * when 24 graphs are drawn; and what the code weighs. Pages take turns, so that a busy moment meets all of them.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import type { DashboardDetail } from '../core/api.ts';
import { demoWorld } from '../tests/demo/world.ts';
import { launchChromium } from '../tests/e2e/chromium.ts';
import type { BenchOptions } from './bench.ts';
import { judge, median, type Report } from './report.ts';

const NOW_MS = Date.UTC(2026, 2, 15, 12);
const GRAPHS = 24;
const SETTLE_MS = 20_000;
/** Every port of a switch, traffic in and out over a day. */
const BOARD = 'title: Bench\ngraphs:\n  - { repeat: interface, graph: traffic, select: { device: sw-core1 } }\n';
const HOME = join(import.meta.dirname, '..');

interface Times {
  readonly paintMs: number;
  /** When what was waited for is there. */
  readonly thereMs: number;
}

export async function benchPages({ quick }: BenchOptions): Promise<Report> {
  const boards = mkdtempSync(join(tmpdir(), 'saguaro-boards-'));
  writeFileSync(join(boards, 'bench.yaml'), BOARD);
  const world = await demoWorld({ nowMs: NOW_MS, seed: 1, dashboards: [boards] });
  const browser = await launchChromium();
  try {
    const board = await boardOf(world.url, GRAPHS);
    const device = await firstDevice(world.url);
    const pages = {
      overview: { path: '/', there: { selector: '.strip-facts .fig', canvases: 0 } },
      device: { path: `/devices/${device}`, there: { selector: '.g h3', canvases: 0 } },
      [`${GRAPHS} graphs`]: { path: board, there: { selector: '', canvases: GRAPHS } },
    };
    const found = new Map<string, Times[]>(Object.keys(pages).map((name) => [name, []]));
    for (let round = 0; round < (quick ? 5 : 15); round++) {
      for (const [name, { path, there }] of Object.entries(pages)) {
        found.get(name)?.push(await time(browser, new URL(path, world.url).href, there));
      }
    }
    const frames = await framesASecond(browser, world.url, device);
    const shift = await layoutShift(browser, new URL(`/devices/${device}`, world.url).href);
    const of = (name: string, what: keyof Times) => Math.round(median((found.get(name) ?? []).map((times) => times[what])));
    return {
      bench: 'pages',
      goals: judge('pages', {
        'first paint, overview': of('overview', 'paintMs'),
        'figures there, overview': of('overview', 'thereMs'),
        'first paint, device': of('device', 'paintMs'),
        'page of 24 graphs drawn': of(`${GRAPHS} graphs`, 'thereMs'),
        shell: weight(/^index-.*\.js$/),
        'chart chunk': weight(/^chart-.*\.js$/),
        'embed frame': await frameWeight(world.url, device),
        'frames while the cursor crosses 2,000 points': frames,
        "layout shift of a device's page": shift,
      }),
      peers: { grafana: 'missing: it cannot be had from the package registries used here' },
    };
  } finally {
    await browser.close();
    await world.close();
    rmSync(boards, { recursive: true, force: true });
  }
}

/** One load of a page in a browser of its own, nothing in its cache. */
async function time(browser: Browser, url: string, there: { selector: string; canvases: number }): Promise<Times> {
  // High enough that every graph of the page is in view: graphs out of view are not asked for.
  const context = await browser.newContext({ viewport: { width: 1400, height: 3000 } });
  try {
    const page = await context.newPage();
    await page.addInitScript((wanted) => {
      const drawn = new Set<HTMLCanvasElement>();
      const note = () => {
        const done = wanted.canvases > 0 ? drawn.size >= wanted.canvases : document.querySelector(wanted.selector) !== null;
        // The frame that shows it is the one after.
        if (done && performance.getEntriesByName('there').length === 0) requestAnimationFrame(() => performance.mark('there'));
        return done;
      };
      const { stroke } = CanvasRenderingContext2D.prototype as {
        stroke: (this: CanvasRenderingContext2D, ...path: Path2D[]) => void;
      };
      CanvasRenderingContext2D.prototype.stroke = function (this: CanvasRenderingContext2D, path?: Path2D) {
        drawn.add(this.canvas);
        note();
        stroke.apply(this, path ? [path] : []);
      };
      const look = () => void (note() || requestAnimationFrame(look));
      requestAnimationFrame(look);
    }, there);
    await page.goto(url, { timeout: 30_000 });
    await page.waitForFunction(() => performance.getEntriesByName('there').length > 0, undefined, { timeout: SETTLE_MS });
    return await page.evaluate(() => ({
      paintMs: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN,
      thereMs: performance.getEntriesByName('there')[0]?.startTime ?? NaN,
    }));
  } finally {
    await context.close();
  }
}

/** Address of the dashboard. @throws Error when it has not so many graphs */
async function boardOf(url: string, graphs: number): Promise<string> {
  const board = await ask<DashboardDetail>(url, 'dashboards/bench');
  if (board.graphs.length < graphs) throw new Error(`the dashboard has ${board.graphs.length} graphs instead of ${graphs}`);
  return '/dashboards/bench';
}

async function firstDevice(url: string): Promise<string> {
  const { items } = await ask<{ items: { id: string; kind: string }[] }>(url, 'devices?limit=1000');
  const device = items.find(({ kind }) => kind === 'server') ?? items[0];
  if (!device) throw new Error('the fleet has no device');
  return device.id;
}

async function ask<T>(url: string, path: string): Promise<T> {
  const response = await fetch(new URL(`/api/v1/${path}`, url), { signal: AbortSignal.timeout(30_000) });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return (await response.json()) as T;
}

function weight(pattern: RegExp): number {
  const folder = join(HOME, 'web', 'dist', 'assets');
  const bytes = readdirSync(folder)
    .filter((name) => pattern.test(name))
    .reduce((sum, name) => sum + gzipSync(readFileSync(join(folder, name)), { level: 9 }).length, 0);
  return Math.round(bytes / 100) / 10;
}

const CURSOR_MS = 3_000;

/** A graph as wide as two points a pixel make 2,000, its cursor moved by the mouse in each frame, and a range dragged. */
async function framesASecond(browser: Browser, url: string, device: string): Promise<number> {
  const { items } = await ask<{ items: { id: string }[] }>(url, `devices/${device}/graphs`);
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
  try {
    const page = await context.newPage();
    await page.goto(new URL(`/graphs/${items[0]?.id}?range=5d`, url).href, { timeout: 30_000 });
    const over = page.locator('.plot.large .over');
    await over.waitFor({ timeout: SETTLE_MS });
    await page.waitForTimeout(500);
    const box = (await over.boundingBox()) ?? { x: 0, y: 0, width: 1, height: 1 };
    await page.evaluate(() => {
      const times: number[] = [];
      Object.assign(window, { times });
      const note = (ms: number) => void (times.push(ms), requestAnimationFrame(note));
      requestAnimationFrame(note);
    });
    const began = performance.now();
    for (let i = 0; performance.now() - began < CURSOR_MS; i++) {
      const share = (i % 200) / 200;
      if (i % 200 === 100) await page.mouse.down();
      await page.mouse.move(box.x + box.width * share, box.y + box.height / 2);
      // Let go where it began: nothing is chosen.
      if (i % 200 === 150) {
        await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
        await page.mouse.up();
      }
    }
    const times = await page.evaluate(() => (window as Window & { times?: number[] }).times ?? []);
    const gaps = times.slice(1).map((ms, i) => ms - (times[i] ?? ms));
    return Math.round(1000 / (gaps.reduce((sum, ms) => sum + ms, 0) / gaps.length));
  } finally {
    await context.close();
  }
}

/** Of a whole load, as Chromium counts it. */
async function layoutShift(browser: Browser, url: string): Promise<number> {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
  try {
    const page = await context.newPage();
    await page.addInitScript(() => {
      const seen = { shift: 0 };
      Object.assign(window, { seen });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries() as (PerformanceEntry & { value: number })[]) seen.shift += entry.value;
      }).observe({ type: 'layout-shift', buffered: true });
    });
    await page.goto(url, { timeout: 30_000, waitUntil: 'networkidle' });
    const shift = await page.evaluate(() => (window as Window & { seen?: { shift: number } }).seen?.shift ?? NaN);
    return Math.round(shift * 10_000) / 10_000;
  } finally {
    await context.close();
  }
}

/** A live frame is one file with all it needs. */
async function frameWeight(url: string, device: string): Promise<number> {
  const { items } = await ask<{ items: { id: string }[] }>(url, `devices/${device}/graphs`);
  const made = await fetch(new URL('/api/v1/embeds', url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ graph: items[0]?.id, range: '24h' }),
    signal: AbortSignal.timeout(30_000),
  });
  const { link } = (await made.json()) as { link: string };
  const frame = await fetch(new URL(`${new URL(link).pathname}.html`, url), { signal: AbortSignal.timeout(30_000) });
  return Math.round(gzipSync(await frame.text(), { level: 9 }).length / 100) / 10;
}
