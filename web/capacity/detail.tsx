/** The open row: its graph with the future, what that rests on, and what if. */
import { useState } from 'preact/hooks';
import { futureIdOf } from '../../core/future-id.ts';
import { slotMiddle } from '../../core/graph-geometry.ts';
import { api, isFinal } from '../api.ts';
import { href } from '../address.ts';
import { EmbedButton } from '../embed/button.tsx';
import { FutureKey, FutureLegend } from '../graph/future-legend.tsx';
import { TableTwin } from '../graph/legend.tsx';
import { isEmpty, Nothing } from '../graph/nothing.tsx';
import { Plot } from '../graph/plot.tsx';
import { cursorSlot } from '../graph/points.ts';
import { useGraph, useSeen } from '../graph/use-graph.ts';
import { go } from '../live.ts';
import { Trouble } from '../parts.tsx';
import { withMore, type Route } from '../route.ts';
import { WhatIf, type WhatIfProps } from './what-if.tsx';

const EVERY_MS = 3_600_000;

export interface CapacityDetailProps extends Omit<WhatIfProps, 'data'> {
  readonly route: Route;
}

export function CapacityDetail({ route, row, scenarios, rows, devices }: CapacityDetailProps) {
  const [ref, width] = useSeen<HTMLDivElement>();
  const horizon = Number(route.more['ahead'] ?? '');
  const ahead = AHEAD.find((days) => days === horizon) ?? null;
  const id = futureIdOf(row.series, ahead, scenarios);
  const range = route.range === '' ? '' : route.range;
  const { value, error, pending } = useGraph(id, range, width, EVERY_MS);
  const data = isFinal(error) ? null : value;
  const [cursorMs, setCursor] = useState<number | null>(null);
  const slot = cursorSlot(data, cursorMs);
  const table = route.more['table'] === '1';
  return (
    <div class="cols capacity" id="detail">
      <section>
        <header>
          <h2>
            <a class="q" href={href({ page: 'device', id: row.device })}>
              {row.deviceName}
            </a>{' '}
            {row.name}
          </h2>
          <span class="sec">{data?.future?.says ?? ''}</span>
        </header>
        {data && <FutureKey data={data} />}
        <div class={`busy ${pending && data ? 'on' : ''}`} />
        <Trouble error={error} />
        <div ref={ref}>
          {data && !isEmpty(data) ? (
            <Plot data={data} size="large" slot={slot} onSlot={(at) => setCursor(at === null ? null : slotMiddle(data, at))} />
          ) : (
            <div class="plot large">{data && <Nothing data={data} />}</div>
          )}
        </div>
        <div class="tools">
          <div class="seg" role="group" aria-label="How far ahead">
            {[null, ...AHEAD].map((days) => (
              <button
                type="button"
                key={days ?? 0}
                aria-pressed={ahead === days}
                onClick={() => go(withMore(route, { ahead: days === null ? '' : String(days) }), true)}
              >
                {days === null ? 'As it suits' : `${days} d`}
              </button>
            ))}
          </div>
          <div class="end spread">
            <button
              type="button"
              class="btn"
              aria-pressed={table}
              onClick={() => go(withMore(route, { table: table ? '' : '1' }), true)}
            >
              Table
            </button>
            <EmbedButton of={data && { graph: data, range: '1y', device: row.deviceName }} />
            <a class="btn" href={api.csvAddress(id, range)} download>
              CSV
            </a>
            <a class="btn" href={href({ page: 'graph', id, range: '1y' })}>
              Open alone
            </a>
          </div>
        </div>
        {data && <FutureLegend data={{ ...data, note: '' }} />}
        {data && table && <TableTwin data={data} />}
        {data && <p class="s mut about">{data.about}</p>}
      </section>
      <WhatIf route={route} row={row} scenarios={scenarios} rows={rows} devices={devices} data={data} />
    </div>
  );
}

const AHEAD: readonly number[] = [90, 180, 365, 730];
