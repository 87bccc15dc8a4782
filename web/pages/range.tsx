import { useState } from 'preact/hooks';
import type { DiscoveryInput, DiscoveryView } from '../../core/api.ts';
import type { Shared } from '../app.tsx';
import { api, ApiError, sentence } from '../api.ts';
import { AskedFields } from '../device/add-fields.tsx';
import { EMPTY, focusFirst, refusedOfMany, toAsked, type Filled, type Wrong } from '../device/add-form.ts';
import { addOne } from '../device/add-one.ts';
import { AddTabs } from '../device/add-tabs.tsx';
import { createAdding } from '../device/adding.ts';
import { AddingTools, useAdding } from '../device/adding-parts.tsx';
import { Text } from '../device/field.tsx';
import { FoundDevices } from '../device/found-devices.tsx';
import { useLive } from '../live.ts';
import { Trouble, useTitle } from '../parts.tsx';
import { count, whole } from '../words.ts';

const LOOK_EVERY_MS = 1_000;

/** Kept while other pages are looked at: which search is shown, and how it asks. */
let kept: { id: string | null; range: string; filled: Filled } = { id: null, range: '', filled: EMPTY };
let reload = (): void => undefined;
const adding = createAdding(addOne, () => reload());

export function RangePage({ reloadDevices }: Shared) {
  useTitle('Search a range for devices');
  useAdding(adding);
  reload = reloadDevices;
  const all = useLive('discoveries', api.discoveries, () => null);
  const [chosen, setChosen] = useState(kept.id);
  // One that runs, begun here or elsewhere, is shown without asking.
  const id = chosen ?? all.value?.items.find(({ state }) => state === 'running')?.id ?? null;
  const search = useLive(
    id === null ? null : `discovery ${id}`,
    (signal) => api.discovery(id ?? '', signal),
    ({ state }) => (state === 'running' ? LOOK_EVERY_MS : null),
  );
  const choose = (next: string | null) => setChosen((kept = { ...kept, id: next }).id);

  return (
    <>
      <AddTabs page="range" />
      <Trouble error={all.error} />
      {all.value && all.value.networks.length === 0 && <NoNetworks />}
      {all.value && all.value.networks.length > 0 && (
        <>
          <SearchForm networks={all.value.networks} running={search.value?.state === 'running'} onBegun={choose} />
          <Trouble error={search.error} />
          {search.value && search.value.id === id && <Result search={search.value} onChanged={search.reload} />}
        </>
      )}
    </>
  );
}

function NoNetworks() {
  return (
    <div class="prose">
      <p>
        A search asks every address of a range whether a device answers. It stays within the networks that the configuration
        allows, and none is allowed yet. Name those that may be searched in <span class="mono">saguaro.yaml</span> in Saguaro's
        folder (make it where there is none; <span class="mono">SAGUARO_CONFIG</span> names another place):
      </p>
      <pre class="mono">{'discovery:\n  networks:\n    - 192.0.2.0/24'}</pre>
      <p>
        Then let Saguaro read it: start it anew, or send its process SIGHUP, and load this page again. The variable{' '}
        <span class="mono">SAGUARO_DISCOVERY_NETWORKS</span> does the same at a start.
      </p>
    </div>
  );
}

interface SearchFormProps {
  readonly networks: readonly string[];
  readonly running: boolean;
  readonly onBegun: (id: string) => void;
}

function SearchForm({ networks, running, onBegun }: SearchFormProps) {
  const [range, setRange] = useState(kept.range || (networks.length === 1 ? (networks[0] ?? '') : ''));
  const [filled, setFilled] = useState(kept.filled);
  const [wrong, setWrong] = useState<Wrong>({});
  const [refusal, setRefusal] = useState('');
  const [busy, setBusy] = useState(false);

  const begin = async () => {
    const found = {
      ...(range.trim() === '' ? { range: 'Give a range, such as 192.0.2.0/24 or 192.0.2.10-20.' } : {}),
      ...refusedOfMany(filled),
    };
    setWrong(found);
    setRefusal('');
    if (focusFirst(found)) return;
    setBusy(true);
    try {
      const input: DiscoveryInput = { range: range.trim(), ...toAsked({ ...filled, ping: false }) };
      const { id } = await api.discover(input, new AbortController().signal);
      kept = { id, range, filled };
      adding.clear();
      onBegun(id);
    } catch (error) {
      const fields = error instanceof ApiError ? error.fields : {};
      setWrong(fields);
      if (!focusFirst(fields)) setRefusal(sentence(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <form
      class="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void begin();
      }}
    >
      <Text
        id="range"
        label="Range"
        mono
        placeholder="192.0.2.0/24 or 192.0.2.10-20"
        value={range}
        wrong={wrong['range'] ?? ''}
        onInput={setRange}
        hint={`Within ${networks.join(', ')}. Each address is asked once, for a second; nothing is stored.`}
      />
      <AskedFields once filled={filled} wrong={wrong} onChange={(change) => setFilled({ ...filled, ...change })} />
      <div class="row">
        <button class="btn pri" type="submit" disabled={busy || running || adding.busy()}>
          {running ? 'Searching…' : 'Search'}
        </button>
      </div>
      {refusal !== '' && (
        <p class="note error" role="alert">
          {refusal}
        </p>
      )}
    </form>
  );
}

function Result({ search, onChanged }: { search: DiscoveryView; onChanged: () => void }) {
  const { state, asked, total, found, range, reason } = search;
  const stop = () => {
    api.stopDiscovery(search.id, new AbortController().signal).then(onChanged, onChanged);
  };
  return (
    <section aria-label="What was found">
      <header>
        <h2 class="mono">{range}</h2>
        {state === 'running' && (
          <button class="btn" type="button" onClick={stop}>
            Stop
          </button>
        )}
      </header>
      <progress class="progress" aria-label="Addresses asked" max={total} value={asked} />
      <p role="status">
        {whole(asked)} of {count(total, 'address', 'addresses')} asked, {count(found.length, 'device')} found
        {state === 'running' ? '.' : state === 'done' ? ', and that is all.' : `. ${reason}`}
      </p>
      {adding.rows().length > 0 && (
        <div class="adding">
          <AddingTools
            adding={adding}
            again="Choose again"
            onClear={() => {
              adding.clear();
              // What was just added is known now.
              onChanged();
            }}
          />
        </div>
      )}
      {found.length > 0 && <FoundDevices search={search} asked={kept.filled} adding={adding} />}
    </section>
  );
}
