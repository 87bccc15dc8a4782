/**
 * What the links of embeds show: pictures and a live frame, for anybody who has the link. Whatever
 * goes wrong is a picture that says so, because a page of others must not show a broken one.
 */
import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { altText, type Embed } from '../../core/embed.ts';
import { titleAlone, type GraphData } from '../../core/graph.ts';
import { ServerAway } from '../../core/ports.ts';
import { addressOf, originOf } from '../embed-address.ts';
import { createEmbedGraphs, momentMs } from '../embed-graphs.ts';
import { embedPage, embedPolicy } from '../embed-page.ts';
import { siteAllowed, TOKEN_PATTERN } from '../embeds.ts';
import { problems } from '../openapi.ts';
import type { App, RouteDeps } from '../parts.ts';
import { badRequest, describe, HttpProblem, notFound } from '../problem.ts';
import { RenderBusy, type Look } from '../render/renderer.ts';
import { createTurns, TurnsBusy } from '../turns.ts';
import { graphReader } from './graphs.ts';

const FILE = new RegExp(`^(${TOKEN_PATTERN})(-dark)?(@2x)?\\.(png|svg|html)$`);
const ENDING = /(-dark)?(@2x)?\.(png|svg|html)$/;
const LINK = new RegExp(`/e/(${TOKEN_PATTERN})(?:-dark)?(?:@2x)?\\.(?:png|svg|html)$`);
const RETRY_S = 5;
const TYPES = { png: 'image/png', svg: 'image/svg+xml; charset=utf-8', html: 'text/html; charset=utf-8' } as const;

interface Wanted {
  readonly kind: keyof typeof TYPES;
  readonly dark: boolean;
  readonly scale: 1 | 2;
}
/** Why there is no graph to see. */
interface Sorry {
  readonly title: string;
  readonly sentence: string;
  readonly retry?: boolean;
}

