/** In which hours of the week a job disturbs least. */
import { useState } from 'preact/hooks';
import type { QuietView } from '../../core/quiet-view.ts';
import type { Shared } from '../app.tsx';
import { href } from '../address.ts';
import { go, useLive } from '../live.ts';
import { NothingPolled, Switch, Trouble, useTitle } from '../parts.tsx';
import { quiet, type QuietAsked } from '../quiet/calls.ts';
import { Picker } from '../quiet/picker.tsx';
import { Week } from '../quiet/week.tsx';
import { withMore } from '../route.ts';
import { copied } from '../clipboard.ts';
import '../styles/quiet.css';

const HOURS = 3;
const HOURS_MAX = 48;

export function QuietPage({ route, devices, devicesError, zone }: Shared) {
  useTitle('Quiet windows');
  const of = (route.more['of'] ?? '').split(',').filter(Boolean);
  const hours = Math.min(HOURS_MAX, Math.max(1, Math.round(Number(route.more['hours'] ?? HOURS)) || HOURS));
  const night = route.more['night'] === '1';
  const asked: QuietAsked = { of, hours, night };
  const [names, setNames] = useState<ReadonlyMap<string, string>>(new Map());
  const { value, error, pending } = useLive(
    of.length === 0 ? null : JSON.stringify(asked),
    (signal) => quiet.find(asked, signal),
    () => null,
  );
  const view = of.length === 0 || error ? null : value;
  const start = view?.windows.find((one) => String(one.start) === route.more['window'])?.start ?? view?.windows[0]?.start ?? null;
  if (devices?.length === 0) return <NothingPolled title="Quiet windows" />;
  return (
    <>
      <p class="crumb">
        <a href={href({ page: 'capacity' })}>Capacity</a>
      </p>
      <div class="head">
        <h1>Quiet windows</h1>
        <span class="sec wrap">when in the week a job disturbs least</span>
        <div class="end">times in {view?.zone ?? zone}</div>
      </div>
      <div class="quiet">
        <div>
          <Picker
            picks={of}
            names={names}
            devices={devices ?? []}
            onChange={(picks, told) => {
              setNames(told);
              go(withMore(route, { of: picks.join(','), window: '' }));
            }}
          />
          <div class="tools">
            <label>
              <span>The job takes </span>
              <input
                type="number"
                class="short"
                min={1}
                max={HOURS_MAX}
                value={hours}
                onChange={(event) => go(withMore(route, { hours: event.currentTarget.value, window: '' }), true)}
              />{' '}
              h
            </label>
            <Switch
              name="At night if possible"
              checked={night}
              onChange={(on) => go(withMore(route, { night: on ? '1' : '' }), true)}
            />
          </div>
        </div>
        <div>
          <div class={`busy ${pending && value ? 'on' : ''}`} />
          <Trouble error={devicesError ?? error} />
          {of.length === 0 && (
            <div class="empty">
              <p>
                <b>Nothing is picked yet.</b>
              </p>
              <p>
                Pick the servers a job runs on and the uplink it uses: the week is looked through for the hours in which both
                rest.
              </p>
            </div>
          )}
          {view && (
            <>
              {view.notes.map((note) => (
                <p class="note" key={note}>
                  {note}
                </p>
              ))}
              {view.week.length > 0 && <Week view={view} start={start} />}
              {view.windows.length > 0 && (
                <Windows
                  view={view}
                  asked={asked}
                  start={start}
                  onPick={(at) => go(withMore(route, { window: String(at) }), true)}
                />
              )}
              <p class="s mut about">
                Looked at: {view.series.map(({ name }) => name).join(', ')}, the last eight weeks. Of each hour the second busiest
                week counts, as a share of the busiest hour; the mean over all of them is the load. A window held in a week in
                which none of them was further above its usual than a tenth of that.
              </p>
            </>
          )}
        </div>
      </div>
    </>
  );
}

interface WindowsProps {
  readonly view: QuietView;
  readonly asked: QuietAsked;
  readonly start: number | null;
  readonly onPick: (start: number) => void;
}

function Windows({ view, asked, start, onPick }: WindowsProps) {
  const [said, setSaid] = useState('');
  const copy = async (cron: string) =>
    setSaid((await copied(cron)) ? 'Copied.' : 'The browser does not let it be copied: select the text.');
  return (
    <>
      <table class="stack t-quiet">
        <thead>
          <tr>
            <th scope="col">Window</th>
            <th scope="col" class="num">
              Expected load
            </th>
            <th scope="col" class="num">
              Held
            </th>
            <th scope="col">Cron</th>
            <th scope="col">
              <span class="vh">Take it along</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {view.windows.map((one) => (
            <tr key={one.start} aria-selected={one.start === start} class={one.start === start ? 'on' : ''}>
              <th scope="row">
                <button type="button" class="plain n1" aria-pressed={one.start === start} onClick={() => onPick(one.start)}>
                  {one.words}
                </button>
              </th>
              <td class="num" data-l="Expected load">
                <b>{Math.round(one.load * 100)} %</b>
              </td>
              <td class="num" data-l="Held">
                {one.held} of {one.ofWeeks} weeks
              </td>
              <td class="mono" data-l="Cron">
                {one.cron}
              </td>
              <td>
                <span class="row">
                  <button
                    type="button"
                    class="btn"
                    aria-label={`Copy the cron time of ${one.words}`}
                    onClick={() => void copy(`CRON_TZ=${view.zone}\n${one.cron} COMMAND`)}
                  >
                    Copy
                  </button>
                  <a
                    class="btn"
                    href={quiet.calendar(asked, one.start)}
                    download
                    aria-label={`ICS, calendar file of ${one.words}`}
                  >
                    ICS
                  </a>
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p role="status" class="s sec">
        {said}
      </p>
    </>
  );
}
