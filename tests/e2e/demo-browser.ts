/** The demonstration's fleet at a standing clock, and a browser to look at it: made before the tests of a block, ended after them. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { demoWorld, type DemoWorld } from '../demo/world.ts';
import { keptTabs, launchChromium, type OnPage } from './chromium.ts';

/** The moment at which everything stands, on the server and in the browser: a Wednesday. */
export const NOW_MS = Date.UTC(2026, 2, 18, 14, 30);

export interface DemoBrowser {
  readonly world: () => DemoWorld;
  readonly browser: () => Browser;
  /** Opens a path of it, in a tab that may have been used before. */
  readonly on: OnPage;
}

/** To be called within `describe`. @param dashboards folders of dashboards besides the shipped ones */
export function demoBrowser(dashboards: readonly string[] = []): DemoBrowser {
  let world: DemoWorld | undefined;
  let browser: Browser | undefined;
  beforeAll(async () => {
    [world, browser] = await Promise.all([demoWorld({ nowMs: NOW_MS, dashboards }), launchChromium()]);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await world?.close();
  }, 60_000);
  const made = <T>(part: T | undefined): T => {
    if (part === undefined) throw new Error('it is made before the tests, not before their block');
    return part;
  };
  const on = keptTabs(() => made(browser), NOW_MS);
  return {
    world: () => made(world),
    browser: () => made(browser),
    on: (path, look, work, options) => on(new URL(path, made(world).url).href, look, work, options),
  };
}
