/** The figures under a large graph, from stored data; and the graph as a table. */
import type { GraphData, GraphLine } from '../../core/graph.ts';
import { legendFigure, legendScale } from '../../core/graph-figures.ts';
import { QUANTILE } from '../../core/forecast/model.ts';
import { futureAt } from '../../core/graph-future.ts';
import { hasBand } from '../../core/graph-geometry.ts';
import { formatWith } from '../../core/units.ts';
import { serverNow } from '../remote.ts';
import { moment, whole } from '../words.ts';
import { partialAt, partialWords } from './summary.ts';

/** A range that ended so long ago has no current value, only a last one. */
const OVER_MS = 600_000;

/** All that is known of a figure, for who must put it on an invoice. */
function exactly(value: number, unit: GraphData['unit']): string {
  if (unit === 'bps' || unit === 'bytes') return `${whole(value)} ${unit === 'bps' ? 'b/s' : 'B'}`;
  return unit === 'ratio' ? `${(value * 100).toFixed(4)} %` : String(Number(value.toPrecision(8)));
}

export function Legend({ data, slot }: { data: GraphData; slot: number | null }) {
  const scale = legendScale(data);
  const figure = (value: number | null | undefined) => legendFigure(value, scale, data.unit);
  const at = slot === null ? null : (data.tMs[slot] ?? null);
  const rowOf = ({ series, label, role, fill, mean, stats, bound, before }: GraphLine) => (
    <tr key={series}>
      <th scope="row" class="wrap">
        <span
          class={`k c-${role} ${fill ? '' : 'line'} ${role === 'past' && before ? 'before' : ''} ${DIRECTIONS.includes(label.split(',', 1)[0] ?? '') ? 'direction' : ''}`}
        >
          <span>{label}</span>
        </span>
      </th>
      <td class="num only-wide" data-v="at">
        {slot === null ? '' : figure(mean[slot])}
      </td>
      <td class="num">
        <b>{figure(slot !== null && narrow() ? mean[slot] : stats.current)}</b>
      </td>
      <td class="num">{figure(stats.average)}</td>
      <td class="num only-wide" {...(bound.minimum ? { title: NOT_BELOW } : {})}>
        {bound.minimum && '≥ '}
        {figure(stats.minimum)}
      </td>
      <td
        class="num"
        {...(stats.maximumAtMs === null
          ? {}
          : { title: bound.maximum ? NOT_ABOVE : `at ${moment(stats.maximumAtMs, data.zone)}` })}
      >
        {bound.maximum && '≤ '}
        {figure(stats.maximum)}
      </td>
      <td class="num" {...(stats.p95 === null ? {} : { title: exactly(stats.p95, data.unit) })}>
        <b>{figure(stats.p95)}</b>
      </td>
    </tr>
  );
  return (
    <>
      <table class="legend">
        <thead>
          <tr>
            <th scope="col">{scale?.unit || 'Line'}</th>
            <th scope="col" class="num cursor only-wide">
              {at === null ? 'At cursor' : `At ${moment(at, data.zone, data.stepMs)}`}
            </th>
            <th scope="col" class="num">
              {slot !== null && narrow() ? 'At cursor' : data.toMs < serverNow() - OVER_MS ? 'Last' : 'Current'}
            </th>
            <th scope="col" class="num">
              Average
            </th>
            <th scope="col" class="num only-wide">
              Minimum
            </th>
            <th scope="col" class="num">
              Max<span class="only-wide">imum</span>
            </th>
            <th scope="col" class="num">
              95th
            </th>
          </tr>
        </thead>
        <tbody>
          {withChanges(data.lines).map((line) =>
            'of' in line ? <Change key={`${line.then.series} change`} {...line} /> : rowOf(line),
          )}
        </tbody>
      </table>
      {data.partial.length > 0 && (
        <p class="s partial">
          {partialWords(data).map((words) => (
            <span key={words}>{words}</span>
          ))}
        </p>
      )}
      {data.note !== '' && <p class="s mut">{data.note}</p>}
    </>
  );
}

/** Words, not names: they begin a row. */
const DIRECTIONS = ['in', 'out'];

interface Changed {
  readonly of: GraphLine;
  readonly then: GraphLine;
}

/** Each line, what it was before, and how its figures changed. */
function withChanges(lines: readonly GraphLine[]): (GraphLine | Changed)[] {
  const past = lines.filter(({ role, before }) => role === 'past' && before !== undefined);
  return lines
    .filter((line) => !past.includes(line))
    .flatMap((of) => {
      const then = past.find(({ series, before }) => series === `${of.series} ${before?.ago ?? ''} before`);
      return then ? [of, then, { of, then }] : [of];
    });
}