export async function embeddedRoutes(app: App, deps: RouteDeps): Promise<void> {
  const { renderer, embeds, clock, log } = deps;
  // Whoever guesses links must not crowd out what the catalog has to write.
  const lookups = createTurns({ atOnce: 8, waitingMax: 256 });
  const looking = new Map<string, Promise<Embed | null>>();
  /** Many who look at one page at once are one look into the catalog. */
  const find = (token: string | undefined): Promise<Embed | null> => {
    if (token === undefined) return Promise.resolve(null);
    const under = looking.get(token);
    if (under) return under;
    const found = lookups.take(() => embeds.find(token)).finally(() => looking.delete(token));
    looking.set(token, found);
    return found;
  };
  const graphs = createEmbedGraphs(graphReader(deps), () => clock.nowMs());

  /** A moment's graph is drawn once in each look, however many ask. */
  const pictures = new WeakMap<GraphData, Map<Look['theme'], string>>();
  const drawn = (graph: GraphData, look: Look): string => {
    const made = pictures.get(graph) ?? new Map<Look['theme'], string>();
    pictures.set(graph, made);
    const svg = made.get(look.theme) ?? renderer.svg(graph, look);
    made.set(look.theme, svg);
    return svg;
  };

  const show = async (request: FastifyRequest, reply: FastifyReply, wanted: Wanted, embed: Embed): Promise<FastifyReply> => {
    const { kind } = wanted;
    const graph = await graphs.read(embed);
    const look = lookOf(wanted, embed);
    const svg = drawn(graph, look);
    const ageS = Math.round(momentMs(graph) / 1000);
    const address = addressOf(app, request);
    const link = `${address}${pathOf(app, request).replace(ENDING, '')}`;
    const page =
      kind === 'html'
        ? embedPage({
            ...{
              svg,
              title: titleAlone(graph),
              alt: altText(graph, embed.title),
              width: look.width,
              height: look.height,
              stepS: ageS,
              link,
            },
            oembed: `${address}/e/oembed?url=${encodeURIComponent(`${link}.html`)}`,
          })
        : null;
    const tag = `"${page === null ? renderer.tag(svg, look.scale) : createHash('sha1').update(page).digest('base64url')}"`;
    const open = embed.origins.length === 0;
    const keep = embed.noCache ? 'no-cache' : `${open ? 'public' : 'private'}, max-age=${ageS}, stale-while-revalidate=${ageS}`;
    reply.header('etag', tag).header('cache-control', keep);
    const given = request.headers['if-none-match'];
    if (given?.split(',').some((one) => one.trim().replace(/^W\//, '') === tag)) return reply.code(304).send();
    const body = page ?? (kind === 'svg' ? svg : await renderer.raster(svg, look.scale));
    return reply.type(TYPES[kind]).send(body);
  };

  const excuse = async (reply: FastifyReply, wanted: Wanted, embed: Embed | null, sorry: Sorry): Promise<FastifyReply> => {
    const { title, sentence, retry = false } = sorry;
    const { kind } = wanted;
    const look: Look = { ...lookOf(wanted, embed ?? { width: 800, height: 300 }), legend: false };
    const svg = renderer.words(title, sentence, look);
    reply
      .removeHeader('etag')
      .header('cache-control', 'no-store')
      .header('x-graph-error', plain(`${title}: ${sentence}`));
    if (retry) reply.header('retry-after', RETRY_S);
    const { width, height } = look;
    const page = {
      svg,
      title,
      alt: `${title}: ${sentence}`,
      width,
      height,
      stepS: retry ? RETRY_S : 60,
      link: null,
      oembed: null,
    };
    reply.code(200);
    if (kind === 'html') return reply.type(TYPES.html).send(embedPage(page));
    if (kind === 'svg') return reply.type(TYPES.svg).send(svg);
    try {
      const png = await renderer.raster(svg, look.scale, true);
      return reply.type(TYPES.png).send(png);
    } catch (error) {
      // Browsers go by the type, not by the address.
      log.error('The picture of an excuse could not be drawn.', { cause: describe(error) });
      return reply.type(TYPES.svg).send(svg);
    }
  };

  const answer = async (request: FastifyRequest, reply: FastifyReply, file: string): Promise<FastifyReply> => {
    const wanted = wantedOf(file);
    if (!wanted) throw notFound('There is nothing at this address: links of embeds end in .png, .svg or .html.');
    const page = wanted.kind === 'html';
    const token = FILE.exec(file)?.[1];
    let embed: Embed | null = null;
    try {
      embed = await find(token);
      opened(reply, embed, request, page);
      if (!embed) return await excuse(reply, wanted, null, UNKNOWN);
      if (!siteAllowed(embed, request.headers, originOf(addressOf(app, request)), page))
        return await excuse(reply, wanted, embed, elsewhere(embed));
      const shown = await show(request, reply, wanted, embed);
      embeds.used(embed);
      return shown;
    } catch (error) {
      const sorry = sorryOf(error, embed);
      if (sorry === FAULT) log.error('An embed could not be shown.', { embed: embed?.id ?? '', cause: describe(error) });
      opened(reply, embed, request, page);
      return excuse(reply, wanted, embed, sorry);
    }
  };

  app.get('/e/:file', { config: { open: true }, schema: { hide: true } }, (request, reply) =>
    answer(request, reply, (request.params as { file: string }).file),
  );

  app.get(
    '/e/oembed',
    {
      config: { open: true },
      schema: {
        operationId: 'readOembed',
        summary: 'An embed as oEmbed, for sites that make a frame of a pasted link',
        tags: ['embeds'],
        querystring: Type.Object(
          {
            url: Type.String({ minLength: 1, maxLength: 2048 }),
            format: Type.Optional(Type.String({ maxLength: 16 })),
            maxwidth: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
            maxheight: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
          },
          { additionalProperties: true },
        ),
        response: { 200: Oembed, ...problems },
      },
    },
    async (request, reply) => {
      const { url, format = 'json', maxwidth = Infinity, maxheight = Infinity } = request.query;
      reply.header('access-control-allow-origin', '*').header('cross-origin-resource-policy', 'cross-origin');
      if (format !== 'json') throw new HttpProblem(501, 'Only JSON is answered here: leave format out, or say format=json.');
      if (!URL.canParse(url)) throw badRequest('"url" is not an address.');
      const token = LINK.exec(new URL(url).pathname)?.[1];
      const embed = await find(token);
      if (!embed || token === undefined) throw notFound('There is no such embed, or it is no longer shown.');
      const share = Math.min(1, maxwidth / embed.width, maxheight / embed.height);
      const [width, height] = [Math.floor(embed.width * share), Math.floor(embed.height * share)];
      const link = `${addressOf(app, request)}/e/${token}`;
      return {
        version: '1.0' as const,
        type: 'rich' as const,
        provider_name: 'Saguaro',
        title: embed.title || 'Graph',
        html:
          `<iframe src="${link}.html" width="${width}" height="${height}" title="Graph" loading="lazy" ` +
          'sandbox="allow-scripts" frameborder="0"></iframe>',
        width,
        height,
        cache_age: 3600,
        thumbnail_url: `${link}.png`,
        thumbnail_width: embed.width,
        thumbnail_height: embed.height,
      };
    },
  );
}

const Oembed = Type.Object({
  version: Type.Literal('1.0'),
  type: Type.Literal('rich'),
  provider_name: Type.String(),
  title: Type.String(),
  html: Type.String(),
  width: Type.Integer(),
  height: Type.Integer(),
  cache_age: Type.Integer(),
  thumbnail_url: Type.String(),
  thumbnail_width: Type.Integer(),
  thumbnail_height: Type.Integer(),
});

/** What other addresses of this server forbid, this one allows: to be shown on pages of others. */
function opened(reply: FastifyReply, embed: Embed | null, request: FastifyRequest, page: boolean): void {
  const origins = embed?.origins ?? [];
  const { origin } = request.headers;
  const named = origin !== undefined && (origins.includes(origin) || (page && origin === 'null'));
  reply.removeHeader('x-frame-options');
  reply.removeHeader('cross-origin-opener-policy');
  reply.header('cross-origin-resource-policy', 'cross-origin');
  reply.header('content-security-policy', embedPolicy(origins, page));
  reply.header('access-control-expose-headers', 'X-Graph-Error');
  if (origins.length === 0) reply.header('access-control-allow-origin', '*');
  else {
    reply.header('vary', 'Origin, Referer, Sec-Fetch-Site');
    if (named) reply.header('access-control-allow-origin', origin);
  }
}

function wantedOf(file: string): Wanted | null {
  const [, dark, twice, kind] = ENDING.exec(file) ?? [];
  if (kind !== 'png' && kind !== 'svg' && kind !== 'html') return null;
  return { kind, dark: dark !== undefined, scale: twice === undefined || kind !== 'png' ? 1 : 2 };
}

function lookOf({ kind, dark, scale }: Wanted, { width, height }: Pick<Embed, 'width' | 'height'>): Look {
  return { width, height, theme: dark ? 'dark' : kind === 'png' ? 'light' : 'auto', legend: true, scale };
}

/** The path as it was asked for, after the base path and without the query. */
function pathOf(app: App, request: FastifyRequest): string {
  return (request.url.split('?')[0] ?? '').slice(app.settings.basePath.length);
}

const ask = (embed: Embed | null): string =>
  embed === null || embed.owner === '' ? 'Ask whoever put it on this page.' : `Ask ${embed.owner}.`;

const UNKNOWN: Sorry = {
  title: 'This graph is not shown',
  sentence: `The link is not known, was revoked or has expired. ${ask(null)}`,
};
const FAULT: Sorry = { title: 'This graph cannot be drawn', sentence: 'Something went wrong; the log of the server has more.' };
const elsewhere = (embed: Embed): Sorry => ({
  title: 'Not on this site',
  sentence: `This graph may be shown on the pages of its own sites only. ${ask(embed)}`,
});

function sorryOf(error: unknown, embed: Embed | null): Sorry {
  if (error instanceof TurnsBusy || error instanceof RenderBusy)
    return { title: 'Not just now', sentence: 'Too many pictures are being drawn; this one comes back by itself.', retry: true };
  if (error instanceof ServerAway)
    return {
      title: 'Not just now',
      sentence: 'The history cannot be read at the moment; the graph comes back by itself.',
      retry: true,
    };
  if (error instanceof HttpProblem && error.statusCode < 500)
    return {
      title: 'This graph is gone',
      sentence: `Its device, interface or dashboard is no longer there. ${ask(embed)}`,
    };
  return FAULT;
}

/** A header takes printable ASCII only. */
const plain = (text: string): string => text.replace(/[^\x20-\x7e]+/g, '?').slice(0, 300);
