/** The SVG itself: whole, on the pixels of the browser's plot, and honest about what is unknown. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { uplink } from '../../../bench/graph/data.ts';
import type { GraphData } from '../../../core/graph.ts';
import { linePoints } from '../../../core/graph-geometry.ts';
import { plotOf } from '../../../core/graph-layout.ts';
import { readFonts } from '../../../server/render/fonts.ts';
import type { Look } from '../../../server/render/look.ts';
import { pageOf, plotWidth } from '../../../server/render/page.ts';
import { drawSvg, drawWords } from '../../../server/render/svg.ts';

const fonts = readFonts();
const LOOK: Look = { width: 800, height: 300, theme: 'light', legend: true, scale: 1 };
const data = uplink(1, plotWidth(800));
const draw = (graph: GraphData, look: Partial<Look> = {}) => drawSvg(graph, { ...LOOK, ...look }, fonts);

/** Whether every element is closed in its turn and every attribute quoted: what makes XML whole. */
function whole(svg: string): boolean {
  const open: string[] = [];
  const rest = svg.replace(
    /<(\/?)([a-z]+)((?: [a-zA-Z-]+="[^"<]*")*)(\/?)>/gi,
    (_, end: string, name: string, __, alone: string) => {
      if (end !== '') return open.pop() === name ? '' : '<';
      if (alone === '') open.push(name);
      return '';
    },
  );
  return open.length === 0 && !/[<>]/.test(rest) && !/&(?!(amp|lt|gt|quot|#39);)/.test(rest);
}
const pointsOf = (svg: string, look: string): [number, number][][] => {
  const d = new RegExp(`<path d="([^"]*)" class="${look}"`).exec(svg)?.[1] ?? '';
  return d
    .split('M')
    .filter((run) => run !== '')
    .map((run) => {
      const n = run.replace('Z', '').split(' ').map(Number);
      return Array.from({ length: n.length / 2 }, (_, i): [number, number] => [n[2 * i] ?? NaN, n[2 * i + 1] ?? NaN]);
    });
};

test('is whole in every theme and at every size', () => {
  for (const theme of ['light', 'dark', 'auto'] as const) expect(whole(draw(data, { theme }))).toBe(true);
  fc.assert(
    fc.property(
      fc.integer({ min: 200, max: 4000 }),
      fc.integer({ min: 80, max: 2000 }),
      fc.boolean(),
      (width, height, legend) => {
        const svg = draw(data, { width, height, legend });
        const { plot } = pageOf(data, { ...LOOK, width, height, legend });
        return whole(svg) && !svg.includes('NaN') && plot.bottom - plot.top >= 40 && plot.right - plot.left >= 100;
      },
    ),
    { numRuns: 30 },
  );
});

test('whatever a device calls itself is text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (name) => {
      const lines = data.lines.map((line) => ({ ...line, label: name }));
      const gaps = data.gaps.map((gap) => ({ ...gap, text: `no data: ${name}` }));
      const svg = draw({
        ...data,
        title: name,
        subtitle: name,
        note: name,
        events: [{ tMs: data.fromMs, text: name }],
        lines,
        gaps,
        limits: [{ label: name, value: 5e9 }],
      });
      return whole(svg) && !/[\u0000-\u0009\u000b-\u001f\u202a-\u202e\ufffe\uffff]/.test(svg);
    }),
    { numRuns: 60 },
  );
  expect(whole(drawWords('No such graph', `There is no graph "<svg onload='x'>&".`, LOOK, fonts))).toBe(true);
});

