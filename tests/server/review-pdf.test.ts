/** The PDF of a review: a whole file whose text can be copied, headings and numbers on every page, whatever names are called. */
import { describe, expect, test } from 'vitest';
import { changesSince, NOTHING } from '../../core/review-figures.ts';
import { planReview, spanWords } from '../../core/review.ts';
import type { ReviewView } from '../../core/review-view.ts';
import { REPORT_CSP, reviewHtml } from '../../server/review-html.ts';
import { reviewPdf } from '../../server/review-pdf.ts';
import { pdfText } from './pdf-text.ts';

const NOW = Date.UTC(2026, 2, 18, 14, 40);
const plan = planReview('week', NOW - 7 * 86_400_000, NOW, 'Europe/Paris');
const HOSTILE = '<script>alert(1)</script>) Tj ET \u202egnp.exe\u0000 \\( %PDF 日本語 🌵 \ud800';

function review(rows: number, more: Partial<ReviewView['rows'][number]> = {}): ReviewView {
  const figures = (value: number, known: number) => ({
    ...NOTHING,
    mean: value,
    p95: value * 2,
    p95Hourly: value * 2,
    p95StepMs: 300_000,
    peak: value * 3,
    peakAtMs: plan.spans[0]?.fromMs ?? 0,
    busyHour: 20,
    busyHourMean: value * 1.5,
    total: value * 75_600,
    known,
  });
  return {
    title: 'Uplinks',
    period: 'week',
    zone: 'Europe/Paris',
    running: false,
    begun: true,
    madeMs: NOW,
    metrics: ['interface.in_bps'],
    selected: 'site is "attic"',
    unit: 'bps',
    totalUnit: 'bytes',
    spans: plan.spans.map((span) => ({ ...span, words: spanWords(span, plan.zone) })),
    rows: Array.from({ length: rows }, (_, i) => {
      const all = [figures(1e6 * (i + 1) * 1.12, 1), figures(1e6 * (i + 1), 0.98), figures(1e6, 0.3)];
      const [now = NOTHING, before = NOTHING, year = NOTHING] = all;
      return {
        device: `d${i}`,
        deviceName: `router${i}`,
        site: 'attic',
        instance: `i${i}`,
        name: 'xe0',
        alias: 'transit',
        metric: 'interface.in_bps',
        graph: null,
        figures: all,
        changes: [changesSince(now, before, 'week', 'before'), changesSince(now, year, 'week', 'yearBefore')],
        ...more,
      };
    }),
    matched: rows,
    notes: ['A note.'],
  };
}

describe('PDF', () => {
  test('is a whole file, and its text can be copied', async () => {
    const file = await reviewPdf(review(1));
    expect(file.subarray(0, 5).toString()).toBe('%PDF-');
    expect(file.subarray(-6).toString()).toMatch(/%%EOF\n?$/);
    const [page = ''] = pdfText(file).pages;
    for (const wanted of [
      'Uplinks',
      'Week 11 of 2026: 9 Mar 2026 to 15 Mar 2026. Times in Europe/Paris.',
      'router0 xe0  in',
      'transit, attic',
      'The week before',
      '+12 % since',
      '1.12 ',
      'Mb/s',
      '20:00–21:00',
      'no change stated: only 30 % of the week a year before is known',
      'A note.',
      'Page 1 of 1',
    ])
      expect(page.split('\n')).toContain(wanted);
  });

  test('repeats the heads of its columns and numbers its pages', async () => {
    const { pages } = pdfText(await reviewPdf(review(40)));
    expect(pages.length).toBeGreaterThan(3);
    pages.forEach((page, i) => {
      expect(page.split('\n')).toEqual(expect.arrayContaining(['Mean', '95th', 'Known', `Page ${i + 1} of ${pages.length}`]));
    });
    const names = pages.flatMap((page) => page.split('\n').filter((line) => line.startsWith('router')));
    expect(names).toHaveLength(40);
  });

  test('is not broken by names, however they are called', async () => {
    const hostile = { deviceName: HOSTILE, name: HOSTILE, alias: 'x'.repeat(5_000), site: HOSTILE };
    const { pages } = pdfText(await reviewPdf({ ...review(2, hostile), title: HOSTILE, notes: ['n'.repeat(9_000)] }));
    expect(pages).toHaveLength(1);
    expect(pages[0]).toContain('<script>alert(1)</script>) Tj ET \\u{202e}gnp.exe\\u{0}');
  });

  test('of nothing says so', async () => {
    expect(pdfText(await reviewPdf(review(0))).pages[0]).toContain('No series, so there are no figures.');
  });
});

describe('page of its own', () => {
  test('holds names as text, and runs nothing', () => {
    const html = reviewHtml({ ...review(2, { deviceName: HOSTILE }), title: HOSTILE });
    expect(html).not.toMatch(/<script|\u202e|\u0000/);
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(html).toContain('\\u{202e}');
    expect(REPORT_CSP).toContain("default-src 'none'");
  });

  test('says the same figures', () => {
    const html = reviewHtml(review(1));
    for (const wanted of ['1.12 Mb/s', '+12 % since', '20:00–21:00', 'no change stated: only 30 %'])
      expect(html).toContain(wanted);
  });
});
