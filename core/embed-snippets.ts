/** What is pasted into a page so that it shows an embed: one text for each kind of wiki. */
import { visible } from './text.ts';

export const SNIPPET_KINDS = ['markdown', 'mediawiki', 'dokuwiki', 'confluence', 'html'] as const;
export type SnippetKind = (typeof SNIPPET_KINDS)[number];
export const SNIPPET_NAMES: Readonly<Record<SnippetKind, string>> = {
  markdown: 'Markdown',
  mediawiki: 'MediaWiki',
  dokuwiki: 'DokuWiki',
  confluence: 'Confluence',
  html: 'HTML',
};

export interface SnippetParts {
  /** Address of the embed without its ending. */
  readonly link: string;
  readonly alt: string;
  readonly title: string;
  readonly width: number;
  readonly height: number;
  /** `auto`: as the reader's system has it, where the wiki can do that. */
  readonly theme: 'light' | 'dark' | 'auto';
  /** A picture, or a frame that refreshes itself. */
  readonly form: 'image' | 'frame';
  /** Copies on the way are asked for anew each time. */
  readonly noCache?: boolean;
}

/** The text to paste; null where that wiki can show no such thing. */
export function snippet(kind: SnippetKind, parts: SnippetParts): string | null {
  return parts.form === 'frame' ? FRAMES[kind](parts) : IMAGES[kind](parts);
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const attribute = (text: string) => visible(text).replace(/[&<>"']/g, (c) => ENTITIES[c] ?? '');
/** Markup of a wiki has no way to quote everything: what could end the text early becomes a space. */
const bare = (text: string) =>
  visible(text)
    .replace(/[[\]{}|<>`*_~\\"'!^=]+/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
const one = ({ theme }: SnippetParts) => (theme === 'dark' ? '-dark' : '');

const frame = ({ link, title, width, height }: SnippetParts) =>
  `<iframe src="${attribute(link)}.html" width="${width}" height="${height}" title="${attribute(title)}" ` +
  'loading="lazy" sandbox="allow-scripts" style="border:0;max-width:100%"></iframe>';

type Write = (parts: SnippetParts) => string | null;
const IMAGES: Readonly<Record<SnippetKind, Write>> = {
  markdown: (parts) => `[![${bare(parts.alt)}](${parts.link}${one(parts)}.png)](${parts.link}.html)`,
  mediawiki: (parts) => `${parts.link}${one(parts)}.png`,
  dokuwiki: (parts) =>
    `{{${parts.link}${one(parts)}.png?${parts.noCache === true ? 'nocache' : `${parts.width}`}|${bare(parts.alt)}}}`,
  confluence: (parts) =>
    `<ac:image ac:alt="${attribute(parts.alt)}" ac:width="${parts.width}"><ri:url ri:value="${attribute(parts.link)}${one(parts)}@2x.png"/></ac:image>`,
  html: (parts) => {
    const { link, alt, width, height, theme } = parts;
    const src = (dark: string) => `${attribute(link)}${dark}.png`;
    const both = (dark: string) => `${src(dark)} 1x, ${attribute(link)}${dark}@2x.png 2x`;
    const image =
      `<img src="${src(one(parts))}" srcset="${both(one(parts))}" alt="${attribute(alt)}" width="${width}" height="${height}" ` +
      'loading="lazy" referrerpolicy="origin">';
    if (theme !== 'auto') return image;
    return `<picture>\n  <source srcset="${both('-dark')}" media="(prefers-color-scheme: dark)">\n  ${image}\n</picture>`;
  },
};

const FRAMES: Readonly<Record<SnippetKind, Write>> = {
  // Markdown, and DokuWiki unless it was told otherwise, take frames away.
  markdown: () => null,
  mediawiki: ({ link, width, height }) => `{{#widget:Iframe|url=${link}.html|width=${width}|height=${height}|border=0}}`,
  dokuwiki: (parts) => `{{url>${parts.link}.html ${parts.width},${parts.height} noscroll noborder|${bare(parts.title)}}}`,
  confluence: (parts) =>
    `<ac:structured-macro ac:name="iframe"><ac:parameter ac:name="src"><ri:url ri:value="${attribute(parts.link)}.html"/></ac:parameter>` +
    `<ac:parameter ac:name="width">${parts.width}</ac:parameter><ac:parameter ac:name="height">${parts.height}</ac:parameter>` +
    '<ac:parameter ac:name="frameborder">hide</ac:parameter></ac:structured-macro>',
  html: frame,
};

/** What a wiki needs so that the text works; '' when nothing. */
export function snippetNeeds(kind: SnippetKind, form: SnippetParts['form']): string {
  const [image, live] = NEEDS[kind];
  return form === 'image' ? image : live;
}
const NEEDS: Readonly<Record<SnippetKind, readonly [image: string, frame: string]>> = {
  markdown: ['', 'Markdown shows pictures only: take the image, whose click opens the live frame.'],
  mediawiki: [
    'Needs $wgAllowExternalImages, or this server in $wgAllowExternalImagesFrom. It takes no alternative text.',
    'Needs the extension Widgets with its widget Iframe.',
  ],
  dokuwiki: ['', 'Needs the plugin iframe.'],
  confluence: [
    'Paste it into the source of the page (storage format).',
    'Needs the macro iframe, and this server in its allowlist.',
  ],
  html: ['', ''],
};
