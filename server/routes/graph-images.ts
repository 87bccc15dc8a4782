/** Graphs as pictures, PNG and SVG; what cannot be drawn is a picture that says why, under the true status. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Ago } from '../../core/ago.ts';
import { GRAPH_ID_MAX } from '../../core/explore.ts';
import type { App, RouteDeps } from '../parts.ts';
import { problems, textAnswer } from '../openapi.ts';
import { badRequest, describe, refusal, sendProblem } from '../problem.ts';
import { rangeQuery } from '../ranges.ts';
import { plotWidth, RenderBusy, RenderFailed, type Look } from '../render/renderer.ts';
import { compareQuery, graphReader } from './graphs.ts';

const tags = ['graphs'];
const Params = Type.Object({ id: Type.String({ minLength: 1, maxLength: GRAPH_ID_MAX }) });
const size = {
  ...rangeQuery,
  ...compareQuery,
  width: Type.Optional(Type.Integer({ minimum: 200, maximum: 4000, description: 'Of the whole picture; 800 unless told.' })),
  height: Type.Optional(Type.Integer({ minimum: 80, maximum: 2000, description: 'Of the whole picture; 300 unless told.' })),
  legend: Type.Optional(
    Type.Boolean({ description: 'A table of figures under the plot, where there is room; there is one unless told.' }),
  ),
};
const PngQuery = Type.Object(
  {
    ...size,
    theme: Type.Optional(Type.Enum(['light', 'dark'])),
    scale: Type.Optional(Type.Enum([1, 2], { type: 'integer', description: 'Pixels for each pixel of width and height.' })),
  },
  { additionalProperties: false },
);
const SvgQuery = Type.Object(
  {
    ...size,
    theme: Type.Optional(
      Type.Enum(['light', 'dark', 'auto'], { description: '`auto`: as the system of whoever looks at it has it.' }),
    ),
    scale: Type.Optional(Type.Enum([1, 2], { type: 'integer', description: 'An SVG is sharp at any size: without effect.' })),
  },
  { additionalProperties: false },
);

const LOOK: Look = { width: 800, height: 300, theme: 'light', legend: true, scale: 1 };
/** Of one picture: 4000 × 2000, or 2000 × 1000 at twice the pixels. */
const PIXELS_MAX = 8_000_000;
/** Pictures asked for within this time are of the same moment, so that a page read by many is drawn once. */
const SAME_MOMENT_MS = 10_000;
const RETRY_S = 5;

type Kind = 'png' | 'svg';
type Asked = Partial<Look> & {
  readonly from?: string;
  readonly to?: string;
  readonly compare?: Ago;
  readonly habit?: boolean;
  readonly difference?: boolean;
};

