/** A graph of a dashboard, filled with data: what its selector finds just now. */
import { partialOf } from '../core/aggregate.ts';
import type { BoardLine, Dashboard, LinesGraph } from '../core/dashboard.ts';
import { describe, type Selector } from '../core/dashboard-select.ts';
import type { GraphData, Role } from '../core/graph.ts';
import { ROLES } from '../core/graphs.ts';
import { fieldWords, METRIC_UNITS } from '../core/metrics.ts';
import { TIERS, TIER_STEP_MS, seriesKey, type Device, type Tier, type Unit } from '../core/model.ts';
import { planQuery } from '../core/query.ts';
import { nearest, visible } from '../core/text.ts';
import { formatCapacity } from '../core/units.ts';
import { combinedLine, combineStepMs, eachLines, NOUNS, type DrawnLines, type Frame, type WantedLine } from './board-lines.ts';
import { eventsOf } from './graph-events.ts';
import { gapsOf } from './graph-gaps.ts';
import { keptMs, words, type GraphDeps, type GraphRequest } from './graph-read.ts';
import { shapeGraph, type FilledLine, type Shape } from './graph-shape.ts';
import { lifetimesOf } from './lifetimes.ts';
import { MEMBERS_MAX, select, setsOf, type Meant, type Selection } from './selection.ts';

/** Values read for one line at most, members × records or bins: a coarser tier is taken beyond it. */
const VALUES_MAX = 600_000;
const DEVICES_MAX = 500;
const DEFAULT_INTERVAL_MS = 60_000;

/** What the file says of a graph of lines; null when there is no such dashboard or graph. */
export async function linesGraph({ dashboards }: GraphDeps, { board, key }: BoardGraphName): Promise<LinesGraph | null> {
  const boards: readonly Dashboard[] = (await dashboards?.list()) ?? [];
  const graph = boards.find((one) => one.id === board)?.graphs.find((one) => one.key === key);
  return graph && 'lines' in graph ? graph : null;
}
export interface BoardGraphName {
  readonly board: string;
  readonly key: string;
}

export interface Chosen extends Selection {
  /** Members of each line, in the order of the lines. */
  readonly ofLine: readonly (readonly Meant[])[];
  /** `select` found nothing, so `otherwise` was taken. */
  readonly otherwise: boolean;
}

/** What a graph is about just now. */
export async function membersOf(deps: GraphDeps, graph: LinesGraph): Promise<Chosen> {
  const found = await find(deps, graph, graph.select);
  if (found.matched > 0 || graph.otherwise === null) return { ...found, otherwise: false };
  return { ...(await find(deps, graph, graph.otherwise)), otherwise: true };
}

async function find({ inventory }: GraphDeps, { lines }: LinesGraph, selector: Selector): Promise<Omit<Chosen, 'otherwise'>> {
  const sets = setsOf(lines);
  if (lines.every(({ select: own }) => own === null)) {
    const [all = NOBODY] = await select(inventory, [{ select: selector, metrics: sets }]);
    return { ...all, ofLine: lines.map(() => all.members) };
  }
  const each = await select(
    inventory,
    lines.map(({ select: within }, i) => ({ select: selector, within, metrics: [sets[i] ?? []] })),
  );
  const members = [...new Map(each.flatMap((one) => one.members).map((member) => [member.instance.id, member])).values()];
  return {
    members,
    matched: Math.max(members.length, ...each.map(({ matched }) => matched)),
    devices: new Set(members.map(({ device }) => device.id)).size,
    ofLine: each.map((one) => one.members),
  };
}
const NOBODY: Selection = { members: [], matched: 0, devices: 0 };

