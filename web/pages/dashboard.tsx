import { useState } from 'preact/hooks';
import type { GraphData, GraphGap } from '../../core/graph.ts';
import type { Shared } from '../app.tsx';
import { api } from '../api.ts';
import { href } from '../address.ts';
import { DashboardEdit } from '../dashboard-edit.tsx';
import { Faults } from '../dashboard-faults.tsx';
import { GapLine } from '../graph/gap-line.tsx';
import { commonGap } from '../graph/gaps.ts';
import { GraphGrid } from '../graph/grid.tsx';
import { go, useLive, useNow } from '../live.ts';
import { Age, isMissing, Missing, RangeTools, Switch, Trouble, useTitle } from '../parts.tsx';
import { withMore } from '../route.ts';
import { count } from '../words.ts';

export function DashboardPage({ route, zone }: Shared) {
  const { id } = route;
  const now = useNow(10_000);
  const range = route.range || '24h';
  const shared = route.more['scale'] === 'shared';
  const editing = route.more['edit'] === '1';
  const {
    value: board,
    error,
    reload,
  } = useLive(
    `dashboard ${id}`,
    (signal) => api.dashboard(id, signal),
    () => 15_000,
  );
  const [gap, setGap] = useState<GraphGap>();
  const [newestMs, setNewest] = useState<number | null>(null);
  const learn = (shown: readonly GraphData[]) => {
    setGap(commonGap(shown));
    setNewest(Math.max(...shown.map((data) => data.newestMs ?? 0)) || null);
  };
  // Who wrote a file wants to see what a graph of it looked for; of ours a word is enough.
  const idle = board && !board.own ? board.graphs.filter(({ matched }) => matched === 0) : [];
  const shown = board?.graphs.filter((graph) => !idle.includes(graph)) ?? [];
  useTitle(board?.title ?? 'Dashboard');
  if (isMissing(error)) {
    return (
      <Missing
        what="dashboard"
        why="No file of this name is in the folders of dashboards; it may have been renamed or removed."
        instead="All dashboards"
        to="dashboards"
      />
    );
  }
  return (
    <>
      <p class="crumb">
        <a href={href({ page: 'dashboards' })}>Dashboards</a>
      </p>
      <div class="head">
        <h1>{board?.title ?? '\u00a0'}</h1>
        <span class="sec wrap">{board?.about}</span>
        <div class="end">
          {newestMs !== null && <Age newestMs={newestMs} warnAfterMs={300_000} />}
          {board?.kept && (
            <button
              type="button"
              class="btn"
              aria-pressed={editing}
              onClick={() => go(withMore(route, { edit: editing ? '' : '1' }), true)}
            >
              Edit
            </button>
          )}
        </div>
      </div>
      <div class="tools">
        <RangeTools route={route} range={range} />
        <Switch name="Same scale" checked={shared} onChange={(on) => go(withMore(route, { scale: on ? 'shared' : '' }), true)} />
        <div class="end">
          <GapLine gap={gap} now={now} zone={zone} />
        </div>
      </div>
      <Trouble error={error} />
      {board && <Faults faults={board.faults} />}
      {board?.kept && editing && <DashboardEdit board={board} reload={reload} />}
      {board?.kept && board.graphs.length === 0 && (
        <div class="empty">
          <p>This dashboard has no graphs yet.</p>
          <a class="btn" href={href({ page: 'explore' })}>
            Put one together in the explorer
          </a>
        </div>
      )}
      <h2 class="vh">Graphs</h2>
      {board && <GraphGrid graphs={shown} range={range} intervalMs={60_000} shared={shared} onData={learn} />}
      {idle.length > 0 && <p class="s mut more">Nothing is measured yet for: {idle.map(({ title }) => title).join(', ')}.</p>}
      {board && board.more > 0 && (
        <p class="mut more">And {count(board.more, 'graph')} more: narrow what the file selects to see them.</p>
      )}
    </>
  );
}