export async function graphImageRoutes(app: App, deps: RouteDeps): Promise<void> {
  const { renderer, clock, log } = deps;
  const read = graphReader(deps);

  const draw = async (kind: Kind, id: string, query: Asked, given: string | undefined, reply: FastifyReply) => {
    const look: Look = { ...LOOK, ...query };
    if (kind === 'png' && look.width * look.height * look.scale ** 2 > PIXELS_MAX)
      throw badRequest(`The picture would have more than ${PIXELS_MAX / 1e6} million pixels: ask for a smaller one.`);
    const { from, to, compare, difference, habit } = query;
    const range = {
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      ...(compare === undefined ? {} : { compare, difference: difference ?? false }),
      ...(habit === undefined ? {} : { habit }),
    };
    const nowMs = clock.nowMs();
    const graph = await read(id, { ...range, width: plotWidth(look.width) }, nowMs - (nowMs % SAME_MOMENT_MS));
    const svg = renderer.svg(graph, look);
    const tag = `"${renderer.tag(svg, look.scale)}"`;
    // A finer graph changes sooner; nobody is kept waiting for longer than five minutes.
    const ageS = Math.min(300, Math.max(10, Math.round(graph.stepMs / 1000)));
    reply.header('etag', tag).header('cache-control', `private, max-age=${ageS}`).header('content-security-policy', PICTURE_CSP);
    if (given?.split(',').some((one) => one.trim().replace(/^W\//, '') === tag)) return reply.code(304).send();
    const body = kind === 'svg' ? svg : await renderer.raster(svg, look.scale);
    return reply.type(TYPES[kind]).send(body);
  };

  /** The refusal as a picture of the size that was asked for, where that size can be had. */
  const refuse = async (kind: Kind, error: unknown, query: unknown, reply: FastifyReply): Promise<FastifyReply> => {
    const told = toldOf(error);
    if (!told) log.error('A picture could not be drawn.', { cause: describe(error) });
    const { status, detail } = told ?? { status: 500, detail: 'Something went wrong here; the log has more.' };
    if (status === 503) reply.header('retry-after', RETRY_S);
    reply.removeHeader('etag').header('cache-control', 'no-store');
    if (error instanceof RenderFailed) {
      log.error(error.message, { cause: describe(error.cause) });
      return sendProblem(reply, 500, error.message);
    }
    const look = lookOf(kind, query);
    const svg = renderer.words(TITLES[status] ?? 'This graph cannot be shown', detail, look);
    try {
      const body = kind === 'svg' ? svg : await renderer.raster(svg, look.scale, true);
      return reply.code(status).header('content-security-policy', PICTURE_CSP).type(TYPES[kind]).send(body);
    } catch {
      return sendProblem(reply, status, detail);
    }
  };

  /** Fastify waits for the answer, not for the promise. */
  const refusing = (kind: Kind) => (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    refuse(kind, error, request.query, reply).catch((second: unknown) => {
      log.error('The picture of a refusal failed.', { cause: describe(second) });
      sendProblem(reply, 500, 'Something went wrong here; the log has more.');
    });
  };

  app.get(
    '/graphs/:id.png',
    {
      schema: {
        operationId: 'drawGraphPng',
        summary: 'One graph as PNG; errors are pictures, too, that say what is wrong',
        tags,
        params: Params,
        querystring: PngQuery,
        response: { 200: textAnswer('The picture', 'image/png'), ...problems },
      },
      errorHandler: refusing('png'),
    },
    ({ params, query, headers }, reply) => draw('png', params.id, query, headers['if-none-match'], reply),
  );
  app.get(
    '/graphs/:id.svg',
    {
      schema: {
        operationId: 'drawGraphSvg',
        summary: 'One graph as SVG; errors are pictures, too, that say what is wrong',
        tags,
        params: Params,
        querystring: SvgQuery,
        response: { 200: textAnswer('The picture', 'image/svg+xml'), ...problems },
      },
      errorHandler: refusing('svg'),
    },
    ({ params, query, headers }, reply) => draw('svg', params.id, query, headers['if-none-match'], reply),
  );
}

const TYPES: Readonly<Record<Kind, string>> = { png: 'image/png', svg: 'image/svg+xml; charset=utf-8' };
/** Opened by itself an SVG is a document: it may have its own style, and nothing else. */
const PICTURE_CSP = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox";
const TITLES: Readonly<Record<number, string>> = {
  400: 'This request is not valid',
  404: 'No such graph',
  503: 'Not just now',
};

function toldOf(error: unknown): { status: number; detail: string } | null {
  return error instanceof RenderBusy ? { status: 503, detail: error.message } : refusal(error);
}

/** The look of a request that may be refused for just that: what is valid of it, and no more pixels than 2000 × 1000. */
function lookOf(kind: Kind, query: unknown): Look {
  const asked = (query ?? {}) as Readonly<Record<string, unknown>>;
  const within = (value: unknown, least: number, most: number, usual: number) => {
    const n = Number(value);
    return Number.isInteger(n) && n >= least && n <= most ? n : usual;
  };
  const themes: readonly Look['theme'][] = kind === 'svg' ? ['dark', 'auto'] : ['dark'];
  return {
    width: within(asked['width'], 200, 1000, LOOK.width),
    height: within(asked['height'], 80, 500, LOOK.height),
    theme: themes.find((theme) => theme === asked['theme']) ?? 'light',
    legend: false,
    scale: Number(asked['scale']) === 2 ? 2 : 1,
  };
}
