/** Every link that shows a graph elsewhere: what, where, last used, and the end of it. */
import { useState } from 'preact/hooks';
import type { EmbedView } from '../../core/embed.ts';
import type { Shared } from '../app.tsx';
import { sentence } from '../api.ts';
import { href } from '../address.ts';
import { embeds } from '../embed/calls.ts';
import '../styles/embed.css';
import { useLive, useNow } from '../live.ts';
import { Trouble, useTitle } from '../parts.tsx';
import { count, day, when } from '../words.ts';

const EVERY_MS = 15_000;

export function EmbedsPage({ zone }: Shared) {
  useTitle('Embeds');
  const { value, error, reload } = useLive('embeds', embeds.list, () => EVERY_MS);
  const [over, setOver] = useState(false);
  const active = value?.filter(({ state }) => state === 'active') ?? [];
  const ended = value?.filter(({ state }) => state !== 'active') ?? [];
  return (
    <>
      <div class="head">
        <h1>Embeds</h1>
        <span class="sec">{value ? `${count(active.length, 'link')} in use` : '\u00a0'}</span>
      </div>
      <Trouble error={error} />
      {value && value.length === 0 && (
        <div class="empty">
          <p>No graph is shown elsewhere yet. Open a graph and choose Embed: one pasted line shows it live in a wiki.</p>
          <a class="btn pri" href={href({ page: 'dashboards' })}>
            Choose a graph
          </a>
        </div>
      )}
      {active.length > 0 && <Register links={active} zone={zone} onChange={reload} />}
      {value && value.length > 0 && active.length === 0 && <p class="mut">No link is in use now.</p>}
      {ended.length > 0 && (
        <section class="ended">
          <button type="button" class="btn" aria-expanded={over} onClick={() => setOver(!over)}>
            {over ? 'Hide those that ended' : `Show ${count(ended.length, 'link')} that ended`}
          </button>
          {over && <Register links={ended} zone={zone} onChange={reload} />}
        </section>
      )}
    </>
  );
}

interface RegisterProps {
  readonly links: readonly EmbedView[];
  readonly zone: string;
  readonly onChange: () => void;
}

function Register({ links, zone, onChange }: RegisterProps) {
  return (
    <table class="embeds">
      <thead>
        <tr>
          <th scope="col">Graph</th>
          <th scope="col">Seen by</th>
          <th scope="col">Last used</th>
          <th scope="col">Ends</th>
          <th scope="col">Readers ask</th>
          <th scope="col">
            <span class="vh">Revoke</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {links.map((embed) => (
          <Row key={embed.id} embed={embed} zone={zone} onChange={onChange} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ embed, zone, onChange }: { readonly embed: EmbedView } & Pick<RegisterProps, 'zone' | 'onChange'>) {
  const { id, graph, range, width, height, title, origins, owner, usedMs, createdMs, state } = embed;
  const now = useNow(10_000);
  const name = title || graph;
  return (
    <tr>
      <th scope="row">
        <a href={href({ page: 'graph', id: graph, range })}>{name}</a>{' '}
        <span class="mut s">
          {range}, {width} × {height}, made {day(createdMs, zone)}
        </span>
      </th>
      <td data-label="Seen by">
        {origins.length === 0 ? 'anyone with the link' : origins.map((site) => site.replace(/^https:\/\//, '')).join(', ')}
      </td>
      <td data-label="Last used">{usedMs === null ? <span class="mut">never</span> : when(usedMs, now, zone)}</td>
      <td data-label="Ends">{endOf(embed, zone)}</td>
      <td data-label="Readers ask">{owner || <span class="mut">nobody named</span>}</td>
      <td class="act">{state === 'active' && <Revoke id={id} name={name} onDone={onChange} />}</td>
    </tr>
  );
}

function endOf({ state, expiresMs, revokedMs }: EmbedView, zone: string): string {
  if (state === 'revoked') return `revoked ${day(revokedMs ?? 0, zone)}`;
  if (expiresMs === null) return 'when revoked';
  return state === 'expired' ? `expired ${day(expiresMs, zone)}` : day(expiresMs, zone);
}

/** Pages elsewhere change with it, so it is asked twice; then it counts at once. */
function Revoke({ id, name, onDone }: { readonly id: string; readonly name: string; readonly onDone: () => void }) {
  const [sure, setSure] = useState(false);
  const [trouble, setTrouble] = useState('');
  const revoke = async () => {
    try {
      await embeds.revoke(id, new AbortController().signal);
      onDone();
    } catch (error) {
      setTrouble(sentence(error));
    }
  };
  return (
    <>
      {sure ? (
        <span class="row">
          <button type="button" class="btn pri" aria-label={`Revoke ${name} now`} ref={focused} onClick={() => void revoke()}>
            Revoke now
          </button>
          <button type="button" class="btn" aria-label={`Keep ${name}`} onClick={() => setSure(false)}>
            Keep
          </button>
        </span>
      ) : (
        <button type="button" class="btn" aria-label={`Revoke ${name}`} onClick={() => setSure(true)}>
          Revoke …
        </button>
      )}
      {trouble !== '' && (
        <span class="bad s" role="alert">
          {trouble}
        </span>
      )}
    </>
  );
}

/** The button that was pressed is gone: the next one takes its place. */
const focused = (element: HTMLButtonElement | null) => element?.focus();
