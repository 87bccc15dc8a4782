/** What a search found, to be chosen and added. */
import { useState } from 'preact/hooks';
import type { DiscoveryView, FoundDevice } from '../../core/api.ts';
import { href } from '../address.ts';
import { count } from '../words.ts';
import { PlaceField, TagsField } from './add-fields.tsx';
import { EMPTY, focusFirst, refusedOfMany, toShared, type Filled, type Wrong } from './add-form.ts';
import type { Adding } from './adding.ts';
import { AddStateCell } from './adding-parts.tsx';
import { Text } from './field.tsx';
import { upper } from './said.tsx';

interface Props {
  readonly search: DiscoveryView;
  /** How the search asked: the devices are added with the same. */
  readonly asked: Filled;
  readonly adding: Adding;
}

const canBeAdded = ({ ok, known }: FoundDevice) => ok && known === null;

export function FoundDevices({ search, asked, adding }: Props) {
  /** What was taken away; what is found later is chosen as it comes. */
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [shared, setShared] = useState<Filled>(EMPTY);
  const [wrong, setWrong] = useState<Wrong>({});
  const rows = new Map(adding.rows().map((row) => [row.key, row]));
  const free = search.found.filter((found) => canBeAdded(found) && !rows.has(found.address));
  const chosen = free.filter(({ address }) => !left.has(address));
  const choose = (address: string, yes: boolean) => {
    const next = new Set(left);
    if (yes) next.delete(address);
    else next.add(address);
    setLeft(next);
  };
  const change = (more: Partial<Filled>) => setShared({ ...shared, ...more });
  const add = () => {
    const refused = refusedOfMany(shared);
    setWrong(refused);
    if (focusFirst(refused)) return;
    const settings = toShared({ ...asked, interval: shared.interval, site: shared.site, tags: shared.tags, ping: shared.ping });
    adding.start(chosen.map(({ address }) => ({ key: address, input: { address, ...settings } })));
  };
  return (
    <>
      <table class="stack t-found">
        <thead>
          <tr>
            <th scope="col">
              {free.length > 0 && (
                <label class="chk">
                  <input
                    type="checkbox"
                    aria-label="All"
                    checked={chosen.length === free.length}
                    onChange={(event) =>
                      setLeft(event.currentTarget.checked ? new Set() : new Set(free.map(({ address }) => address)))
                    }
                  />
                </label>
              )}
            </th>
            <th scope="col">Address</th>
            <th scope="col">What it is</th>
            <th scope="col">State</th>
          </tr>
        </thead>
        <tbody>
          {search.found.map((found) => (
            <tr key={found.address}>
              <td>
                {canBeAdded(found) && !rows.has(found.address) && (
                  <input
                    type="checkbox"
                    aria-label={`Add ${found.address}`}
                    checked={!left.has(found.address)}
                    onChange={(event) => choose(found.address, event.currentTarget.checked)}
                  />
                )}
              </td>
              <td class="mono">{found.address}</td>
              <td class="wrap c-what">
                {found.name !== '' && <span class="n1">{found.name}</span>}
                <span class="n2"> {upper(found.text)}</span>
              </td>
              <td class="c-add">
                {rows.has(found.address) ? (
                  <AddStateCell row={rows.get(found.address)} />
                ) : found.known ? (
                  <>
                    Known as <a href={href({ page: 'device', id: found.known.id })}>{found.known.name}</a>
                  </>
                ) : found.ok ? (
                  <span class="st new">New</span>
                ) : (
                  <span class="st stale">Refuses</span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {free.length > 0 && (
        <form
          class="form after"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            add();
          }}
        >
          <div class="pair">
            <Text
              id="interval"
              label="Interval in seconds"
              numeric
              value={shared.interval}
              wrong={wrong['intervalMs'] ?? ''}
              onInput={(interval) => change({ interval })}
            />
            <PlaceField filled={shared} wrong={wrong} onChange={change} />
          </div>
          <TagsField filled={shared} wrong={wrong} onChange={change} />
          {asked.how !== 'ping' && (
            <label class="chk">
              <input type="checkbox" checked={shared.ping} onChange={(event) => change({ ping: event.currentTarget.checked })} />
              Ping them as well: round trip and loss
            </label>
          )}
          <div class="row">
            <button class="btn pri" type="submit" disabled={chosen.length === 0}>
              {chosen.length === 0 ? 'Add devices' : `Add ${count(chosen.length, 'device')}`}
            </button>
          </div>
        </form>
      )}
    </>
  );
}
