/** Reports that were made on a schedule and are kept: the list, and each as JSON, page, PDF and CSV. */
import { Type } from 'typebox';
import { Page } from '../../core/api.ts';
import { KeptReview, ReviewView } from '../../core/review-view.ts';
import { problems, textAnswer } from '../openapi.ts';
import { pageInOrder, paging } from '../paging.ts';
import type { App, RouteDeps } from '../parts.ts';
import { notFound, quoted } from '../problem.ts';
import { REPORT_CSP, reviewHtml } from '../review-html.ts';
import { fileOf, sendCsv, sendFile } from './reviews.ts';

const tags = ['reviews'];
const Params = Type.Object({ id: Type.String({ minLength: 1, maxLength: 120 }) });

export async function keptReviewRoutes(app: App, { reviewArchive }: RouteDeps): Promise<void> {
  const found = async (id: string): Promise<ReviewView> => {
    const review = await reviewArchive.read(id);
    if (!review) throw notFound(`There is no kept review ${quoted(id)}: /api/v1/reviews lists those there are.`);
    return review;
  };

  app.get(
    '/reviews',
    {
      schema: {
        operationId: 'listReviews',
        summary: 'Reports that are kept, the newest first',
        tags,
        querystring: Type.Object({ ...paging }, { additionalProperties: false }),
        response: { 200: Page(KeptReview), ...problems },
      },
    },
    async ({ query }) => pageInOrder(await reviewArchive.list(), query),
  );
  app.get(
    '/reviews/:id',
    {
      schema: {
        operationId: 'readKeptReview',
        summary: 'A kept report',
        tags,
        params: Params,
        response: { 200: ReviewView, ...problems },
      },
    },
    ({ params }) => found(params.id),
  );
  app.get(
    '/reviews/:id.html',
    {
      schema: {
        operationId: 'showKeptReview',
        summary: 'A kept report as a page that prints',
        tags,
        params: Params,
        response: { 200: textAnswer('The page', 'text/html'), ...problems },
      },
    },
    async ({ params }, reply) =>
      reply
        .type('text/html; charset=utf-8')
        .header('content-security-policy', REPORT_CSP)
        .send(reviewHtml(await found(params.id))),
  );
  app.get(
    '/reviews/:id.csv',
    {
      schema: {
        operationId: 'readKeptReviewCsv',
        summary: 'A kept report as CSV',
        tags,
        params: Params,
        response: { 200: textAnswer('Figures in base units', 'text/csv'), ...problems },
      },
    },
    async ({ params }, reply) => sendCsv(reply, await found(params.id)),
  );
  app.get(
    '/reviews/:id.pdf',
    {
      schema: {
        operationId: 'readKeptReviewPdf',
        summary: 'A kept report as PDF, as it was made',
        tags,
        params: Params,
        response: { 200: textAnswer('The document', 'application/pdf'), ...problems },
      },
    },
    async ({ params }, reply) => {
      const review = await found(params.id);
      const pdf = await reviewArchive.pdf(params.id);
      if (!pdf) throw notFound(`The PDF of the kept review ${quoted(params.id)} is gone; its page and CSV are there.`);
      return sendFile(reply, 'application/pdf', fileOf(review, 'pdf'), pdf);
    },
  );
}
