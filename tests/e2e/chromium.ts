/** A real browser on a page of ours: what it complains about, whether it can be used by everybody, how it looks. */
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import {
  chromium,
  type Browser,
  type BrowserContext,
  type ConsoleMessage,
  type Page,
  type Request,
  type Response,
} from 'playwright-core';
import { expect } from 'vitest';
import { ROOT } from '../cli/processes.ts';
import { realPart } from '../real-parts.ts';

/** Path of the browser, null where there is none and none can be had. */
export const chromiumProgram = realPart('chromium');
/** The source as the builder below has it, which keeps it for itself. */
const axe = createRequire(createRequire(import.meta.url).resolve('@axe-core/playwright'))('axe-core') as { source: string };
const LONG = process.env['SAGUARO_LONG'] === '1';
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
  const page = await newTab(browser, look, options.nowMs);
  const { list } = complaintsOf(page, options.expected);
  await page.goto(url, { waitUntil: 'load', timeout: 30_000 });
  return { page, context: page.context(), complaints: list };
}

async function newTab(browser: Browser, look: Look, nowMs: number | undefined): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: look.width, height: 900 },
    colorScheme: look.theme,
    reducedMotion: 'reduce',
    hasTouch: isPhone(look),
  });
  const page = await context.newPage();
  if (nowMs !== undefined) await page.clock.setFixedTime(nowMs);
  return page;
}
const isPhone = ({ width }: Look): boolean => width < 641;

interface Complaints {
  readonly list: string[];
  /** Listens no longer. */
  readonly end: () => void;
}

/** What the browser complains about from now on. */
function complaintsOf(page: Page, expected: OpenOptions['expected']): Complaints {
  const list: string[] = [];
  const onConsole = (message: ConsoleMessage) => {
    if (!['error', 'warning'].includes(message.type())) return;
    // The browser's own line on a refused answer; the answer itself is looked at below.
    if (/Failed to load resource/.test(message.text())) return;
    list.push(`${message.type()}: ${message.text()}`);
  };
  const onError = (error: Error) => void list.push(`exception: ${error.message}`);
  const onFailed = (request: Request) => {
    if (!/ERR_ABORTED/.test(request.failure()?.errorText ?? '')) list.push(`failed: ${request.url()}`);
  };
  const onResponse = (response: Response) => {
    const [status, address] = [response.status(), response.url()];
    if (status >= 400 && expected?.(status, address) !== true) list.push(`${status}: ${address}`);
  };
  page.on('console', onConsole).on('pageerror', onError).on('requestfailed', onFailed).on('response', onResponse);
  const end = () =>
    void page.off('console', onConsole).off('pageerror', onError).off('requestfailed', onFailed).off('response', onResponse);
  return { list, end };
}

/** Opens an address, works on the page, and holds that the browser had nothing to complain about. */
export type OnPage = (url: string, look: Look, work: (page: Page) => Promise<void>, options?: OpenOptions) => Promise<void>;

/**
 * Tabs that are used again: a new one takes a process and compiles every script anew, four times the work of a page in a tab
 * that is there. Each address is loaded in full, and nothing that a page kept or a test put in its way is there for the next.
 * What changes a tab for good (its clock, its scripts, its rights) takes one of its own: `openPage`. They end with the browser.
 */
export function keptTabs(browser: () => Browser, nowMs?: number): OnPage {
  const free = new Map<boolean, Page[]>();
  return async (url, look, work, { expected } = {}) => {
    const ofKind = free.get(isPhone(look)) ?? [];
    free.set(isPhone(look), ofKind);
    const page = ofKind.pop() ?? (await newTab(browser(), look, nowMs));
    let well = false;
    try {
      await page.emulateMedia({ media: null, colorScheme: look.theme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width: look.width, height: 900 });
      // Out of the window: nothing of the new page lies under it.
      await page.mouse.move(-1, -1);
      const complaints = complaintsOf(page, expected);
      await page.goto(url, { waitUntil: 'load', timeout: 30_000 });
      await work(page);
      expect(complaints.list).toEqual([]);
      complaints.end();
      await page.unrouteAll();
      await page.context().clearCookies();
      await page.evaluate(() => {
        localStorage.clear();
        sessionStorage.clear();
      });
      well = true;
    } finally {
      if (well) ofKind.push(page);
      else await page.context().close();
    }
  };
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
  await pictured(page, name, look);
  await withoutBarriers(page);
}

async function pictured(page: Page, name: string, look: Look): Promise<void> {
  await page.screenshot({ path: join(SCREENSHOTS, `${name}-${look.theme}-${look.width}.png`), fullPage: true });
  await fitsWindow(page);
}

/** @param rules those that are held; all of them where none are named */
async function withoutBarriers(page: Page, rules?: readonly string[]): Promise<void> {
  // A page without frames is looked at in one piece: what crosses between the parts of a longer way takes four times as long.
  const alone = page.frames().length === 1;
  // Taking in axe takes as long as its look at a page: a page that has it keeps it.
  if (alone && !(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
  // Only violations are worked out in full; the rules that run are all the same.
  const builder = new AxeBuilder({ page, ...(alone ? { axeSource: ';' } : {}) })
    .setLegacyMode(alone)
    .options({ resultTypes: ['violations'] });
  if (rules !== undefined) builder.withRules([...rules]);
  const { violations } = await builder.analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)).toEqual([]);
}

/** What depends on the theme alone. */
const COLOUR_RULES = ['color-contrast', 'link-in-text-block'];

/**
 * Looks right in both themes and both widths. The page is opened once and turned to each look, so that what is already drawn must follow.
 * A theme changes nothing but colours: where the same width has been looked at, only these are.
 * @param first the look it was opened with
 */
export async function looksRightTurned(page: Page, name: string, first: Look): Promise<void> {
  const whole = ({ theme, width }: Look) => LONG || (theme === first.theme) === (width === first.width);
  for (const look of [first, ...LOOKS.filter(({ theme, width }) => theme !== first.theme || width !== first.width)]) {
    if (look !== first) await turnTo(page, look);
    await page.evaluate(() => scrollTo(0, 0));
    await pictured(page, name, look);
    await withoutBarriers(page, whole(look) ? undefined : COLOUR_RULES);
  }
}
