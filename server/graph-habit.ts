/** What is usual at each hour of a graph, behind its lines, and in words what it is now. */
import type { GraphData, GraphLine } from '../core/graph.ts';
import { usualWords } from '../core/habit-words.ts';
import { valueTicks } from '../core/ticks.ts';
import { formatDuration } from '../core/units.ts';
import type { Habits } from './habits.ts';

/** Wider slots hold hours of which each has a habit of its own. */
const STEP_MAX_MS = 2 * 3_600_000;
/** More bands than these hide each other. */
const LINES_MAX = 2;
const TWO_WEEKS_MS = 14 * 86_400_000;
const DAY_MS = 86_400_000;

/**
 * The graph with the bands that are usual at the hours of its weekdays, as learnt by now; lines with a band have no fill. Where
 * there are none, a sentence says why.
 */
export function withHabit(graph: GraphData, habits: Habits): GraphData {
  const lines = graph.lines.filter(({ before }) => before === undefined);
  const why =
    graph.stack || lines.length > LINES_MAX || lines.length < graph.lines.length
      ? `What is usual is shown with one or two lines, not stacked and not compared.`
      : graph.stepMs > STEP_MAX_MS
        ? `What is usual is shown up to a range of ${formatDuration(TWO_WEEKS_MS)} or so: here a point is ${formatDuration(graph.stepMs)}.`
        : null;
  if (why !== null) return { ...graph, habit: why };
  const told = graph.lines.map((line) => lineWith(graph, line, habits));
  const shown = told.map(({ line }) => line);
  return { ...graph, lines: shown, y: reaching(graph, shown), habit: told.map(({ says }) => says).join(' ') };
}

/** The scale, as far as what is usual reaches: a line far below it is the more worth a look. */
function reaching({ y, unit }: GraphData, lines: readonly GraphLine[]): GraphData['y'] {
  const top = (below: boolean) =>
    lines.reduce((all, line) => (line.below === below ? Math.max(all, ...(line.habit?.high ?? []).map((v) => v ?? 0)) : all), 0);
  const [up, down] = [top(false), top(true)];
  if (up <= y.max && down <= -y.min) return y;
  const wider = valueTicks(Math.max(up, y.max), Math.max(down, -y.min), unit, y.ticks.length > 5 ? 7 : 4);
  return { min: wider.min, max: wider.max, ticks: wider.ticks };
}

function lineWith(graph: GraphData, line: GraphLine, habits: Habits): { readonly line: GraphLine; readonly says: string } {
  const known = line.members === 1 ? habits.of(line.series) : null;
  const name = line.label.charAt(0).toUpperCase() + line.label.slice(1);
  if (!known) return { line, says: `${name}: its habit is not followed.` };
  if (known.learning) {
    const days = (ms: number) => Math.floor(ms / DAY_MS);
    return { line, says: `${name}: still learning, needs ${days(known.needsMs)} days, has ${days(known.knownMs)}.` };
  }
  const bands = graph.tMs.map((tMs) => known.band(tMs + graph.stepMs / 2));
  const habit = { low: bands.map((band) => band?.lower ?? null), high: bands.map((band) => band?.upper ?? null) };
  const { lastMs, last } = known;
  if (lastMs === null || last === null) return { line: { ...line, fill: false, habit }, says: '' };
  const now = known.band(lastMs);
  const words = usualWords(lastMs, known.zone, now && { ...now, middle: (now.lower + now.upper) / 2 }, last, graph.unit);
  return { line: { ...line, fill: false, habit }, says: `${name}: ${words}.` };
}
