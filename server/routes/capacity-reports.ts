/** Monthly capacity reports: those that are kept, and that of the last month made now. */
import { Type } from 'typebox';
import { CapacityReport } from '../../core/capacity-report.ts';
import { capacityReportHtml } from '../capacity-report-html.ts';
import { capacityReportPdf } from '../capacity-report-pdf.ts';
import { problems, textAnswer } from '../openapi.ts';
import type { App, RouteDeps } from '../parts.ts';
import { notFound, quoted } from '../problem.ts';
import { REPORT_CSP } from '../review-html.ts';
import { sendFile } from './reviews.ts';

const tags = ['capacity'];
const params = Type.Object({
  month: Type.String({
    minLength: 1,
    maxLength: 16,
    description: '2026-02, or now: of the last month, of what is ready within 20 s.',
  }),
});

export async function capacityReportRoutes(app: App, { capacityReports }: RouteDeps): Promise<void> {
  const found = async (month: string): Promise<CapacityReport> => {
    const report = month === 'now' ? await capacityReports.make() : await capacityReports.read(month);
    if (!report)
      throw notFound(`There is no capacity report of ${quoted(month)}: /api/v1/capacity/reports lists those there are.`);
    return report;
  };

  app.get(
    '/capacity/reports',
    {
      schema: {
        operationId: 'listCapacityReports',
        summary: 'Months of which a capacity report is kept, the newest first',
        tags,
        response: {
          200: Type.Object({
            months: Type.Array(Type.String()),
            last: Type.Object(
              { id: Type.String(), month: Type.String() },
              { description: 'The month that is over, whether or not its report is kept: that of /capacity/reports/now.' },
            ),
          }),
          ...problems,
        },
      },
    },
    async () => ({ months: await capacityReports.list(), last: capacityReports.last() }),
  );
  app.get(
    '/capacity/reports/:month',
    {
      schema: {
        operationId: 'readCapacityReport',
        summary: 'A capacity report: what changed, what fills first, which forecasts were wrong',
        tags,
        params,
        response: { 200: CapacityReport, ...problems },
      },
    },
    async (request) => found(request.params.month),
  );
  app.get(
    '/capacity/reports/:month.html',
    {
      schema: {
        operationId: 'showCapacityReport',
        summary: 'A capacity report as a page that prints',
        tags,
        params,
        response: { 200: textAnswer('The page', 'text/html'), ...problems },
      },
    },
    async (request, reply) =>
      reply
        .type('text/html; charset=utf-8')
        .header('content-security-policy', REPORT_CSP)
        .send(capacityReportHtml(await found(request.params.month))),
  );
  app.get(
    '/capacity/reports/:month.pdf',
    {
      schema: {
        operationId: 'readCapacityReportPdf',
        summary: 'A capacity report as PDF',
        tags,
        params,
        response: { 200: textAnswer('The document', 'application/pdf'), ...problems },
      },
    },
    async (request, reply) => {
      const report = await found(request.params.month);
      return sendFile(reply, 'application/pdf', `capacity-${report.id}.pdf`, await capacityReportPdf(report));
    },
  );
}
