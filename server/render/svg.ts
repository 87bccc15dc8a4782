/** A graph as SVG text: the same marks on the same pixels as in the browser, with its legend. */
import { futureOver, futureUnder } from '../../core/future-shapes.ts';
import { titleAlone, type GraphData } from '../../core/graph.ts';
import { fitting } from '../../core/graph-geometry.ts';
import { crisp, plotOf, shortened, type Plot } from '../../core/graph-layout.ts';
import { moment } from '../../core/moments.ts';
import { levelTicks, valueTicks } from '../../core/ticks.ts';
import { formatDuration } from '../../core/units.ts';
import type { Fonts } from './fonts.ts';
import type { Look } from './look.ts';
import { futureTable, shapesOf } from './future.ts';
import { escaped, pathOf, px, rectAt, textAt } from './markup.ts';
import { fieldsUnder, linesOf, overlays } from './marks.ts';
import { pageOf, type Page } from './page.ts';
import { styleOf } from './style.ts';
import { tableOf } from './table.ts';

const DAY_MS = 86_400_000;
/** Height that a step of the value axis needs. */
const STEP_PX = 22;

export function drawSvg(given: GraphData, look: Look, fonts: Fonts): string {
  const told = given.habit ? { ...given, note: [given.note, given.habit].filter((text) => text !== '').join(' ') } : given;
  const page = pageOf(told, look);
  const data = underHeight(told, page.plot.bottom - page.plot.top);
  const plot = plotOf(data, page.plot);
  const known = data.lines.some((line) => line.mean.some((v) => v !== null));
  const body = [
    titleOf(data, look, page, fonts),
    grid(data, plot, page, fonts),
    known ? fieldsUnder(data, plot) + shapesOf(futureUnder(data, plot)) + linesOf(data, plot, page.large) : '',
    known ? overlays(data, plot, page, fonts) : nothing(data, plot, fonts),
    known
      ? shapesOf(futureOver(data, plot, page.large ? 'large' : 'small', (text, weight) => fonts.measure(text, 11, weight)))
      : '',
    data.future ? futureTable(data, look.width, page, fonts) : tableOf(data, look.width, page, fonts),
    footOf(data, look, page, fonts),
  ];
  return frame(look, subtitled(data), body.join(''), data.future !== undefined);
}

/** The picture around its parts; its ground is opaque, so that it reads on any page. */
export function frame({ width, height, theme }: Look, title: string, body: string, future = false): string {
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">` +
    `<title>${escaped(title)}</title>${styleOf(theme, future)}` +
    `<rect width="${width}" height="${height}" class="bg"/>${body}</svg>\n`
  );
}

const subtitled = (data: GraphData): string => [titleAlone(data), data.subtitle].filter((text) => text !== '').join(', ');

/** A value axis with no more steps than have room. */
function underHeight(data: GraphData, height: number): GraphData {
  const { min, max, ticks } = data.y;
  const steps = Math.max(2, Math.floor(height / STEP_PX));
  if (ticks.length - 1 <= steps) return data;
  // One step fewer at a time: each side of a mirror is rounded up to a whole step of its own.
  for (let target = steps; target > 1; target--) {
    const y = data.future ? levelTicks(min, max, data.unit, target) : valueTicks(max, -min, data.unit, target);
    if (y.ticks.length - 1 <= steps) return { ...data, y };
  }
  return data;
}

function titleOf(data: GraphData, { width }: Look, { titleY, margin }: Page, fonts: Fonts): string {
  if (titleY === null) return '';
  const room = width - 2 * margin;
  const { subtitle } = data;
  const shown = shortened(titleAlone(data), room, (text) => fonts.measure(text, 13, 600));
  const used = fonts.measure(shown, 13, 600) + 10;
  const parts = [textAt(margin, titleY, shown, { look: 't i1' })];
  if (subtitle !== '' && room - used > 40) {
    const rest = shortened(subtitle, room - used, (text) => fonts.measure(text, 12, 400));
    parts.push(textAt(margin + used, titleY, rest, { look: 's i2' }));
  }
  return parts.join('');
}