function Change({ of, then }: Changed) {
  const change = (figure: 'average' | 'minimum' | 'maximum' | 'p95') => changeWords(of.stats[figure], then.stats[figure]);
  return (
    <tr class="change">
      <th scope="row">change</th>
      <td class="only-wide" />
      <td />
      <td class="num">{change('average')}</td>
      <td class="num only-wide">{change('minimum')}</td>
      <td class="num">{change('maximum')}</td>
      <td class="num">{change('p95')}</td>
    </tr>
  );
}

/** "+12 %"; beyond tenfold the percentage says nothing. */
function changeWords(now: number | null, then: number | null): string {
  if (now === null || then === null || then === 0) return '–';
  const share = now / then - 1;
  if (share > 9) return `× ${whole(now / then)}`;
  const percent = Math.abs(share) < 0.0995 ? Math.abs(share * 100).toFixed(1) : Math.abs(share * 100).toFixed(0);
  return `${share < 0 ? '\u2212' : '+'}${percent} %`;
}

const NOT_ABOVE = 'Not above: the highest readings, as if they had been at one moment';
const NOT_BELOW = 'Not below: the lowest readings, as if they had been at one moment';

/** A phone has no room for a column of its own: the cursor's value takes the place of the current one. */
const narrow = () => matchMedia('(max-width: 640px)').matches;

/** What may come in a slot of the future. */
function Ahead({ data, slot }: { data: GraphData; slot: number }) {
  const at = futureAt(data, slot);
  const figure = (q: number) => formatWith(at?.[q] ?? null, data.unit);
  return (
    <>
      <td class="num">{at && figure(QUANTILE.Q50)}</td>
      <td class="num sec only-wide">{at && `${figure(QUANTILE.Q10)} – ${figure(QUANTILE.Q90)}`}</td>
    </>
  );
}

const ROWS_MAX = 400;

/** Every slot in figures, newest first; long ranges are thinned, CSV has them all. */
export function TableTwin({ data }: { data: GraphData }) {
  const slots = data.tMs.map((_, i) => i).reverse();
  const shown = slots.slice(0, ROWS_MAX);
  const banded = data.lines.filter(hasBand);
  const combined = data.partial.length > 0;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={`${data.title} as a table`}>
      <table class="twin">
        <caption class="vh">
          {data.title}: {data.about}
        </caption>
        <thead>
          <tr>
            <th scope="col">Time, {data.zone}</th>
            {data.lines.map((line) => (
              <th scope="col" class="num" key={line.series}>
                {line.label}
              </th>
            ))}
            {banded.map((line) => (
              <th scope="col" class="num only-wide" key={`${line.series} extremes`}>
                {line.label}, lowest to highest
              </th>
            ))}
            {combined && <th scope="col">Unknown</th>}
            {data.future && (
              <>
                <th scope="col" class="num">
                  Most likely
                </th>
                <th scope="col" class="num only-wide">
                  8 in 10
                </th>
              </>
            )}
          </tr>
        </thead>
        <tbody>
          {shown.map((i) => (
            <tr key={data.tMs[i]}>
              <th scope="row" class="tn">
                {moment(data.tMs[i] ?? 0, data.zone, data.stepMs)}
              </th>
              {data.lines.map((line) => (
                <td class="num" key={line.series}>
                  {data.future && i >= data.future.slot ? (
                    ''
                  ) : line.mean[i] === null ? (
                    <span class="mut">unknown</span>
                  ) : (
                    formatWith(line.mean[i] ?? null, data.unit)
                  )}
                </td>
              ))}
              {banded.map((line) => (
                <td class="num sec only-wide" key={`${line.series} extremes`}>
                  {line.mean[i] === null
                    ? ''
                    : `${formatWith(line.min[i] ?? null, data.unit)} – ${formatWith(line.max[i] ?? null, data.unit)}`}
                </td>
              ))}
              {combined && <td class="sec">{partialAt(data, i) ?? ''}</td>}
              {data.future && <Ahead data={data} slot={i} />}
            </tr>
          ))}
        </tbody>
      </table>
      {slots.length > shown.length && (
        <p class="s mut">
          The newest {ROWS_MAX} of {slots.length} rows; CSV has them all.
        </p>
      )}
    </div>
  );
}
