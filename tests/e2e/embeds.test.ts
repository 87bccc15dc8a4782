/** Embeds in a real browser: made on a graph's page, shown on pages of other sites as wikis render them, revoked in the register. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Page } from 'playwright-core';
import type { EmbedCreated, EmbedInput } from '../../core/embed.ts';
import { chromiumProgram, looksRight, type Look } from './chromium.ts';
import { demoBrowser } from './demo-browser.ts';

/** Both themes, both widths; the style has no rule for one together with the other. */
const BOTH: readonly Look[] = [
  { theme: 'light', width: 1400 },
  { theme: 'dark', width: 400 },
];

/** A site of somebody else: one page, as given. */
interface Wiki {
  readonly origin: string;
  body: string;
  readonly server: Server;
}
async function startWiki(): Promise<Wiki> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(`<!doctype html><html lang="en"><title>Wiki</title><body>${wiki.body}</body></html>`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const wiki = { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, body: '', server };
  return wiki;
}

describe.skipIf(chromiumProgram === null)('embeds', () => {
  const demo = demoBrowser();
  const wikis: Wiki[] = [];
  beforeAll(async () => void wikis.push(await startWiki(), await startWiki()));
  afterAll(() => wikis.forEach(({ server }) => server.close()));
  const wiki = (n: 0 | 1): Wiki => wikis[n] as Wiki;

  const graphId = () => {
    const { id, device } = demo.world().instance('edge-rtr1', 'interface', 'xe0');
    return `traffic~${device}~${id}`;
  };
  const make = async (more: Partial<EmbedInput> = {}): Promise<EmbedCreated> => {
    const answer = await fetch(new URL('api/v1/embeds', demo.world().url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ graph: graphId(), ...more }),
    });
    return (await answer.json()) as EmbedCreated;
  };
  /** The page of a wiki in a browser. @param clock the test moves its time on */
  const onWiki = async (of: Wiki, body: string, work: (page: Page, said: string[]) => Promise<void>, clock = false) => {
    of.body = body;
    const context = await demo.browser().newContext({ viewport: { width: 1000, height: 900 } });
    const page = await context.newPage();
    if (clock) await page.clock.install();
    const said: string[] = [];
    page.on('console', (message) => said.push(message.text()));
    try {
      await page.goto(of.origin, { waitUntil: 'load' });
      await work(page, said);
    } finally {
      await context.close();
    }
  };
  const widths = (page: Page) =>
    page.evaluate(async () => {
      const images = [...document.images];
      for (const image of images) image.loading = 'eager';
      await Promise.all(images.map((image) => image.decode()));
      return images.map(({ naturalWidth }) => naturalWidth);
    });

  test('stand in pages as wikis make them of the pasted text', async () => {
    const { link, alt } = await make();
    await onWiki(
      wiki(0),
      [
        // Each as that software renders it: attributes, wrappers and relations are its own.
        `<p><a href="${link}.html" rel="nofollow noopener"><img src="${link}.png" alt="${alt}"></a></p>`,
        `<p><img src="${link}.png" alt="${link.slice(-22)}.png"/></p>`,
        `<p><a href="${link}.png" class="media" rel="nofollow" referrerpolicy="no-referrer"><img src="${link}-dark.png" class="media" loading="lazy" title="${alt}" alt="${alt}" width="800" /></a></p>`,
        `<span class="confluence-embedded-file-wrapper confluence-embedded-manual-size"><img class="confluence-embedded-image confluence-external-resource" width="800" alt="${alt}" src="${link}@2x.png" data-image-src="${link}@2x.png"></span>`,
        `<picture><source srcset="${link}-dark.png 1x, ${link}-dark@2x.png 2x" media="(prefers-color-scheme: dark)"><img src="${link}.png" alt="${alt}" width="800" height="300" loading="lazy" referrerpolicy="origin"></picture>`,
        `<object data="${link}.svg" type="image/svg+xml"></object><img src="${link}.svg" alt="${alt}" crossorigin="anonymous">`,
      ].join('\n'),
      async (page, said) => {
        expect(await widths(page)).toEqual([800, 800, 800, 1600, 800, 800]);
        expect(said).toEqual([]);
        expect(await page.context().cookies()).toEqual([]);
      },
    );
  }, 60_000);

  test('refresh themselves in a sandboxed frame, and keep the picture while the server is away', async () => {
    const { link } = await make();
    const frame = `<iframe src="${link}.html" width="800" height="300" title="Uplink" loading="lazy" sandbox="allow-scripts"></iframe>`;
    await onWiki(
      wiki(0),
      frame,
      async (page, said) => {
        const inside = page.frameLocator('iframe');
        const width = () => inside.locator('img').evaluate((image: HTMLImageElement) => image.naturalWidth);
        await expect.poll(width).toBe(800);
        expect(await inside.locator('.graph').getAttribute('data-at')).toBeNull();
        await expect
          .poll(
            async () => {
              await page.clock.runFor(64_000);
              return inside.locator('.graph').getAttribute('data-at');
            },
            { timeout: 15_000, interval: 500 },
          )
          .not.toBeNull();
        expect(await width()).toBe(800);
        expect(said).toEqual([]);
        await page.route('**/e/*.html', (route) => route.abort());
        await expect
          .poll(
            async () => {
              await page.clock.runFor(64_000);
              return inside.locator('p').innerText();
            },
            { timeout: 15_000, interval: 500 },
          )
          .toMatch(/^Not refreshed since \d\d:\d\d$/);
        expect(await width()).toBe(800);
      },
      true,
    );
  }, 60_000);

  test('of listed sites are shown there and nowhere else', async () => {
    const { link } = await make({ origins: [wiki(0).origin] });
    const body = `<iframe src="${link}.html" title="Uplink" sandbox="allow-scripts"></iframe><img src="${link}.png" alt="">`;
    const pixels = (page: Page) =>
      page.evaluate(async (address) => (await fetch(address, { mode: 'no-cors' })).type, `${link}.png`);
    const headers = (page: Page) => page.waitForResponse((answer) => answer.url().endsWith('.png')).then((a) => a.allHeaders());
    await onWiki(wiki(0), body, async (page) => {
      const [told] = await Promise.all([headers(page), page.reload()]);
      expect(told['x-graph-error']).toBeUndefined();
      await expect.poll(() => page.frameLocator('iframe').locator('img').count()).toBe(1);
      expect(await pixels(page)).toBe('opaque');
    });
    await onWiki(wiki(1), body, async (page, said) => {
      const [told] = await Promise.all([headers(page), page.reload()]);
      expect(told['x-graph-error']).toContain('Not on this site');
      expect(said.join('\n')).toContain('frame-ancestors');
      expect(page.frames()[1]?.url()).toBe('chrome-error://chromewebdata/');
    });
  }, 60_000);

  test('nothing else of the server may be framed', async () => {
    const frames = ['', 'embeds', `graphs/${graphId()}`, 'api/v1/embeds'].map(
      (path) => `<iframe src="${new URL(path, demo.world().url).href}" title="${path}"></iframe>`,
    );
    await onWiki(wiki(0), frames.join(''), async (_page, said) => {
      await expect.poll(() => said.filter((text) => text.includes('frame-ancestors')).length).toBe(frames.length);
    });
  }, 60_000);

  test.each(BOTH)(
    'are made on the page of a graph ($theme, $width px)',
    async (look) => {
      await demo.on(`graphs/${graphId()}?range=24h`, look, async (page) => {
        await page.getByRole('button', { name: 'Embed', exact: true }).click();
        const dialog = page.getByRole('dialog', { name: 'Show this graph elsewhere' });
        await dialog.getByLabel('Title').fill('Uplink of the house');
        await dialog.getByLabel('Who may see it').selectOption('sites');
        await dialog.getByLabel('Sites, one a line').fill('*');
        await looksRight(page, 'embed-ask', look);
        await dialog.getByLabel('Sites, one a line').fill('wiki.example.org');
        await dialog.getByRole('button', { name: 'Make the link' }).click();
        const made = page.getByRole('dialog', { name: 'Paste it into the page' });
        const text = made.getByLabel('Text for Markdown');
        await text.waitFor();
        expect(await text.inputValue()).toMatch(
          /^\[!\[Uplink of the house: in .* now, 95th .*\]\(http:.*\.png\)\]\(http:.*\.html\)$/,
        );
        // The picture is drawn by the server when it is asked for: on a busy machine that takes more than a second.
        await expect
          .poll(() => made.locator('figure img').evaluate((image: HTMLImageElement) => image.naturalWidth), { timeout: 15_000 })
          .toBe(1600);
        await looksRight(page, 'embed-paste', look);
        await made.getByRole('button', { name: 'HTML' }).click();
        await made.getByRole('button', { name: 'Live frame' }).click();
        expect(await made.getByLabel('Text for HTML').inputValue()).toContain('<iframe src="http');
        await expect
          .poll(() =>
            made
              .frameLocator('iframe')
              .locator('img')
              .evaluate((image: HTMLImageElement) => image.naturalWidth),
          )
          .toBeGreaterThan(0);
        await looksRight(page, 'embed-frame', look);
        await page.keyboard.press('Escape');
        await expect
          .poll(() => page.getByRole('button', { name: 'Embed', exact: true }).evaluate((b) => b === document.activeElement))
          .toBe(true);
      });
    },
    60_000,
  );

  test.each(BOTH)(
    'are listed and revoked in the register ($theme, $width px)',
    async (look) => {
      const title = `Revoked ${look.theme} ${look.width}`;
      const { link } = await make({ title, owner: 'Network team', days: 90, origins: ['https://wiki.example.org'] });
      await (await fetch(`${link}.svg`)).text();
      await demo.on('embeds', look, async (page) => {
        const row = page
          .getByRole('row', { name: title })
          .or(page.locator('tr', { hasText: title }))
          .first();
        await row.waitFor();
        await looksRight(page, 'embeds', look);
        await page.getByRole('button', { name: `Revoke ${title}` }).click();
        await page.getByRole('button', { name: `Revoke ${title} now` }).click();
        await expect.poll(() => page.getByRole('button', { name: `Revoke ${title}` }).count()).toBe(0);
        expect((await fetch(`${link}.svg`)).headers.get('x-graph-error')).toContain('revoked');
        await page
          .getByRole('button', { name: /that ended$/ })
          .first()
          .click();
        await page.locator('.ended tr', { hasText: title }).waitFor();
        await looksRight(page, 'embeds-ended', look);
      });
    },
    60_000,
  );
});
