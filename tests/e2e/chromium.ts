/** A real browser on a page of ours: what it complains about, whether it can be used by everybody, how it looks. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { ROOT } from '../cli/processes.ts';
import { realPart } from '../real-parts.ts';

/** Path of the browser, null where there is none and none can be had. */
export const chromiumProgram = realPart('chromium');
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

export interface Look {
  readonly theme: 'light' | 'dark';
  readonly width: number;
}
export const LOOKS: readonly Look[] = [
  { theme: 'light', width: 1400 },
  { theme: 'dark', width: 1400 },
  { theme: 'light', width: 400 },
  { theme: 'dark', width: 400 },
];

export function launchChromium(): Promise<Browser> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  return chromium.launch({
    executablePath: chromiumProgram ?? '',
    // Root may not use the sandbox.
    args: process.getuid?.() === 0 ? [...ARGS, '--no-sandbox'] : ARGS,
    timeout: 30_000,
  });
}

export interface Opened {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the browser complained about: errors, warnings, failed and refused requests. */
  readonly complaints: string[];
}

export interface OpenOptions {
  /** The browser's clock stands at this moment; its timers go on. */
  readonly nowMs?: number;
  /** Answers that a test provokes: not complained about. */
  readonly expected?: (status: number, url: string) => boolean;
}

/** Opens an address in a browser of its own. The caller closes the context. */
export async function openPage(browser: Browser, url: string, look: Look, options: OpenOptions = {}): Promise<Opened> {
  const context = await browser.newContext({
    viewport: { width: look.width, height: 900 },
    colorScheme: look.theme,
    reducedMotion: 'reduce',
    hasTouch: look.width < 641,
  });
  const page = await context.newPage();
  if (options.nowMs !== undefined) await page.clock.setFixedTime(options.nowMs);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (!['error', 'warning'].includes(message.type())) return;
    // The browser's own line on a refused answer; the answer itself is looked at below.
    if (/Failed to load resource/.test(message.text())) return;
    complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`exception: ${error.message}`));
  page.on('requestfailed', (request) => {
    if (!/ERR_ABORTED/.test(request.failure()?.errorText ?? '')) complaints.push(`failed: ${request.url()}`);
  });
  page.on('response', (response) => {
    const [status, address] = [response.status(), response.url()];
    if (status >= 400 && options.expected?.(status, address) !== true) complaints.push(`${status}: ${address}`);
  });
  await page.goto(url, { waitUntil: 'load', timeout: 30_000 });
  return { page, context, complaints };
}

/** Turns an open page to another theme and width, and waits until it has followed and has been laid out and painted anew. */
async function turnTo(page: Page, look: Look): Promise<void> {
  await page.emulateMedia({ colorScheme: look.theme, reducedMotion: 'reduce' });
  await page.setViewportSize({ width: look.width, height: 900 });
  // The browser tells a page of the other theme in one of its next frames, and a busy machine draws few: what is waited for is
  // the page's own answer, not a number of frames. A page without scripts (an embed) is turned by its style alone.
  await page.waitForFunction((wanted) => (document.documentElement.dataset['theme'] ?? wanted) === wanted, look.theme, {
    timeout: 10_000,
  });
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

/** Waits until so many canvases are there and each of those in view has something on it. */
export async function graphsDrawn(page: Page, count: number): Promise<void> {
  await page.waitForFunction((wanted) => document.querySelectorAll('canvas').length >= wanted, count, { timeout: 20_000 });
  await page.waitForFunction(
    () => {
      // Read from a copy: reading the chart's own canvas would change how the browser draws it.
      const copy = document.createElement('canvas');
      const context = copy.getContext('2d', { willReadFrequently: true });
      return [...document.querySelectorAll('canvas')]
        .filter((canvas) => canvas.getBoundingClientRect().top < innerHeight)
        .every((canvas) => {
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

/** Nothing reaches beyond the window; else the elements that do are named. */
export async function fitsWindow(page: Page): Promise<void> {
  const beyond = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const wide = [...document.querySelectorAll('body *')].filter(
      (element) => element.getBoundingClientRect().right > clientWidth,
    );
    return [
      `${scrollWidth - clientWidth} px at ${location.pathname}`,
      ...wide.slice(0, 5).map((element) => `${element.tagName} .${element.getAttribute('class') ?? ''}`),
    ];
  });
  expect(beyond, 'nothing reaches beyond the window').toEqual([]);
}

/** A picture kept as an artefact, nothing beyond the window, and no barrier that axe knows. */
export async function looksRight(page: Page, name: string, look: Look): Promise<void> {
  await page.screenshot({ path: join(SCREENSHOTS, `${name}-${look.theme}-${look.width}.png`), fullPage: true });
  await fitsWindow(page);
  // A page without frames is looked at in one piece: what crosses between the parts of a longer way takes four times as long.
  // Only violations are worked out in full; the rules that run are all the same.
  const alone = page.frames().length === 1;
  const { violations } = await new AxeBuilder({ page })
    .setLegacyMode(alone)
    .options({ resultTypes: ['violations'] })
    .analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)).toEqual([]);
}

/**
 * Looks right in both themes and both widths. The page is opened once and turned to each look, so that what is already drawn must follow.
 * @param first the look it was opened with
 */
export async function looksRightTurned(page: Page, name: string, first: Look): Promise<void> {
  for (const look of [first, ...LOOKS.filter(({ theme, width }) => theme !== first.theme || width !== first.width)]) {
    if (look !== first) await turnTo(page, look);
    await page.evaluate(() => scrollTo(0, 0));
    await looksRight(page, name, look);
  }
}
