/** Embeds in real wikis: what the dialog gives to paste is pasted, rendered by the wiki and seen in a browser. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Unpacked } from '../../bench/store/packages.ts';
import { snippet, type SnippetKind } from '../../core/embed-snippets.ts';
import type { EmbedCreated } from '../../core/embed.ts';
import { chromiumProgram } from './chromium.ts';
import { demoBrowser } from './demo-browser.ts';
import { startDokuWiki, startMediaWiki, wikiParts, type Wiki } from './wikis.ts';

const parts = wikiParts();
const WIKIS: readonly (readonly [kind: SnippetKind, start: (of: Unpacked) => Promise<Wiki>, selector: string])[] = [
  ['dokuwiki', startDokuWiki, '.page img'],
  ['mediawiki', startMediaWiki, '#mw-content-text img'],
];

describe.skipIf(chromiumProgram === null || 'missing' in parts)('embeds in real wikis', () => {
  const demo = demoBrowser();
  const wikis = new Map<SnippetKind, Wiki>();
  beforeAll(async () => {
    if ('missing' in parts) return;
    for (const [kind, start] of WIKIS) wikis.set(kind, await start(parts));
  }, 120_000);
  afterAll(async () => {
    for (const wiki of wikis.values()) await wiki.stop();
  });

  const api = (path: string, method: string, body?: object) =>
    fetch(new URL(`api/v1/${path}`, demo.world().url), {
      method,
      ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}),
    });
  /** Pictures within the page's own text, each waited for. */
  const seen = async (address: string, selector: string) => {
    const context = await demo.browser().newContext({ viewport: { width: 1000, height: 900 } });
    try {
      const page = await context.newPage();
      await page.goto(address, { waitUntil: 'load' });
      return await page.evaluate(async (wanted) => {
        const images = [...document.querySelectorAll<HTMLImageElement>(wanted)];
        for (const image of images) image.loading = 'eager';
        await Promise.all(images.map((image) => image.decode()));
        return images.map(({ naturalWidth, alt, title }) => ({ naturalWidth, words: `${alt} ${title}` }));
      }, selector);
    } finally {
      await context.close();
    }
  };

  test.each(WIKIS)(
    '%s shows them where the text was pasted, and says so when they are revoked',
    async (kind, _start, selector) => {
      const wiki = wikis.get(kind);
      const { id, device } = demo.world().instance('edge-rtr1', 'interface', 'xe0');
      const made = await api('embeds', 'POST', { graph: `traffic~${device}~${id}`, title: 'Uplink [[x]] {{y}} | <b>' });
      const { link, alt, embed } = (await made.json()) as EmbedCreated;
      const pasted = (theme: 'light' | 'dark', noCache: boolean) =>
        snippet(kind, { link, alt, title: embed.title, width: 800, height: 300, theme, form: 'image', noCache });
      const text = [pasted('light', false), pasted('dark', false), pasted('light', true)].join('\n\n');
      const found = await seen(wiki?.page('Uplink'.toLowerCase(), text) ?? '', selector);
      expect(found.map(({ naturalWidth }) => naturalWidth)).toEqual([800, 800, 800]);
      // MediaWiki has no place for other words.
      if (kind === 'dokuwiki') for (const { words } of found) expect(words).toMatch(/Uplink .*in .*now/);

      expect((await api(`embeds/${embed.id}`, 'DELETE')).ok).toBe(true);
      const [ended] = await seen(wiki?.page('ended', pasted('light', true) ?? '') ?? '', selector);
      expect(ended?.naturalWidth).toBeGreaterThan(0);
      const answer = await fetch(`${link}.png`);
      expect(answer.headers.get('x-graph-error')).toContain('This graph is not shown');
    },
    60_000,
  );
});
