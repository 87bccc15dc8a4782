/** Embeds in the real DokuWiki: what the dialog gives to paste is pasted, rendered by the wiki and seen in a browser. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { snippet } from '../../core/embed-snippets.ts';
import type { EmbedCreated } from '../../core/embed.ts';
import { chromiumProgram } from './chromium.ts';
import { demoBrowser } from './demo-browser.ts';
import { dokuWikiParts, startDokuWiki, type DokuWiki } from './dokuwiki.ts';

const parts = dokuWikiParts();

describe.skipIf(chromiumProgram === null || 'missing' in parts)('embeds in DokuWiki', () => {
  const demo = demoBrowser();
  let wiki: DokuWiki;
  beforeAll(async () => {
    if (!('missing' in parts)) wiki = await startDokuWiki(parts.root, parts.env);
  }, 60_000);
  afterAll(() => wiki.stop());

  const api = (path: string, method: string, body?: object) =>
    fetch(new URL(`api/v1/${path}`, demo.world().url), {
      method,
      ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}),
    });
  /** Pictures of the page that are not the wiki's own. */
  const seen = async (address: string) => {
    const context = await demo.browser().newContext({ viewport: { width: 1000, height: 900 } });
    try {
      const page = await context.newPage();
      await page.goto(address, { waitUntil: 'load' });
      return await page.evaluate(async () => {
        const images = [...document.querySelectorAll<HTMLImageElement>('.page img')];
        for (const image of images) image.loading = 'eager';
        await Promise.all(images.map((image) => image.decode()));
        return images.map(({ naturalWidth, alt, title }) => ({ naturalWidth, text: `${alt} ${title}` }));
      });
    } finally {
      await context.close();
    }
  };

  test('stand where the text was pasted, with their words, and say so when they are revoked', async () => {
    const { id, device } = demo.world().instance('edge-rtr1', 'interface', 'xe0');
    const made = await api('embeds', 'POST', { graph: `traffic~${device}~${id}`, title: 'Uplink [[x]] {{y}} | <b>' });
    const { link, alt, embed } = (await made.json()) as EmbedCreated;
    const pasted = (theme: 'light' | 'dark', noCache: boolean) =>
      snippet('dokuwiki', { link, alt, title: embed.title, width: 800, height: 300, theme, form: 'image', noCache });
    const text = ['====== Uplink ======', pasted('light', false), pasted('dark', false), pasted('light', true)].join('\n\n');
    const found = await seen(wiki.page('uplink', text));
    expect(found.map(({ naturalWidth }) => naturalWidth)).toEqual([800, 800, 800]);
    for (const { text: words } of found) expect(words).toMatch(/Uplink .*in .*now/);

    expect((await api(`embeds/${embed.id}`, 'DELETE')).ok).toBe(true);
    const [ended] = await seen(wiki.page('ended', pasted('light', true) ?? ''));
    expect(ended?.naturalWidth).toBeGreaterThan(0);
    const answer = await fetch(`${link}.png`);
    expect(answer.headers.get('x-graph-error')).toContain('This graph is not shown');
  }, 60_000);
});
