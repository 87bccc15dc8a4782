/** The live frame: a page of its own that shows one picture and refreshes itself, without cookies, storage or an origin. */
import { createHash } from 'node:crypto';
import { escaped } from './render/markup.ts';

const STYLE =
  ':root{color-scheme:light dark}html,body{margin:0;background:transparent}' +
  'main{display:block}img{display:block;width:100%;height:auto}' +
  'p{margin:0;position:absolute;right:6px;bottom:4px;font:11px system-ui,sans-serif;padding:1px 6px;border-radius:3px;background:Canvas;color:CanvasText}p:empty{display:none}';

/** Old pictures stay when the server is away, and say so. */
const SCRIPT = `(()=>{
let main=document.querySelector('main'),at=Date.now(),busy=false;
const note=document.querySelector('p');
const fresh=async()=>{
if(busy||document.hidden||Date.now()-at<Number(main.dataset.step)*1000)return;
busy=true;
try{
const answer=await fetch(location.href,{credentials:'omit',cache:'no-cache',signal:AbortSignal.timeout(20000)});
const page=new DOMParser().parseFromString(await answer.text(),'text/html').querySelector('main');
if(!answer.ok||!page)throw new Error('no picture');
const next=document.importNode(page,true);
await next.querySelector('img').decode();
main.replaceWith(next);main=next;note.textContent='';main.dataset.at=String(Date.now());
}catch{
if(!note.textContent)note.textContent='Not refreshed since '+new Date(at).toTimeString().slice(0,5);
at=Date.now();busy=false;return;
}
at=Date.now();busy=false;
};
setInterval(fresh,2000);
document.addEventListener('visibilitychange',fresh);
})();`;

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
  return (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">' +
    `<meta name="robots" content="noindex"><title>${escaped(title)}</title>${about}<style>${STYLE}</style></head><body>` +
    `<main data-step="${stepS}"><img width="${width}" height="${height}" alt="${escaped(alt)}" ` +
    `src="data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}"></main><p role="status"></p>` +
    `<script>${SCRIPT}</script></body></html>\n`
  );
}
