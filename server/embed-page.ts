/** The live frame: a page of its own that shows one picture and refreshes itself, without cookies, storage or an origin. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { escaped } from './render/markup.ts';

/** The page with two places in it: for what other sites are told, and for the graph. */
const FRAME = readFileSync(new URL('./embed-frame.html', import.meta.url), 'utf8').replace(/\n\s*/g, '\n');
const inside = (tag: string) => FRAME.slice(FRAME.indexOf(`<${tag}>`) + tag.length + 2, FRAME.indexOf(`</${tag}>`));
const [STYLE, SCRIPT] = [inside('style'), inside('script')];

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
const PAGE_CSP = [
  "default-src 'none'",
  `script-src ${hashOf(SCRIPT)}`,
  `style-src ${hashOf(STYLE)}`,
  'img-src data:',
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');
/** Opened by itself an SVG is a document: it may have its own style, and nothing else. */
const PICTURE_CSP = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/** Who may frame it: anyone, or the listed sites and this server's own pages. */
export function embedPolicy(origins: readonly string[], page: boolean): string {
  const ancestors = origins.length === 0 ? '*' : ["'self'", ...origins].join(' ');
  return `${page ? PAGE_CSP : PICTURE_CSP}; frame-ancestors ${ancestors}`;
}

export interface PageParts {
  readonly svg: string;
  readonly title: string;
  readonly alt: string;
  readonly width: number;
  readonly height: number;
  readonly stepS: number;
  /** Address of the embed without its ending; null when it shows none. */
  readonly link: string | null;
  /** Address of the oEmbed answer. */
  readonly oembed: string | null;
}

export function embedPage({ svg, title, alt, width, height, stepS, link, oembed }: PageParts): string {
  const meta = (property: string, content: string | number) =>
    `<meta property="og:${property}" content="${escaped(String(content))}">`;
  const about =
    link === null
      ? ''
      : [
          meta('type', 'website'),
          meta('site_name', 'Saguaro'),
          meta('title', title),
          meta('description', alt),
          meta('url', `${link}.html`),
          meta('image', `${link}@2x.png`),
          meta('image:type', 'image/png'),
          meta('image:width', width * 2),
          meta('image:height', height * 2),
          meta('image:alt', alt),
          oembed === null
            ? ''
            : `<link rel="alternate" type="application/json+oembed" href="${escaped(oembed)}" title="${escaped(title)}">`,
        ].join('');
  const graph =
    `<h1>${escaped(title)}</h1><div class="graph" data-step="${stepS}"><img width="${width}" height="${height}" alt="${escaped(alt)}" ` +
    `src="data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}"></div>`;
  // Named, because the page around the frame has a main part, too.
  return FRAME.replace('<!--about-->', () => `<title>${escaped(title)}</title>${about}`)
    .replace('<main>', () => `<main aria-label="${escaped(title)}">`)
    .replace('<!--graph-->', () => graph);
}
