/** The explorer: what to draw on the left, the graph on the right, all of it in the address. */
import { useEffect, useState } from 'preact/hooks';
import { parseBoardGraphId } from '../../core/dashboard.ts';
import { isExploreId } from '../../core/explore.ts';
import { slotMiddle } from '../../core/graph-geometry.ts';
import type { GraphData } from '../../core/graph.ts';
import type { Shared } from '../app.tsx';
import { api, isFinal } from '../api.ts';
import { href } from '../address.ts';
import { Lines } from '../explore/lines.tsx';
import { Options } from '../explore/options.tsx';
import { SavePanel } from '../explore/save.tsx';
import { change, idOf, specOf } from '../explore/state.ts';
import { ExploreTree } from '../explore/tree.tsx';
import { YamlPanel } from '../explore/yaml.tsx';
import { Legend, TableTwin } from '../graph/legend.tsx';
import { zoomed } from '../graph/moves.ts';
import { isEmpty, Nothing } from '../graph/nothing.tsx';
import { Plot } from '../graph/plot.tsx';
import { cursorSlot } from '../graph/points.ts';
import { EventLine } from '../graph/event-line.tsx';
import { useGraph, useSeen } from '../graph/use-graph.ts';
import { go, useLive } from '../live.ts';
import { Age, NothingPolled, RangeTools, Trouble, useTitle } from '../parts.tsx';
import { withMore, type Route } from '../route.ts';
import '../styles/explore.css';

const RANGE = '24h';

export function ExplorePage({ route, devices, devicesError }: Shared) {
  const { spec, error: broken } = specOf(route);
  const of = route.more['of'] ?? '';
  const opened = useOpened(route, of);
  const empty = spec.lines.length === 0;
  const range = route.range || RANGE;
  const [ref, width] = useSeen<HTMLDivElement>();
  const { value: read, error, pending } = useGraph(idOf(route), range, empty ? 0 : width, 60_000);
  const data = empty || isFinal(error) ? null : read;
  const { value: explored, error: unknown } = useLive(
    empty ? null : `explored ${idOf(route)}`,
    (signal) => api.explored(idOf(route), signal),
    () => null,
  );
  const [cursorMs, setCursor] = useState<number | null>(null);
  const slot = cursorSlot(data, cursorMs);
  const few = (data?.lines.filter(({ before }) => !before || spec.difference).length ?? spec.lines.length) <= 2;
  const shows = (name: string) => route.more[name] === '1';
  useTitle(spec.title || 'Explorer');
  if (devices?.length === 0) return <NothingPolled title="Explorer" />;
  const set = (next: typeof spec) => change(route, next);
  return (
    <>
      <div class="head">
        <h1>Explorer</h1>
        <span class="sec wrap">{data?.subtitle ?? '\u00a0'}</span>
        <div class="end">{data ? <Age newestMs={data.newestMs} warnAfterMs={300_000} /> : '\u00a0'}</div>
      </div>
      <Trouble error={devicesError ?? opened} />
      {broken !== null && (
        <div class="note error" role="alert">
          {broken}
        </div>
      )}
      <div class={`beside explore ${empty ? 'bare' : ''}`}>
        {devices ? <ExploreTree route={route} spec={spec} devices={devices} onChange={set} /> : <div />}
        <div ref={ref}>
          {empty ? (
            <Begin />
          ) : (
            <div class="tools">
              <RangeTools route={route} range={range} />
            </div>
          )}
          <div class={`busy ${pending && data ? 'on' : ''}`} />
          <Trouble error={empty ? null : (error ?? unknown)} />
          {data && !isEmpty(data) ? (
            <Plot
              data={data}
              size="large"
              envelope={spec.band ?? few}
              p95={spec.p95 && few && !spec.difference}
              events={spec.events}
              slot={slot}
              onSlot={(at) => setCursor(at === null ? null : slotMiddle(data, at))}
              onZoom={(from, to) => go({ ...route, range: zoomed(data, from, to) })}
            />
          ) : (
            !empty && <div class="plot large">{data && <Nothing data={data} />}</div>
          )}
          {data && spec.events && <EventLine data={data} slot={slot} />}
          {!empty && (
            <>
              <Options spec={spec} data={data} few={few} onChange={set} />
              <Lines spec={spec} names={explored?.lines ?? []} within={explored?.within ?? ''} onChange={set} />
              <Actions route={route} range={range} title={spec.title} data={data} onTitle={(title) => set({ ...spec, title })} />
              {shows('save') && <SavePanel route={route} id={idOf(route)} title={spec.title} />}
              {shows('yaml') && <YamlPanel id={idOf(route)} />}
              {data && !isEmpty(data) && <Legend data={data} slot={slot} />}
              {data && !isEmpty(data) && shows('table') && <TableTwin data={data} />}
              {data && <p class="s mut about">{data.about}</p>}
            </>
          )}
        </div>
      </div>
    </>
  );
}

/** Another graph that was opened here takes its place in the address; why not, if it cannot. */
function useOpened(route: Route, of: string): unknown {
  const { value, error } = useLive(
    of === '' ? null : `opened ${of}`,
    (signal) => api.explored(of, signal),
    () => null,
  );
  useEffect(() => {
    if (of !== '' && value && isExploreId(value.id))
      go(withMore(route, { of: '', g: value.id.slice('explore~'.length), saved: parseBoardGraphId(of) ? of : '' }), true);
  }, [value, of]);
  return of === '' ? null : error;
}

function Begin() {
  return (
    <div class="empty begin">
      <p>
        <b>Nothing is chosen yet.</b>
      </p>
      <p>
        Open a place, then a device, and press what you want to see of it: <b>Traffic</b>, <b>CPU</b>, <b>Storage</b>. What is
        pressed at a place is drawn of everything there together. Or search for a port by its description.
      </p>
    </div>
  );
}

interface ActionsProps {
  readonly route: Route;
  readonly range: string;
  readonly title: string;
  readonly data: GraphData | null;
  readonly onTitle: (title: string) => void;
}

function Actions({ route, range, title, data, onTitle }: ActionsProps) {
  const id = idOf(route);
  const toggle = (name: string) => () => go(withMore(route, { [name]: route.more[name] === '1' ? '' : '1' }));
  return (
    <div class="tools">
      <input
        type="text"
        class="title"
        aria-label="Title"
        placeholder="Title of the graph"
        maxLength={128}
        value={title}
        onChange={(event) => onTitle(event.currentTarget.value.trim())}
      />
      <div class="end spread">
        <button type="button" class="btn" aria-pressed={route.more['table'] === '1'} disabled={!data} onClick={toggle('table')}>
          Table
        </button>
        <a class="btn" href={api.csvAddress(id, range)} download>
          CSV
        </a>
        <button type="button" class="btn" aria-pressed={route.more['save'] === '1'} onClick={toggle('save')}>
          Save
        </button>
        <button type="button" class="btn" aria-pressed={route.more['yaml'] === '1'} onClick={toggle('yaml')}>
          YAML
        </button>
        <a class="btn" href={href({ page: 'graph', id, range: route.range })}>
          Open alone
        </a>
      </div>
    </div>
  );
}
