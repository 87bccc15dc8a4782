/** Trend reviews made when asked for, as JSON, CSV and PDF. */
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { MetricName } from '../../core/model.ts';
import { REVIEW_PERIODS } from '../../core/review.ts';
import { ReviewView } from '../../core/review-view.ts';
import { parseSelector, SELECTOR_TEXT_MAX } from '../../core/selector-text.ts';
import { problems, textAnswer } from '../openapi.ts';
import type { App, RouteDeps } from '../parts.ts';
import { badRequest, quoted } from '../problem.ts';
import { momentOf } from '../ranges.ts';
import { REVIEW_METRICS_MAX, REVIEW_SERIES_MAX, type ReviewRequest } from '../review.ts';
import { reviewCsv } from '../review-csv.ts';
import { dateOf } from '../review-dates.ts';
import { reviewPdf } from '../review-pdf.ts';

const tags = ['reviews'];
const METRIC = '^[a-z][a-z0-9]*\\.[a-z][a-z0-9_]*$';
const METRICS: readonly MetricName[] = ['interface.in_bps', 'interface.out_bps'];
/** No review of a period before there were computers to ask. */
const EARLIEST_MS = 0;
const Query = Type.Object(
  {
    period: Type.Optional(Type.Enum([...REVIEW_PERIODS], { description: 'Of the calendar; a week unless told.' })),
    at: Type.Optional(
      Type.String({ maxLength: 64, description: 'A moment in the reviewed period: a date, an ISO time, -1w. Now unless told.' }),
    ),
    select: Type.Optional(
      Type.String({
        maxLength: SELECTOR_TEXT_MAX,
        description: `A selector as in a dashboard's file, written as JSON; everything unless told. At most ${REVIEW_SERIES_MAX} series are shown.`,
      }),
    ),
    metric: Type.Optional(
      Type.Array(Type.String({ maxLength: 128, pattern: METRIC }), {
        minItems: 1,
        maxItems: REVIEW_METRICS_MAX,
        description: `Up to ${REVIEW_METRICS_MAX} of one unit; traffic in and out unless told.`,
      }),
    ),
    zone: Type.Optional(Type.String({ maxLength: 64, description: "IANA name; the server's unless told." })),
    title: Type.Optional(Type.String({ maxLength: 128 })),
  },
  { additionalProperties: false },
);
interface Asked {
  readonly period?: ReviewRequest['period'];
  readonly at?: string;
  readonly select?: string;
  readonly metric?: readonly string[];
  readonly zone?: string;
  readonly title?: string;
}

export async function reviewRoutes(app: App, deps: RouteDeps): Promise<void> {
  const { clock, config, readReview } = deps;
  const wanted = (query: Asked): ReviewRequest => {
    const zone = query.zone ?? config.zone;
    if (!isZone(zone)) throw badRequest(`${quoted(zone)} is not a time zone: give a name such as Europe/Paris or UTC.`);
    const nowMs = clock.nowMs();
    const atMs = momentOf(query.at, nowMs, zone) ?? nowMs;
    if (atMs > nowMs) throw badRequest('This period has not begun yet: a review looks back.');
    if (atMs < EARLIEST_MS) throw badRequest('A review looks back to 1970 at most.');
    const select = parseSelector(query.select ?? '');
    if ('error' in select) throw badRequest(select.error);
    const metrics = [...new Set((query.metric ?? METRICS) as readonly MetricName[])];
    return { title: query.title?.trim() ?? '', period: query.period ?? 'week', atMs, zone, metrics, select };
  };
  const asked = { tags, querystring: Query };

  app.get(
    '/reviews/current',
    {
      schema: {
        ...asked,
        operationId: 'readReview',
        summary: 'A week, month, quarter or year beside the one before and the one a year before',
        response: { 200: ReviewView, ...problems },
      },
    },
    ({ query }) => readReview(wanted(query)),
  );
  app.get(
    '/reviews/current.csv',
    {
      schema: {
        ...asked,
        operationId: 'readReviewCsv',
        summary: 'The same as CSV, one line for each series and period',
        response: { 200: textAnswer('Figures in base units', 'text/csv'), ...problems },
      },
    },
    async ({ query }, reply) => sendCsv(reply, await readReview(wanted(query))),
  );
  app.get(
    '/reviews/current.pdf',
    {
      schema: {
        ...asked,
        operationId: 'readReviewPdf',
        summary: 'The same as PDF, to print and to hand on',
        response: { 200: textAnswer('The document', 'application/pdf'), ...problems },
      },
    },
    async ({ query }, reply) => {
      const review = await readReview(wanted(query));
      return sendFile(reply, 'application/pdf', fileOf(review, 'pdf'), await reviewPdf(review));
    },
  );
}

export const fileOf = (review: ReviewView, form: string): string => `review-${review.period}-${dateOf(review)}.${form}`;

/** @param file a name without anything that needs quoting */
export function sendFile(reply: FastifyReply, type: string, file: string, body: unknown): FastifyReply {
  return reply.type(type).header('content-disposition', `attachment; filename="${file}"`).send(body);
}

export function sendCsv(reply: FastifyReply, review: ReviewView): FastifyReply {
  return sendFile(reply, 'text/csv; charset=utf-8', fileOf(review, 'csv'), Readable.from(reviewCsv(review)));
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
