/** The figures of a graph's future: some days ahead, what was set aside, and scenarios in words. */
import type { GraphData } from '../../core/graph.ts';
import { dayText, futureRows } from '../../core/graph-future.ts';
import { formatWith } from '../../core/units.ts';
import '../styles/capacity.css';

export function FutureLegend({ data }: { data: GraphData }) {
  const { future, unit, zone } = data;
  if (!future) return null;
  const rows = futureRows(data);
  return (
    <>
      {rows.length > 0 && (
        <table class="legend ahead">
          <thead>
            <tr>
              <th scope="col">Ahead</th>
              <th scope="col" class="only-wide">
                On
              </th>
              <th scope="col" class="num">
                Most likely
              </th>
              <th scope="col" class="num">
                8 in 10, from
              </th>
              <th scope="col" class="num">
                to
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ tMs, when, low, middle, high }) => (
              <tr key={when}>
                <th scope="row">{when}</th>
                <td class="only-wide">{dayText(tMs, null, zone)}</td>
                <td class="num">
                  <b>{formatWith(middle, unit)}</b>
                </td>
                <td class="num">{formatWith(low, unit)}</td>
                <td class="num">{formatWith(high, unit)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {future.found.length > 0 && (
        <p class="s sec partial">
          {future.found.slice(-FOUND_SHOWN).map(({ tMs, title, detail }) => (
            <span key={tMs}>
              {title}: {detail}.
            </span>
          ))}
          {future.found.length > FOUND_SHOWN && <span>And {future.found.length - FOUND_SHOWN} more before.</span>}
        </p>
      )}
      {data.note !== '' && <p class="s sec">{data.note}</p>}
    </>
  );
}

const FOUND_SHOWN = 6;

/** What the marks mean, above the plot. */
export function FutureKey({ data }: { data: GraphData }) {
  const known = (data.future?.values.length ?? 0) > 0;
  return (
    <div class="key s">
      <span class="k line c-s1">
        <span>{data.lines[0]?.label}</span>
      </span>
      {known && (
        <>
          <span class="k line likely">
            <span>most likely</span>
          </span>
          <span class="k f50">
            <span>50 %</span>
          </span>
          <span class="k f80">
            <span>80 %</span>
          </span>
          <span class="k f95">
            <span>95 % of outcomes</span>
          </span>
        </>
      )}
      {data.future?.scenarios.map(({ key, label, role }) => (
        <span class={`k line c-${role}`} key={key}>
          <span>{label}</span>
        </span>
      ))}
    </div>
  );
}
