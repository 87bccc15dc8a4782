import type { Shared } from '../app.tsx';
import { api } from '../api.ts';
import { href } from '../address.ts';
import { Faults } from '../dashboard-faults.tsx';
import { useLive } from '../live.ts';
import { Trouble, useTitle } from '../parts.tsx';
import { count } from '../words.ts';

export function DashboardsPage(_shared: Shared) {
  useTitle('Dashboards');
  const { value, error } = useLive('dashboards', api.dashboards, () => 15_000);
  return (
    <>
      <div class="head">
        <h1>Dashboards</h1>
        <div class="end">
          <a href={href({ page: 'review' })}>Trend review</a>
        </div>
      </div>
      <Trouble error={error} />
      {value && (
        <ul class="boards">
          {value.map((board) => (
            <li key={board.id}>
              <h2>
                {board.graphs > 0 || board.kept ? (
                  <a href={href({ page: 'dashboard', id: board.id })}>{board.title}</a>
                ) : (
                  board.title
                )}
              </h2>
              <p>{board.about}</p>
              <p class="s mut">
                {count(board.graphs, 'graph')}, {board.kept ? 'made here' : <span class="mono">{board.file}</span>}
              </p>
              <Faults faults={board.faults} />
            </li>
          ))}
        </ul>
      )}
      <p class="s sec more">
        Put graphs together in the <a href={href({ page: 'explore' })}>explorer</a> and save them here. Or write a file: copy one
        into a folder of your own, name that folder as <span class="mono">dashboards</span> in the configuration, and change it;
        what you save is here with the next look.
      </p>
    </>
  );
}