/** A graph over whatever its selectors find just now. */
export async function drawBoard(deps: GraphDeps, id: string, graph: LinesGraph, request: GraphRequest): Promise<GraphData> {
  const { history, catalog, zone } = deps;
  const { fromMs, toMs, width } = request;
  const nowMs = deps.nowMs();
  const endMs = Math.min(toMs, nowMs);
  const chosen = await membersOf(deps, graph);
  const unit = unitOf(graph.lines[0], chosen.members);
  const bare = graph.lines.map((spec, i) => {
    const members = measured(spec, unit, nameMembers(chosen.ofLine[i] ?? []));
    return { spec, label: labelOf(spec, graph.lines, members), members };
  });
  const all = bare.flatMap(({ members }) => members);
  const intervalMs = all.reduce((most, { device }) => Math.max(most, device.intervalMs), 0) || DEFAULT_INTERVAL_MS;
  const most = bare.reduce((line, next) => (next.members.length > line.length ? next.members : line), [] as readonly Meant[]);
  const finest = finestTier(deps, most, fromMs, endMs);
  const tiers = history.tiers().filter(({ tier }) => TIERS.indexOf(tier) >= TIERS.indexOf(finest));
  const plan = planQuery({ fromMs, toMs, points: width * 2, nowMs, intervalMs, tiers });
  const startMs = Math.floor(fromMs / plan.stepMs) * plan.stepMs;
  const lifetimes = await lifetimesOf(
    history,
    all.map(({ source }) => source.series),
    startMs,
  );
  let at = 0;
  const lines = bare.map((line): WantedLine => ({
    ...line,
    members: line.members.map((member) => ({ ...member, lifetime: lifetimes.of[at++] ?? { before: false, latest: null } })),
  }));
  const statsFromMs = Math.max(fromMs, lifetimes.oldestMs ?? fromMs);
  const frame: Frame = { fromMs, endMs, nowMs, statsFromMs, plan, finest, intervalMs };
  const drawn = await drawLines(deps, frame, lines, graph);
  const devices = [...new Map(all.map(({ device }) => [device.id, device])).values()];
  const read = Math.max(combineStepMs(finest, intervalMs), combineStepMs(plan.tier, intervalMs));
  return shapeGraph({
    id,
    title: graph.title,
    subtitle: subtitleOf(graph, chosen, devices, drawn),
    unit,
    fromMs,
    toMs,
    stepMs: plan.stepMs,
    tier: plan.tier,
    zone,
    lines: drawn.lines,
    gaps: await gapsOf(catalog, {
      lines: drawn.lines.map(({ each }) => each),
      device: devices.length === 1 ? (devices[0]?.id ?? null) : null,
      instances: new Set(all.map(({ instance }) => instance.id)),
      fromMs: statsFromMs,
      endMs,
      stepMs: plan.stepMs,
      intervalMs: drawn.combined.length > 0 ? read : intervalMs,
    }),
    partial: partialOf(drawn.combined, statsFromMs, endMs),
    ...(await eventsOf(catalog, {
      devices: new Map(devices.map(({ id: of, name }) => [of, name])),
      instances: new Set(all.map(({ instance }) => instance.id)),
      ...{ fromMs: statsFromMs, endMs, stepMs: plan.stepMs },
    })),
    stack: graph.stack,
    devices: devices.slice(0, DEVICES_MAX).map((device) => device.id),
    note: await noteOf(deps, graph, chosen, all.length),
    ...limitOf(graph, unit, lines[0]),
    drawn: { p95: graph.p95, band: graph.band, events: graph.events },
    newestMs: lifetimes.newestMs,
    oldestMs: lifetimes.oldestMs,
    about: aboutOf(frame, lines, drawn),
    width,
  });
}

async function drawLines(deps: GraphDeps, frame: Frame, lines: readonly WantedLine[], graph: LinesGraph): Promise<DrawnLines> {
  const some = lines.filter(({ members }) => members.length > 0);
  // One series combined with nothing is that series, exactly.
  const alone = (line: WantedLine) => line.members.length === 1;
  // A line that was chosen for one series has its place and colour among those of many.
  const single = (line: WantedLine) => line.spec.select !== null && alone(line);
  const parted = some.filter((line) => line.spec.aggregate === 'each' && !single(line));
  const together = some.filter((line) => !parted.includes(line));
  const roles = rolesOf(together, parted.length > 0);
  const perSide = (mirror: boolean) => together.filter(({ spec }) => spec.mirror === mirror).length;
  const out: DrawnLines = parted.length > 0 ? await eachLines(deps, frame, parted, graph) : { lines: [], combined: [], rest: 0 };
  for (const [i, line] of together.entries()) {
    const { aggregate, mirror } = line.spec;
    const role = roles[i] ?? 's1';
    const fill = graph.stack || (perSide(mirror) === 1 && parted.length === 0);
    const more =
      alone(line) || aggregate === 'each'
        ? await eachLines(deps, frame, [line], graph)
        : await combinedLine(deps, frame, line, aggregate, role, fill);
    out.lines.push(...more.lines.map((one) => ({ ...one, label: line.label, role, fill })));
    out.combined.push(...more.combined);
  }
  return { ...out, lines: distinct(out.lines) };
}

