/** The twelve details of a dashboard that people like to use, each in a real browser over the demonstration's fleet. */
import { readFileSync } from 'node:fs';
import type { Locator, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { chromiumProgram, graphsDrawn, type Look, type OpenOptions } from './chromium.ts';
import { demoBrowser, NOW_MS } from './demo-browser.ts';

const WIDE: Look = { theme: 'light', width: 1400 };

describe.skipIf(chromiumProgram === null)('twelve details', () => {
  const demo = demoBrowser();

  const graphPath = (device: string, kind: string, key: string) => {
    const { id, device: owner } = demo.world().instance(device, kind, key);
    return `graphs/${kind === 'interface' ? 'traffic' : 'disk'}~${owner}~${id}`;
  };
  const on = (path: string, work: (page: Page) => Promise<void>, look = WIDE, expected?: OpenOptions['expected']) =>
    demo.on(path, look, work, expected ? { expected } : {});
  const search = (page: Page) => new URL(page.url()).searchParams;
  const plot = (page: Page): Locator => page.locator('.plot.large .over');
  const cursor = async (page: Page) => Number(await plot(page).getAttribute('aria-valuenow'));
  /** Presses a key on a graph and waits until its cursor has gone: a key that comes before that goes from where it was. */
  async function move(page: Page, key: string): Promise<void> {
    const before = await cursor(page);
    await page.keyboard.press(key);
    await expect.poll(() => cursor(page), { interval: 10 }).not.toBe(before);
  }
  async function pointAt(page: Page, target: Locator, share: number): Promise<void> {
    const box = (await target.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    await page.mouse.move(box.x + box.width * share, box.y + box.height / 2);
  }

  test('1. the whole state of a view is in its address', async () => {
    const { id } = demo.world().device('sw-core1');
    let address = '';
    await on(`devices/${id}`, async (page) => {
      await page.getByRole('button', { name: '7d', exact: true }).click();
      await page
        .getByRole('columnheader', { name: /^Used now/ })
        .getByRole('button')
        .click();
      await page.getByRole('searchbox', { name: 'Filter interfaces' }).fill('te0');
      await page.getByRole('checkbox', { name: 'Same scale' }).check();
      await expect.poll(() => page.locator('#interfaces tbody tr').count()).toBe(2);
      expect(Object.fromEntries(search(page))).toEqual({ range: '7d', ports: 'used:descending', port: 'te0', scale: 'shared' });
      address = page.url();
    });
    await on(address, async (page) => {
      await expect.poll(() => page.locator('#interfaces tbody tr').count()).toBe(2);
      expect(await page.getByRole('checkbox', { name: 'Same scale' }).isChecked()).toBe(true);
      expect(await page.locator('#interfaces [aria-sort]').innerText()).toContain('Used now');
      expect(await page.getByRole('button', { name: '7d', exact: true }).getAttribute('aria-pressed')).toBe('true');
    });
  }, 60_000);

  test('2. presets, typed ranges, zoom by dragging, and Back as undo', async () => {
    const work = async (page: Page) => {
      await graphsDrawn(page, 1);
      const field = page.getByLabel('Range, typed');
      await field.fill('last 3d');
      await field.press('Enter');
      await expect.poll(() => search(page).get('range')).toBe('3d');
      await field.fill('2026-03');
      await field.press('Enter');
      await expect.poll(() => search(page).get('range')).toBe('2026-03');
      await expect.poll(() => page.locator('canvas').first().getAttribute('aria-label')).toContain('Sun 1 Mar');
      await field.fill('the day before');
      await field.press('Enter');
      await page.getByRole('alert').getByText('is not a time range').waitFor();
      await page.goBack();
      await expect.poll(() => search(page).get('range')).toBe('2026-03');
      await graphsDrawn(page, 1);
      await pointAt(page, plot(page), 0.3);
      await page.mouse.down();
      await pointAt(page, plot(page), 0.5);
      await page.mouse.up();
      await expect.poll(() => search(page).get('range')).toMatch(/^2026-03-\d\dT\d\d:\d\d to 2026-03-\d\dT\d\d:\d\d$/);
      await page.goBack();
      await expect.poll(() => search(page).get('range')).toBe('2026-03');
    };
    const refused = (status: number, url: string) => status === 400 && url.includes('the+day+before');
    await on(`${graphPath('edge-rtr1', 'interface', 'xe0')}?range=24h`, work, WIDE, refused);
  }, 60_000);

  test('3. one cursor crosses all graphs of a page', async () => {
    await on(`devices/${demo.world().device('nas1.attic').id}`, async (page) => {
      await graphsDrawn(page, 5);
      const keys = page.locator('figure.g .key');
      const before = await keys.allInnerTexts();
      const canvas = await page.locator('figure.g canvas').nth(1).screenshot();
      await pointAt(page, page.locator('figure.g .over').first(), 0.4);
      await expect
        .poll(async () => (await keys.allInnerTexts()).filter((text, i) => text !== before[i]).length)
        .toBeGreaterThan(3);
      expect(
        (await page.locator('figure.g canvas').nth(1).screenshot()).equals(canvas),
        'the line is drawn in the others too',
      ).toBe(false);
      await page.mouse.move(5, 5);
      await expect.poll(() => keys.allInnerTexts()).toEqual(before);
    });
  }, 60_000);

  test('4. what is refreshed neither flickers nor moves, and rests while hidden', async () => {
    const context = await demo.browser().newContext({ viewport: { width: 1400, height: 700 }, reducedMotion: 'reduce' });
    try {
      const page = await context.newPage();
      await page.clock.install({ time: NOW_MS });
      let asked = 0;
      page.on('request', (request) => void (request.url().includes('/api/') && asked++));
      await page.goto(new URL(`devices/${demo.world().device('sw-core1').id}`, demo.world().url).href);
      await graphsDrawn(page, 6);
      await page.locator('#interfaces tbody tr').nth(20).waitFor();
      await page.evaluate(() => {
        scrollTo(0, 600);
        const seen = { blank: 0, shift: 0 };
        Object.assign(window, { seen });
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries() as (PerformanceEntry & { value: number })[]) seen.shift += entry.value;
        }).observe({ type: 'layout-shift' });
        const canvases = [...document.querySelectorAll('canvas')];
        new MutationObserver(() => {
          if (canvases.some((canvas) => !canvas.isConnected)) seen.blank++;
        }).observe(document.body, { childList: true, subtree: true });
      });
      const first = asked;
      await page.clock.runFor(70_000);
      await expect.poll(() => asked).toBeGreaterThan(first + 10);
      await page.waitForLoadState('networkidle');
      const seen = await page.evaluate(() => ({ ...(window as unknown as { seen: object }).seen, y: scrollY }));
      expect(seen).toEqual({ blank: 0, shift: 0, y: 600 });

      await page.evaluate(() => {
        Object.defineProperty(document, 'hidden', { configurable: true, get: () => true });
        document.dispatchEvent(new Event('visibilitychange'));
      });
      await page.waitForLoadState('networkidle');
      const whenHidden = asked;
      await page.clock.runFor(300_000);
      // One that was due is finished; nothing new begins.
      expect(asked - whenHidden).toBeLessThanOrEqual(3);
      await page.evaluate(() => {
        Object.defineProperty(document, 'hidden', { configurable: true, get: () => false });
        document.dispatchEvent(new Event('visibilitychange'));
      });
      await page.clock.runFor(1_000);
      await expect.poll(() => asked, { message: 'what is overdue is asked at once' }).toBeGreaterThan(whenHidden + 5);
    } finally {
      await context.close();
    }
  }, 90_000);

  test('5. every graph tells how old its data are', async () => {
    await on(`devices/${demo.world().device('nas1.attic').id}`, async (page) => {
      await graphsDrawn(page, 5);
      const ages = await page.locator('figure.g .old').allInnerTexts();
      expect(ages.length).toBe(await page.locator('figure.g').count());
      for (const age of ages) expect(age).toMatch(/^\d+ (s|min) old$/);
    });
    await on(graphPath('nas1.attic', 'disk', '/srv/tank'), async (page) => {
      await graphsDrawn(page, 1);
      expect(await page.locator('.head .end').innerText()).toMatch(/^data \d+ (s|min) old$/);
    });
  }, 60_000);

  test('6. gaps are gaps, with their reason', async () => {
    // The power work in the cellar, eleven days before.
    await on(`${graphPath('db1.cellar', 'interface', 'eth0')}?range=2026-03-06+to+2026-03-08`, async (page) => {
      await graphsDrawn(page, 1);
      const label = await page.locator('.plot.large canvas').getAttribute('aria-label');
      expect(label).toMatch(/1 gap, together 4 h/);
      await page.getByText('Power work in the cellar').first().waitFor();
      // Under the cursor: 03:30 on 7 March, in the middle of it.
      const from = Date.UTC(2026, 2, 6);
      await page.locator('.plot.large .over').focus();
      await move(page, 'Home');
      const said = () => plot(page).getAttribute('aria-valuetext');
      const slots = Number(await plot(page).getAttribute('aria-valuemax')) + 1;
      const wanted = Math.floor(((Date.UTC(2026, 2, 7, 3, 30) - from) / (3 * 86_400_000)) * slots);
      while ((await cursor(page)) < wanted) await page.keyboard.press('ArrowRight');
      await expect.poll(said).toContain('Power work in the cellar');
      const hatched = await page.locator('.plot.large canvas').evaluate((canvas: HTMLCanvasElement) => {
        // Straight down through the gap: ground and hatching only, never the colour of a line.
        const style = getComputedStyle(document.documentElement);
        const line = style.getPropertyValue('--in').trim();
        const rgb = [1, 3, 5].map((at) => parseInt(line.slice(at, at + 2), 16));
        const copy = document.createElement('canvas');
        [copy.width, copy.height] = [canvas.width, canvas.height];
        const context = copy.getContext('2d');
        if (!context) return null;
        context.drawImage(canvas, 0, 0);
        const plotWidth = canvas.width - 64 - 92;
        const x = Math.round(64 + plotWidth * ((24 + 3.7) / 72));
        const column = context.getImageData(x, 30, 1, canvas.height - 70).data;
        let lines = 0;
        const colours = new Set<string>();
        for (let i = 0; i < column.length; i += 4) {
          const pixel = [column[i] ?? 0, column[i + 1] ?? 0, column[i + 2] ?? 0];
          colours.add(pixel.join(' '));
          if (pixel.every((part, k) => Math.abs(part - (rgb[k] ?? 0)) < 12)) lines++;
        }
        return { lines, colours: colours.size };
      });
      expect(hatched?.lines).toBe(0);
      expect(hatched?.colours, 'it is hatched').toBeGreaterThan(2);
    });
  }, 60_000);

  test('6. what happened is marked at its moment, and said there', async () => {
    await on(`${graphPath('wiki.annexe', 'interface', 'eth0')}?range=6h`, async (page) => {
      await graphsDrawn(page, 1);
      const label = page.locator('.plot.large canvas');
      expect(await label.getAttribute('aria-label')).toContain(
        'What happened: Wed 18 Mar 12:30: The device restarted after 96 days',
      );
      const slots = Number(await plot(page).getAttribute('aria-valuemax')) + 1;
      await plot(page).focus();
      await page.keyboard.press('End');
      // Two hours ago, and a slot or two around it.
      const near = slots - 1 - (Math.round(slots / 3) - 3);
      while ((await cursor(page)) > near) await page.keyboard.press('ArrowLeft');
      const said = () => plot(page).getAttribute('aria-valuetext');
      for (let i = 0; i < 8 && !(await said())?.includes('restarted'); i++) await move(page, 'ArrowLeft');
      expect(await said()).toContain('The device restarted after 96 days');
      await page.locator('main p', { hasText: 'The device restarted after 96 days' }).first().waitFor();
      const marked = await label.screenshot();
      await page.getByRole('checkbox', { name: 'Events' }).uncheck();
      await expect.poll(async () => (await label.screenshot()).equals(marked)).toBe(false);
      expect(search(page).get('events')).toBe('0');
    });
  }, 60_000);

  test('7. graphs of one unit share their scale when that is wanted', async () => {
    await on(`devices/${demo.world().device('sw-core1').id}`, async (page) => {
      await graphsDrawn(page, 6);
      const small = page.locator('figure.g canvas').first();
      const [own, keys] = [await small.screenshot(), await page.locator('figure.g .key').first().innerText()];
      await page.getByRole('checkbox', { name: 'Same scale' }).check();
      await expect.poll(async () => (await small.screenshot()).equals(own)).toBe(false);
      expect(await page.locator('figure.g .key').first().innerText(), 'the figures are what they were').toBe(keys);
      await page.getByRole('checkbox', { name: 'Same scale' }).uncheck();
      await expect.poll(async () => (await small.screenshot()).equals(own)).toBe(true);
    });
  }, 60_000);

  test('8. a slash jumps to any port, also by its description and without a mouse', async () => {
    await on('events', async (page) => {
      await page.locator('.events li').first().waitFor();
      // At once, before the search has arrived.
      await page.keyboard.press('/');
      await page.keyboard.type('Transit A');
      await page
        .getByRole('option', { name: /Transit A/ })
        .first()
        .waitFor();
      await page.keyboard.press('Enter');
      await expect.poll(() => new URL(page.url()).pathname).toContain('/graphs/traffic~');
      await page.getByRole('heading', { level: 1, name: 'xe0' }).waitFor();
      await page.keyboard.press('/');
      await page.getByRole('combobox', { name: /Go to/ }).fill('127.83.0.47');
      await page
        .getByRole('option', { name: /nas1\.attic/ })
        .first()
        .waitFor();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name: 'nas1.attic' }).waitFor();
      await page.keyboard.press('/');
      await page.getByRole('combobox', { name: /Go to/ }).fill('nobody is called so');
      await page.getByText('Nothing is called').waitFor();
      await page.keyboard.press('Escape');
      await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
    });
  }, 60_000);

  test('9. arrow keys move the cursor, and what lies under it is said', async () => {
    await on(`${graphPath('edge-rtr1', 'interface', 'xe0')}?range=1h`, async (page) => {
      await graphsDrawn(page, 1);
      const slider = page.getByRole('slider', { name: /Cursor of xe0/ });
      await slider.focus();
      // The first one shows the cursor where it is said to be already.
      await page.keyboard.press('ArrowLeft');
      await expect.poll(() => page.locator('table.legend thead').innerText()).toMatch(/At Wed 18 Mar/);
      const said = [await slider.getAttribute('aria-valuetext')];
      for (const key of ['ArrowLeft', 'Shift+ArrowLeft', 'Home', 'End']) {
        await move(page, key);
        said.push(await slider.getAttribute('aria-valuetext'));
      }
      expect(new Set(said.slice(0, 4)).size).toBe(4);
      expect(said[1]).toMatch(/^Wed 18 Mar 14:\d\d: in [\d.]+ .b\/s, out [\d.]+ .b\/s$/);
      expect(await page.locator('table.legend thead').innerText()).toMatch(/At Wed 18 Mar/);
      await page.keyboard.press('Escape');
      await expect.poll(() => page.locator('table.legend thead').innerText()).toContain('At cursor');
    });
  }, 60_000);

  test('10. every graph is a table and a CSV as well', async () => {
    await on(`${graphPath('edge-rtr1', 'interface', 'xe0')}?range=6h`, async (page) => {
      await graphsDrawn(page, 1);
      await page.getByRole('button', { name: 'Table' }).click();
      const table = page.getByRole('region', { name: /as a table/ });
      await table.waitFor();
      expect(search(page).get('table')).toBe('1');
      const heads = await table.locator('th[scope=col]').allInnerTexts();
      expect(heads.slice(0, 3)).toEqual(['Time, UTC', 'in', 'out']);
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'CSV' }).click()]);
      const [head = '', ...rows] = readFileSync(await download.path(), 'utf8')
        .trim()
        .split('\n');
      expect(head).toBe('time,in (bps),in min,in max,out (bps),out min,out max');
      expect(rows.length).toBe(await table.locator('tbody tr').count());
    });
  }, 60_000);

  test('11. figures stand in columns, rates are in SI bits, and the time zone has a name', async () => {
    await on(`devices/${demo.world().device('nas1.attic').id}`, async (page) => {
      await graphsDrawn(page, 5);
      const figures = await page
        .locator('td.num')
        .evaluateAll((cells) => cells.map((cell) => getComputedStyle(cell).fontVariantNumeric));
      expect(new Set(figures)).toEqual(new Set(['tabular-nums']));
      await page.getByText('Times in UTC.').waitFor();
      const keys = (await page.locator('figure.g .key').allInnerTexts()).join(' ');
      expect(keys).toMatch(/\d [kMG]b\/s/);
      expect(keys).toMatch(/\d [MGT]iB/);
      expect(keys, 'no binary bits and no decimal bytes').not.toMatch(/[KMG]ib\/s|\d [kMGT]B\b/);
    });
  }, 60_000);

  test.each(['light', 'dark'] as const)(
    '12. colour is never alone, and every line stands out: %s',
    async (theme) => {
      await on(
        `devices/${demo.world().device('nas1.attic').id}`,
        async (page) => {
          await graphsDrawn(page, 5);
          for (const key of await page.locator('.key .k > span').allInnerTexts()) expect(key.trim()).not.toBe('');
          expect(await page.locator('.head .st').innerText()).toBe('Up');
          const found = await page.evaluate(() => {
            const style = getComputedStyle(document.documentElement);
            // The build writes #fff for #ffffff.
            const long = (hex: string) => (hex.length === 4 ? hex.replace(/[0-9a-f]/gi, '$&$&') : hex);
            const channels = (hex: string) => [1, 3, 5].map((at) => parseInt(long(hex).slice(at, at + 2), 16) / 255);
            const luminance = (hex: string) => {
              const [r = 0, g = 0, b = 0] = channels(hex).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
              return 0.2126 * r + 0.7152 * g + 0.0722 * b;
            };
            const token = (name: string) => style.getPropertyValue(`--${name}`).trim();
            const ratio = (a: string, b: string) => {
              const [x, y] = [luminance(token(a)), luminance(token(b))];
              return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
            };
            const lines = ['in', 'out', 's1', 's2', 's3', 's4', 's5', 'past', 'limit', 'p95', 'gap-line'];
            return [
              ...lines.map((name) => [name, ratio(name, name === 'gap-line' ? 'gap' : 'bg')] as const),
              ...['in', 'out', 's1', 's2', 's3', 's4', 's5'].map(
                (name) => [`${name} on its fill`, ratio(name, `${name}-fill`)] as const,
              ),
              ...['ink-2', 'ink-3'].map((name) => [name, ratio(name, 'bg') / 1.5] as const),
            ];
          });
          expect(found.filter(([, ratio]) => !(ratio >= 3))).toEqual([]);
          // And the canvas really carries those colours.
          const present = await page
            .locator('figure.g canvas')
            .first()
            .evaluate((canvas: HTMLCanvasElement) => {
              const line = getComputedStyle(document.documentElement).getPropertyValue('--in').trim();
              const rgb = [1, 3, 5].map((at) => parseInt(line.slice(at, at + 2), 16));
              const copy = document.createElement('canvas');
              [copy.width, copy.height] = [canvas.width, canvas.height];
              const context = copy.getContext('2d');
              context?.drawImage(canvas, 0, 0);
              const data = context?.getImageData(0, 0, copy.width, copy.height).data ?? new Uint8ClampedArray();
              let hits = 0;
              for (let i = 0; i < data.length; i += 4)
                if (rgb.every((part, k) => Math.abs((data[i + k] ?? 0) - part) < 24) && (data[i + 3] ?? 0) > 200) hits++;
              return hits;
            });
          expect(present).toBeGreaterThan(50);
        },
        { theme, width: 1400 },
      );
    },
    60_000,
  );
});