describe('the plot', () => {
  const { plot } = pageOf(data, LOOK);
  const to = plotOf(data, plot);
  test('has each line where the browser has it, to a pixel', () => {
    const svg = draw(data);
    for (const line of data.lines) {
      const browser = linePoints(data, line).filter(({ y }) => !Number.isNaN(y));
      const drawn = pointsOf(svg, `l l-${line.role}`).flat();
      expect(drawn.length).toBeGreaterThan(500);
      // Every drawn point is one of the browser's, and the highest is among them.
      const rounded = new Set(browser.map(({ x, y }) => `${to.x(x).toFixed(1)} ${to.y(y).toFixed(1)}`));
      const off = drawn.filter(([x, y]) => !rounded.has(`${x.toFixed(1)} ${y.toFixed(1)}`));
      const near = off.filter(([x, y]) => browser.some((b) => Math.abs(to.x(b.x) - x) < 0.2 && Math.abs(to.y(b.y) - y) < 0.2));
      expect(near.length).toBe(off.length);
    }
  });

  test('leaves a gap open, hatches it and says why', () => {
    const svg = draw(data);
    const [before, after] = pointsOf(svg, 'l l-in');
    const gap = data.gaps[0];
    expect(before?.at(-1)?.[0]).toBeCloseTo(to.x(gap?.fromMs ?? 0), 0);
    expect(after?.[0]?.[0]).toBeCloseTo(to.x(gap?.toMs ?? 0), 0);
    expect(svg).toContain('fill="url(#hatch)"');
    expect(svg).toContain('no answer');
  });

  test('draws lines that are out below zero, with the band of their extremes', () => {
    const svg = draw(data);
    const zero = to.y(0);
    for (const look of ['l l-out', 'e-out', 'f-out']) {
      const ys = pointsOf(svg, look)
        .flat()
        .map(([, y]) => y);
      expect(Math.min(...ys), look).toBeGreaterThanOrEqual(zero - 0.1);
    }
    const highest = Math.min(
      ...pointsOf(svg, 'e-in')
        .flat()
        .map(([, y]) => y),
    );
    expect(highest).toBeCloseTo(to.y(Math.max(...(data.lines[0]?.max.filter((v) => v !== null) ?? []))), 0);
  });

  test('stands stacked lines on each other, without bands', () => {
    const lines = data.lines.map((line) => ({ ...line, below: false }));
    const svg = draw({ ...data, lines, stack: true, y: { ...data.y, min: 0, max: 12e9 } });
    expect(svg).not.toContain('class="e-in"');
    const scaled = plotOf({ ...data, y: { min: 0, max: 12e9, ticks: [] } }, plot);
    const sum = (lines[0]?.mean[0] ?? 0) + (lines[1]?.mean[0] ?? 0);
    expect(pointsOf(svg, 'l l-out')[0]?.[0]?.[1]).toBeCloseTo(scaled.y(sum), 0);
  });

  test('draws limits and 95th lines where they are, and none beyond the axis', () => {
    const svg = draw({
      ...data,
      limits: [
        { label: 'committed', value: 5e9 },
        { label: 'speed', value: 1e12 },
      ],
    });
    expect(svg).toContain('>committed<');
    expect(svg).not.toContain('>speed<');
    expect(svg).toContain('>95th in<');
    expect(svg.match(/class="r p95"/g)).toHaveLength(2);
  });

  test('names 95th lines by what tells their lines apart', () => {
    const named = (...labels: string[]) =>
      draw({ ...data, lines: data.lines.map((line, i) => ({ ...line, label: labels[i] ?? line.label })) }, { legend: false });
    const port = named('edge-rtr1 xe0 in', 'edge-rtr1 xe0 out');
    for (const words of ['>95th in<', '>95th out<']) expect(port).toContain(words);
    const alike = named('a b', 'a b c');
    for (const words of ['>95th b<', '>95th b c<']) expect(alike).toContain(words);
    expect(named('in', 'out')).toContain('>95th in<');
  });

  test('draws 95ths and bands as whoever put it together wants them', () => {
    const svg = draw({ ...data, drawn: { p95: false, band: false, events: true } });
    expect(svg).not.toContain('class="r p95"');
    expect(svg).not.toContain('class="e-in"');
    const three = [...data.lines, ...data.lines.slice(0, 1)];
    expect(draw({ ...data, lines: three })).not.toContain('class="e-in"');
    expect(draw({ ...data, lines: three, drawn: { p95: true, band: true, events: true } })).toContain('class="e-in"');
  });

  test('marks what happened at its moment, with words where there is room', () => {
    const tMs = data.fromMs + (data.toMs - data.fromMs) / 2;
    const svg = draw({
      ...data,
      events: [
        { tMs, text: 'Restarted after 12 d.' },
        { tMs: tMs + 1, text: 'Again.' },
      ],
    });
    const [, x = ''] = /<path d="M([\d.]+) [\d.]+h7l[^"]*" class="event"/.exec(svg) ?? [];
    expect(Number(x) + 3.5).toBeCloseTo(to.x(tMs), 0);
    expect(svg.match(/class="event"/g)).toHaveLength(1);
    const alone = draw({ ...data, events: [{ tMs, text: 'Restarted <b>after</b> 12 d.' }] });
    expect(alone).toContain('>Restarted &lt;b&gt;after');
    expect(draw(data)).not.toContain('class="event"');
    const hidden = draw({ ...data, events: [{ tMs, text: 'Again.' }], drawn: { p95: true, band: null, events: false } });
    expect(hidden).not.toContain('class="event"');
    expect(hidden).not.toContain('Again.');
  });

  test('draws what was before with dashes, without fill and band', () => {
    const before = { ago: 'week', offsetMs: 7 * 86_400_000 };
    const past = data.lines.map((line) => ({ ...line, role: 'past', fill: false, before }));
    const svg = draw({ ...data, lines: past as unknown as GraphData['lines'] });
    expect(svg.match(/class="l l-past" stroke-width="1.5" stroke-dasharray="5 3"/g)).toHaveLength(2);
    expect(svg).not.toContain('class="e-past"');
  });

  test('says so when there is nothing to draw', () => {
    const none = data.lines.map((line) => ({ ...line, mean: line.mean.map(() => null) }));
    expect(draw({ ...data, lines: none, gaps: [] })).toContain('No samples in this range.');
    expect(draw({ ...data, lines: [], gaps: [] })).toContain('There is no series to draw.');
  });
});

describe('the legend', () => {
  test('has the figures of stored data and what share was known', () => {
    const svg = draw(data);
    for (const words of ['Current', 'Average', 'Maximum', '95th', 'Total', 'Known', '96.0 %', 'Gb/s'])
      expect(svg).toContain(`>${words}<`);
    expect(svg).toMatch(/>data from|, data from Sun 15 Mar 11:59</);
  });
  test('gives way to the plot, then loses columns where a picture is narrow', () => {
    expect(draw(data, { height: 100 })).not.toContain('Current');
    const narrow = draw(data, { width: 260, height: 220 });
    expect(narrow).toContain('Current');
    expect(narrow).not.toContain('Known');
  });
  test('tells how many lines it has no room for', () => {
    const lines = Array.from({ length: 100 }, (_, i) => ({ ...data.lines[0]!, label: `line ${i}` }));
    expect(draw({ ...data, lines })).toMatch(/>and \d+ more</);
  });
  test('marks a maximum that is only a bound', () => {
    const lines = data.lines.map((line) => ({ ...line, bound: { maximum: true, minimum: false } }));
    expect(draw({ ...data, lines })).toContain('>≤ ');
  });
});