/** Two lines may be of the same metric of many: each keeps a name of its own. */
function distinct(lines: readonly FilledLine[]): FilledLine[] {
  const taken = new Set<string>();
  return lines.map((line) => {
    let series = line.series;
    for (let n = 2; taken.has(series); n++) series = `${line.series} #${n}`;
    taken.add(series);
    return series === line.series ? line : { ...line, series };
  });
}

/** In green and out blue where a graph has just these two; else in the order of the colours. */
function rolesOf(lines: readonly WantedLine[], others: boolean): Role[] {
  const [first, second, more] = lines;
  if (!others && first && second && !more && !first.spec.mirror && second.spec.mirror) return ['in', 'out'];
  const mirrored = ({ spec }: WantedLine) => spec.mirror;
  return lines.map((line, i) => {
    // Of lines that were chosen one by one, the first above and the first below belong together, and so on.
    const before = line.spec.select === null ? i : lines.slice(0, i).filter((l) => mirrored(l) === mirrored(line)).length;
    return ROLES[(before + (others ? 1 : 0)) % ROLES.length] ?? 's1';
  });
}

function unitOf(line: BoardLine | undefined, members: readonly Meant[]): Unit {
  if (!line) return '1';
  if (line.per !== null) return 'ratio';
  const found = members.flatMap(({ instance }) => instance.metrics.filter(({ name }) => name === line.metric))[0];
  return found?.unit ?? METRIC_UNITS.get(line.metric) ?? '1';
}

interface Named extends Meant {
  readonly name: string;
}
/** As short as can be told apart: the device alone where each has one, the instance alone within one device. */
/** With their device, also where it is the only one: on a dashboard nothing else names it. */
function nameMembers(members: readonly Meant[]): Named[] {
  return members.map(({ device, instance }) => {
    const single = instance.key === instance.kind;
    return { device, instance, name: visible(single ? device.name : `${device.name} ${instance.name}`) };
  });
}

/** Those that have the metric in the graph's unit; a share needs both in one unit. */
function measured({ metric, per }: BoardLine, unit: Unit, members: readonly Named[]) {
  return members.flatMap((member) => {
    const { device, instance } = member;
    const own = instance.metrics.find(({ name }) => name === metric);
    const by = per === null ? null : instance.metrics.find(({ name }) => name === per);
    if (!own || by === undefined || (by === null ? own.unit : by.unit === own.unit ? 'ratio' : null) !== unit) return [];
    const source = {
      series: seriesKey(device.id, instance.id, metric),
      per: per === null ? undefined : seriesKey(device.id, instance.id, per),
    };
    return [{ ...member, source }];
  });
}

function labelOf(
  { label, metric, aggregate, select: own }: BoardLine,
  lines: readonly BoardLine[],
  members: readonly Named[],
): string {
  if (label !== '') return label;
  const field = metric.slice(metric.indexOf('.') + 1).replaceAll('_', ' ');
  const [only] = members;
  if (own !== null && only && members.length === 1) {
    const alike = lines.every((line) => line.metric === metric);
    return alike ? only.name : `${only.name} ${fieldWords(metric)}`;
  }
  const same = lines.filter((line) => line.metric === metric).length > 1;
  return same && aggregate !== 'each' ? `${field} ${NOUNS[aggregate]}` : field;
}

function finestTier(deps: GraphDeps, members: readonly Meant[], fromMs: number, endMs: number): Tier {
  const specs = deps.history.tiers();
  const spanMs = Math.max(0, endMs - fromMs);
  const values = (tier: Tier) =>
    members.reduce((sum, { device }) => sum + spanMs / (tier === 'raw' ? device.intervalMs : TIER_STEP_MS[tier]), 0);
  return TIERS.find((tier) => fromMs >= deps.nowMs() - keptMs(specs, tier) && values(tier) <= VALUES_MAX) ?? '1d';
}

const PLURALS: Readonly<Record<string, string>> = { interface: 'interfaces', disk: 'filesystems', cpu: 'processors' };

