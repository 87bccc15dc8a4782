import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { DeviceView, StatusView } from '../../core/api.ts';
import { formatDuration, formatWith } from '../../core/units.ts';
import type { Shared } from '../app.tsx';
import { DeviceTable } from '../device/device-table.tsx';
import { arrange, SORTS, STATES, type Sort } from '../device/order.ts';
import { go, useNow } from '../live.ts';
import { Trouble, useTitle } from '../parts.tsx';
import { href } from '../address.ts';
import { withMore } from '../route.ts';
import { count, stateWord, whole } from '../words.ts';

/** Rows drawn at once; more on request, so that 10,000 devices stay quick. */
const ROWS = 200;

export function DevicesPage(shared: Shared) {
  const { route, status, devices, devicesError } = shared;
  const site = route.more['site'] ?? '';
  useTitle(site === '' ? 'Devices' : site);
  const now = useNow(1_000);
  const [rows, setRows] = useState(ROWS);
  const state = route.more['state'] ?? '';
  const filter = route.more['filter'] ?? '';
  const sort = (SORTS as readonly string[]).includes(route.more['sort'] ?? '') ? (route.more['sort'] as Sort) : 'state';
  const here = useMemo(() => (devices ?? []).filter((d) => site === '' || d.site === site), [devices, site]);
  const shown = useMemo(() => arrange(here, { filter, state, sort }), [here, filter, state, sort]);
  const set = (more: Record<string, string>) => go(withMore(route, more), true);

  if (devices === null) {
    return (
      <>
        <Head site={site} />
        <Trouble error={devicesError} />
      </>
    );
  }
  if (devices.length === 0) return <Empty />;
  return (
    <>
      <Head site={site} />
      <Facts devices={here} status={status} />
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
        <div class="end only-wide">
          <a class="btn pri" href={href({ page: 'add' })}>
            Add a device
          </a>
        </div>
      </div>
      {shown.length === 0 ? (
        <div class="empty">
          <p>
            {count(here.length, 'device')}, and none of them matches{filter === '' ? '' : ` “${filter}”`}.
          </p>
          <button type="button" class="btn" onClick={() => set({ filter: '', state: '' })}>
            Show all
          </button>
        </div>
      ) : (
        <DeviceTable
          devices={shown.slice(0, rows)}
          now={now}
          sort={sort}
          onSort={(by) => set({ sort: by === 'state' ? '' : by })}
        />
      )}
      {shown.length > rows && (
        <p class="row more">
          <button type="button" class="btn" onClick={() => setRows(rows + ROWS)}>
            Show {Math.min(ROWS, shown.length - rows)} more of {whole(shown.length)}
          </button>
        </p>
      )}
    </>
  );
}

function Head({ site }: { site: string }) {
  return (
    <div class="head">
      <h1>{site === '' ? 'Devices' : site}</h1>
      {site !== '' && <a href={href({ page: 'devices' })}>All devices</a>}
    </div>
  );
}

function Empty() {
  return (
    <>
      <Head site="" />
      <div class="empty">
        <p>Nothing is polled yet. A device needs an address and, for SNMP, its community or user; discovery finds the rest.</p>
        <a class="btn pri" href={href({ page: 'add' })}>
          Add a device
        </a>
      </div>
    </>
  );
}

/** Answers to a filter at every key, with `/` to get there from anywhere. */
function FilterBox({ value, onChange }: { value: string; onChange: (text: string) => void }) {
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const jump = (event: KeyboardEvent) => {
      const busy = event.target instanceof HTMLElement && /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
      if (event.key !== '/' || busy || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      box.current?.focus();
    };
    addEventListener('keydown', jump);
    return () => removeEventListener('keydown', jump);
  }, []);
  return (
    <input
      ref={box}
      class="filter"
      type="search"
      aria-label="Filter devices"
      aria-keyshortcuts="/"
      placeholder="Filter by name, address, place   /"
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

/** The network in four figures. */
function Facts({ devices, status }: { devices: readonly DeviceView[]; status: StatusView | null }) {
  const by = (state: DeviceView['state']) => devices.filter((d) => d.state === state);
  const trouble = by('down').concat(by('stale'));
  const first = trouble[0];
  const collector = status?.collector ?? null;
  return (
    <dl class="strip-facts">
      <div>
        <dt>Devices, {whole(devices.length)}</dt>
        <dd class="fig">
          {whole(by('up').length)} up
          {by('down').length > 0 && <span class="st down">{by('down').length} down</span>}
          {by('stale').length > 0 && <span class="st stale">{by('stale').length} stale</span>}
        </dd>
        <dd class="s wrap">{first ? troubleLine(first, trouble.length - 1) : 'all answer'}</dd>
      </div>
      <div>
        <dt>Collection</dt>
        <dd class="fig">
          {collector ? (collector.latenessMs > 2_000 ? `${formatDuration(collector.latenessMs)} late` : 'on time') : '–'}
        </dd>
        <dd class="s">
          {collector
            ? `${whole(collector.polls)} polls, ${whole(collector.failures)} failed, ${whole(collector.skipped)} skipped`
            : 'no collector runs here'}
        </dd>
      </div>
      <div>
        <dt>Series</dt>
        <dd class="fig">{status ? whole(status.store.series) : '–'}</dd>
        <dd class="s">{status ? `${whole(status.store.writtenSamples)} samples written since the start` : ''}</dd>
      </div>
      <div>
        <dt>Store</dt>
        <dd class="fig">{status ? formatWith(status.store.bytes, 'bytes') : '–'}</dd>
        <dd class={`s ${status && !status.store.ok ? 'bad' : ''}`}>
          {status
            ? status.store.ok
              ? `running for ${formatDuration(status.nowMs - status.startedMs)}`
              : status.store.reason
            : ''}
        </dd>
      </div>
    </dl>
  );
}

function troubleLine(first: DeviceView, others: number): string {
  return `${first.name}: ${first.reason}${others > 0 ? ` And ${count(others, 'other')}.` : ''}`;
}
