import { useMemo, useState } from 'preact/hooks';
import type { Shared } from '../app.tsx';
import { DeviceTable } from '../device/device-table.tsx';
import { arrange, SORTS, STATES, type Sort } from '../device/order.ts';
import { BRANCHES, isAt, NONE } from '../device/places.ts';
import { DeviceTree } from '../device/tree.tsx';
import { go, useNow } from '../live.ts';
import { NothingPolled, Trouble, useTitle } from '../parts.tsx';
import { href } from '../address.ts';
import { withMore } from '../route.ts';
import { count, stateWord, whole } from '../words.ts';

/** Rows drawn at once; more on request, so that 10,000 devices stay quick. */
const ROWS = 200;

export function DevicesPage({ route, devices, devicesError }: Shared) {
  const { more } = route;
  const by = BRANCHES.find((branch) => branch === more['by']) ?? 'site';
  const chosen = BRANCHES.map((branch) => more[branch] ?? '').filter((key) => key !== '' && key !== NONE);
  const title = chosen.length === 0 ? 'Devices' : chosen.join(', ');
  useTitle(title);
  const now = useNow(1_000);
  const [rows, setRows] = useState(ROWS);
  const state = more['state'] ?? '';
  const filter = more['filter'] ?? '';
  const sort = (SORTS as readonly string[]).includes(more['sort'] ?? '') ? (more['sort'] as Sort) : 'state';
  const here = useMemo(() => (devices ?? []).filter((d) => isAt(d, more)), [devices, more]);
  const shown = useMemo(() => arrange(here, { filter, state, sort }), [here, filter, state, sort]);
  const set = (changes: Record<string, string>) => go(withMore(route, changes), true);

  if (devices === null) {
    return (
      <>
        <Head title={title} />
        <Trouble error={devicesError} />
      </>
    );
  }
  if (devices.length === 0) return <NothingPolled title="Devices" />;
  return (
    <>
      <Head title={title} />
      <div class="beside">
        <DeviceTree route={route} devices={devices} by={by} />
        <div>
          <div class="tools">
            <FilterBox value={filter} onChange={(text) => set({ filter: text })} />
            <div class="seg fill" role="group" aria-label="State">
              <button type="button" aria-pressed={state === ''} onClick={() => set({ state: '' })}>
                All
              </button>
              {STATES.filter((s) => s === state || here.some((d) => d.state === s)).map((s) => (
                <button type="button" key={s} aria-pressed={state === s} onClick={() => set({ state: s })}>
                  {stateWord(s).word}
                </button>
              ))}
            </div>
            <div class="end">
              <a class="btn pri" href={href({ page: 'add' })}>
                Add devices
              </a>
            </div>
          </div>
          {shown.length === 0 ? (
            <div class="empty">
              <p>
                {count(here.length, 'device')}, and none of them matches{filter === '' ? '' : ` “${filter}”`}.
              </p>
              <button type="button" class="btn" onClick={() => go({ page: 'devices' }, true)}>
                Show all
              </button>
            </div>
          ) : (
            <DeviceTable
              devices={shown.slice(0, rows)}
              now={now}
              sort={sort}
              onSort={(column) => set({ sort: column === 'state' ? '' : column })}
            />
          )}
          {shown.length > rows && (
            <p class="row more">
              <button type="button" class="btn" onClick={() => setRows(rows + ROWS)}>
                Show {Math.min(ROWS, shown.length - rows)} more of {whole(shown.length)}
              </button>
            </p>
          )}
        </div>
      </div>
    </>
  );
}

function Head({ title }: { title: string }) {
  return (
    <div class="head">
      <h1>{title}</h1>
    </div>
  );
}

/** Answers to a filter at every key. */
function FilterBox({ value, onChange }: { value: string; onChange: (text: string) => void }) {
  return (
    <input
      class="filter"
      type="search"
      aria-label="Filter devices"
      placeholder="Filter by name, address, tag"
      autocomplete="off"
      spellcheck={false}
      value={value}
      onInput={(event) => onChange(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onChange('');
      }}
    />
  );
}
