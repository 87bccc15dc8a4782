/** Which graphs a dashboard shows just now: its selectors looked up, its repetitions written out. */
import type { DashboardDetail, DashboardGraphView, DashboardView } from '../core/api.ts';
import { boardGraphId, type Dashboard, type LinesGraph, type RepeatGraph } from '../core/dashboard.ts';
import { meansDevice } from '../core/dashboard-select.ts';
import { graphsOf, type GraphSpec } from '../core/graphs.ts';
import type { Device } from '../core/model.ts';
import { visible } from '../core/text.ts';
import { aboutMembers } from './board-graph.ts';
import type { Inventory } from './inventory.ts';
import { byName } from './paging.ts';
import { select, setsOf, type Selection, type Wanted } from './selection.ts';

/** Graphs that repetitions may make in one dashboard. */
export const REPEATED_MAX = 200;

export function dashboardView({ id, title, about, file, own, kept, replaces, graphs, faults }: Dashboard): DashboardView {
  return { id, title, about, file, own, kept, replaces, graphs: graphs.length, faults: faults.map((fault) => ({ ...fault })) };
}

export async function dashboardDetail(inventory: Inventory, board: Dashboard): Promise<DashboardDetail> {
  const wanted = board.graphs.map(wantedOf);
  const others = board.graphs.map((graph): Wanted =>
    'lines' in graph && graph.otherwise ? wantedOf({ ...graph, select: graph.otherwise }) : NOTHING,
  );
  // All at once: one walk through the catalog.
  const found = await select(inventory, [...wanted, ...others]);
  let room = REPEATED_MAX;
  let more = 0;
  const graphs: DashboardGraphView[] = [];
  for (const [i, graph] of board.graphs.entries()) {
    const first = found[i];
    const chosen = first && first.matched > 0 ? first : found[board.graphs.length + i];
    if ('lines' in graph) {
      const matched = chosen?.matched ?? 0;
      graphs.push(linesView(board.id, graph, matched, matched > 0 && chosen !== first));
      continue;
    }
    const specs = graph.repeat === 'device' ? await ofDevices(inventory, graph, room) : ofInstances(graph, first);
    graphs.push(...specs.views.slice(0, room));
    more += specs.matched - Math.min(specs.views.length, room);
    room -= Math.min(specs.views.length, room);
  }
  return { ...dashboardView(board), graphs, more };
}

/** Finds nothing. */
const NOTHING: Wanted = {
  select: { kind: [], site: null, tag: null, device: [], name: null, alias: null, not: null },
  metrics: [],
};

function wantedOf(graph: LinesGraph | RepeatGraph): Wanted {
  if ('lines' in graph) {
    const own = graph.lines.map((line) => line.select);
    const within = own.some((one) => one === null) ? null : own.flatMap((one) => one ?? []);
    return { select: graph.select, metrics: setsOf(graph.lines), within };
  }
  return graph.repeat === 'device' ? NOTHING : { select: graph.select, metrics: null, present: graph.repeat };
}

function linesView(board: string, graph: LinesGraph, matched: number, otherwise: boolean): DashboardGraphView {
  const [metric = ''] = graph.lines.map((line) => line.metric);
  return {
    id: boardGraphId(board, graph.key),
    title: graph.title,
    subtitle: otherwise ? aboutMembers(graph, `${matched} others`, true) : graph.about,
    family: metric.slice(0, metric.indexOf('.')),
    device: '',
    instance: null,
    rank: 'main',
    width: graph.width,
    matched,
  };
}

interface Repeated {
  readonly views: readonly DashboardGraphView[];
  readonly matched: number;
}

function ofInstances(graph: RepeatGraph, selection: Selection | undefined): Repeated {
  const members = selection?.members ?? [];
  const views = members.flatMap(({ device, instance }) => viewOf(graph, device, graphsOf(device, [instance])));
  return { views, matched: views.length + ((selection?.matched ?? 0) - members.length) };
}

async function ofDevices(inventory: Inventory, graph: RepeatGraph, room: number): Promise<Repeated> {
  const stock = [...(await inventory()).values()].filter(({ device }) => meansDevice(graph.select, device));
  stock.sort((a, b) => byName(a.device.name, b.device.name));
  const near = stock.slice(0, room);
  const views = near.flatMap(({ device, instances }) => viewOf(graph, device, graphsOf(device, instances)));
  return { views, matched: views.length + stock.length - near.length };
}

/** The built-in graph, under its own id; the device's name tells it from its neighbours. */
function viewOf(graph: RepeatGraph, device: Device, specs: readonly GraphSpec[]): DashboardGraphView[] {
  const spec = specs.find(({ id }) => id.startsWith(`${graph.graph}~`));
  if (!spec) return [];
  const { id, title, subtitle, family, instance, rank } = spec;
  return [
    {
      id,
      title: `${visible(device.name)} ${title}`,
      subtitle,
      family,
      device: device.id,
      instance,
      rank,
      width: graph.width,
      matched: 1,
    },
  ];
}
