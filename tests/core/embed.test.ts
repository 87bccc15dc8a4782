/** Texts to paste: whatever a device calls itself, it ends nothing early in any markup. */
import { describe, expect, test } from 'vitest';
import { siteOf } from '../../core/embed.ts';
import { snippet, SNIPPET_KINDS, type SnippetParts } from '../../core/embed-snippets.ts';

const link = 'https://stats.example.org/e/AAAAAAAAAAAAAAAAAAAAAA';
const plain: SnippetParts = {
  link,
  alt: 'web1: in 4 Mb/s now',
  title: 'web1',
  width: 800,
  height: 300,
  theme: 'auto',
  form: 'image',
};
const hostile: SnippetParts = { ...plain, alt: `a](x)}}|"><script>'\u202e\n`, title: `"><script>'}}` };

describe('text to paste', () => {
  test.each([
    ['markdown', `[![web1: in 4 Mb/s now](${link}.png)](${link}.html)`],
    ['mediawiki', `${link}.png`],
    ['dokuwiki', `{{${link}.png?800|web1: in 4 Mb/s now}}`],
    ['confluence', `<ac:image ac:alt="web1: in 4 Mb/s now" ac:width="800"><ri:url ri:value="${link}@2x.png"/></ac:image>`],
  ] as const)('of a picture for %s', (kind, text) => expect(snippet(kind, plain)).toBe(text));

  test('for HTML follows the reader, and is sharp on fine screens', () => {
    const text = snippet('html', plain) ?? '';
    expect(text).toContain(`<source srcset="${link}-dark.png 1x, ${link}-dark@2x.png 2x" media="(prefers-color-scheme: dark)">`);
    expect(text).toContain(`<img src="${link}.png" srcset="${link}.png 1x, ${link}@2x.png 2x" alt="web1: in 4 Mb/s now"`);
    expect(snippet('html', { ...plain, theme: 'dark' })).toMatch(/^<img src="[^"]+-dark\.png"/);
  });

  test('of a frame stays in its sandbox; Markdown has none', () => {
    const frame = snippet('html', { ...plain, form: 'frame' });
    expect(frame).toMatch(/^<iframe src="[^"]+\.html" .*title="web1" loading="lazy" sandbox="allow-scripts"/);
    expect(snippet('markdown', { ...plain, form: 'frame' })).toBeNull();
    expect(snippet('mediawiki', { ...plain, form: 'frame' })).toContain('{{#widget:Iframe|url=');
  });

  test('asks past a copy where it is told to', () =>
    expect(snippet('dokuwiki', { ...plain, noCache: true })).toContain('.png?nocache|'));

  test.each(SNIPPET_KINDS.flatMap((kind) => [[kind, 'image'] as const, [kind, 'frame'] as const]))(
    'for %s keeps a hostile name in its place (%s)',
    (kind, form) => {
      const usual = snippet(kind, { ...plain, form });
      const text = snippet(kind, { ...hostile, form });
      expect(text ?? '').not.toMatch(/<script|\u202e|\n.*\n.*\n.*\n/);
      // Each markup has marks of its own; those of another are plain text in it.
      const others = kind === 'html' || kind === 'confluence' ? /[^<>"]/g : /[^{}[\]|<>]/g;
      const marks = (of: string | null) => of?.replace(others, '');
      expect(marks(text)).toBe(marks(usual));
    },
  );
});

describe('a site', () => {
  test.each([
    ['wiki.example.org', 'https://wiki.example.org'],
    [' HTTP://Wiki:8080/ ', 'http://wiki:8080'],
    ['https://bücher.example', 'https://xn--bcher-kva.example'],
    ['https://[2001:db8::1]', 'https://[2001:db8::1]'],
    ['', null],
    ['*', null],
    ['https://a/b', null],
    ['data:text/html,x', null],
    ['https://a; frame-ancestors *', null],
  ])('%s is %s', (text, site) => expect(siteOf(text)).toBe(site));
});