function subtitleOf(graph: LinesGraph, { matched, otherwise }: Chosen, devices: readonly Device[], { rest }: DrawnLines): string {
  if (matched === 0) return '';
  const kinds = new Set(graph.lines.map(({ metric }) => metric.slice(0, metric.indexOf('.'))));
  const [kind = ''] = kinds;
  const plural = kinds.size === 1 ? PLURALS[kind] : undefined;
  const things = matched === 1 ? '' : plural ? `${matched} ${plural}` : devices.length > 1 ? `${devices.length} devices` : '';
  const shown = rest > 0 ? `the greatest ${Math.min(matched, MEMBERS_MAX) - rest} of ${things || matched}` : things;
  return aboutMembers(graph, shown, otherwise);
}

/** What a graph says of itself, and what it shows; who sees something else than was meant must know. */
export function aboutMembers({ about }: LinesGraph, shown: string, otherwise: boolean): string {
  if (otherwise) return `${about || 'what was looked for'}: none, so ${shown || 'one'} ${shown === '' ? 'stands' : 'stand'} in`;
  return [about, shown].filter((part) => part !== '').join(', ');
}

async function noteOf({ inventory }: GraphDeps, graph: LinesGraph, { matched }: Chosen, drawn: number): Promise<string> {
  if (matched > MEMBERS_MAX) return `The selector finds ${matched}; the first ${MEMBERS_MAX} by name are counted in.`;
  const metrics = [...new Set(setsOf(graph.lines).flat())].join(' and ');
  if (matched > 0 && drawn === 0) return `What was found has ${metrics}, but not in one unit.`;
  if (matched > 0) return '';
  const where = describe(graph.select);
  const devices = (await inventory()).size;
  const known = [...METRIC_UNITS.keys()];
  const strange = graph.lines.find(({ metric }) => !METRIC_UNITS.has(metric));
  const near = strange ? nearest(strange.metric, known) : null;
  const meant = strange && near ? ` ${strange.metric} is none of Saguaro's own; did you mean ${near}?` : '';
  return visible(
    `Nothing to draw yet: it looks for ${metrics}${where === '' ? '' : ` where ${where}`}, and none of ${devices === 1 ? 'the one device' : `${devices} devices`} has that.${meant}`,
  );
}

/** A figure for all members together is only true when each of them has one. */
function limitOf(graph: LinesGraph, unit: Unit, line: WantedLine | undefined): Pick<Shape, 'limits' | 'limitShown'> {
  const own = graph.thresholds.map(({ label, value }) => ({ label: label || formatCapacity(value, unit), value }));
  const { limits, limitShown } = ofAll(graph, unit, line);
  return { limits: [...limits, ...own], limitShown: own.length > 0 ? 'always' : limitShown };
}

function ofAll({ limit }: LinesGraph, unit: Unit, line: WantedLine | undefined): Pick<Shape, 'limits' | 'limitShown'> {
  if (limit === null || !line) return { limits: [], limitShown: 'near' };
  if (limit !== 'capacity') return { limits: [{ label: formatCapacity(limit, unit), value: limit }], limitShown: 'always' };
  const there = line.members.filter(({ instance }) => instance.vanishedMs === null);
  const total = there.reduce((sum, { instance }) => sum + (instance.capacity ?? NaN), 0);
  if (!(total > 0)) return { limits: [], limitShown: 'near' };
  return { limits: [{ label: `capacity ${formatCapacity(total, unit)}`, value: total }], limitShown: 'near' };
}

function aboutOf({ plan, finest, intervalMs }: Frame, lines: readonly WantedLine[], { lines: drawn }: DrawnLines): string {
  const how = [
    ...new Set(
      lines.flatMap(({ spec, members }) => (spec.aggregate === 'each' || members.length < 2 ? [] : [NOUNS[spec.aggregate]])),
    ),
  ];
  const from = `readings taken every ${words(intervalMs)}${how.length > 0 ? ' or more often' : ''}`;
  if (how.length === 0) return `${words(plan.stepMs)} averages of ${from}; the band is the lowest and highest reading.`;
  const fine = words(combineStepMs(finest, intervalMs));
  const bound = drawn.some((line) => line.bound.maximum)
    ? ` Where ≤ stands, the highest readings are taken together as if they had been at one moment: no ${how.join(' or ')} was above.`
    : '';
  return `${words(plan.stepMs)} averages of the ${how.join(' and the ')} at each time, from ${from}; the band is the lowest and highest of ${fine}.${bound}`;
}