/** Hairlines and both axes' labels; every tick was chosen before. */
function grid(data: GraphData, plot: Plot, { large }: Page, fonts: Fonts): string {
  const { left, right, top, bottom } = plot;
  let [lines, zero, ticks] = ['', '', ''];
  const labels: string[] = [];
  for (const { value, label } of data.y.ticks) {
    const y = crisp(plot.y(value));
    const rule = `M${px(left)} ${px(y)}H${px(right)}`;
    if (value === 0) zero += rule;
    else lines += rule;
    labels.push(textAt(left - 7, y - 0.5, label, { anchor: 'end' }));
  }
  const placed = data.x.ticks.map((tick) => ({
    ...tick,
    at: plot.x(tick.tMs),
    width: fonts.measure(tick.label, 11, tick.major ? 500 : 400),
  }));
  const shown = fitting(placed, left - 24, right + 8);
  placed.forEach(({ at, label, major }, i) => {
    const x = px(crisp(at));
    ticks += `M${x} ${px(bottom)}v4`;
    if (major && large) lines += `M${x} ${px(top)}V${px(bottom)}`;
    if (shown[i]) labels.push(textAt(at, bottom + 12, label, { anchor: 'middle', look: major ? 'm i2' : '' }));
  });
  return pathOf(lines, 'r grid') + pathOf(zero + ticks, 'r axis') + labels.join('');
}

/** Words in place of lines, where nothing is known. */
function nothing(data: GraphData, plot: Plot, fonts: Fonts): string {
  const { oldestMs, toMs, zone } = data;
  const first = oldestMs !== null && oldestMs >= toMs ? ` The first is from ${moment(oldestMs, zone)}.` : '';
  const words = data.lines.length === 0 ? 'There is no series to draw.' : `No samples in this range.${first}`;
  const shown = shortened(words, plot.right - plot.left - 8, (text) => fonts.measure(text, 12, 400));
  return textAt((plot.left + plot.right) / 2, (plot.top + plot.bottom) / 2, shown, { anchor: 'middle', look: 's i1 h' });
}

/** The range at the left, of when the data is at the right; the note above. */
function footOf(data: GraphData, { width }: Look, { noteY, footY, margin, large }: Page, fonts: Fonts): string {
  const { fromMs, toMs, stepMs, zone, newestMs, note } = data;
  const measure = (text: string) => fonts.measure(text, 11, 400);
  const parts: string[] = [];
  if (noteY !== null) parts.push(textAt(margin, noteY, shortened(note, width - 2 * margin, measure), { look: 'i2' }));
  if (footY === null) return parts.join('');
  const fine = toMs - fromMs < 900_000 ? 1_000 : toMs - fromMs > 200 * DAY_MS ? DAY_MS : 60_000;
  // Where room is short the days' names go.
  const words = (ms: number, stepMs: number) => moment(ms, zone, stepMs).slice(large ? 0 : 4);
  const range = `${words(fromMs, fine)} to ${words(toMs, fine)}, ${zone}`;
  const age = newestMs === null ? 'no data yet' : newestMs > toMs ? '' : `data from ${words(newestMs, Math.min(fine, 60_000))}`;
  const averages = `${formatDuration(stepMs)} averages`;
  const room = width - 2 * margin - measure(range) - 12;
  const choices = [large && age !== '' ? `${averages}, ${age}` : '', age, averages];
  const right = choices.find((choice) => choice !== '' && measure(choice) <= room);
  parts.push(textAt(margin, footY, shortened(range, width - 2 * margin, measure)));
  if (right !== undefined) parts.push(textAt(width - margin, footY, right, { anchor: 'end' }));
  return parts.join('');
}

/** A picture that says in words why it shows no graph. */
export function drawWords(title: string, sentence: string, look: Look, fonts: Fonts): string {
  const { width, height } = look;
  const margin = Math.min(24, width / 12);
  const rows = wrapped(sentence, width - 2 * margin, (text) => fonts.measure(text, 12, 400)).slice(
    0,
    Math.max(1, Math.floor((height - 44) / 17)),
  );
  const top = Math.max(18, height / 2 - (rows.length * 17 + 22) / 2 + 8);
  const parts = [textAt(margin, top, title, { look: 't bad' })];
  rows.forEach((row, i) => parts.push(textAt(margin, top + 22 + 17 * i, row, { look: 's i1' })));
  return frame(look, `${title}: ${sentence}`, rectAt(0, 0, 3, height, 'bad') + parts.join(''));
}

function wrapped(text: string, width: number, measure: (text: string) => number): string[] {
  const rows: string[] = [];
  let row = '';
  for (const word of text.split(/\s+/).slice(0, 100)) {
    const longer = row === '' ? word : `${row} ${word}`;
    if (row !== '' && measure(longer) > width) {
      rows.push(row);
      row = shortened(word, width, measure);
    } else row = row === '' ? shortened(word, width, measure) : longer;
  }
  return row === '' ? rows : [...rows, row];
}
