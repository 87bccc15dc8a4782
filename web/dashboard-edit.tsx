/** A dashboard that was made on the page: its graphs are changed in the explorer, removed here, and so is the whole. */
import { useState } from 'preact/hooks';
import type { DashboardDetail } from '../core/api.ts';
import { parseBoardGraphId } from '../core/dashboard.ts';
import { sentence } from './api.ts';
import { href } from './address.ts';
import { kept } from './explore/saving.ts';
import { go } from './live.ts';
import { count } from './words.ts';
import './styles/dashboard-edit.css';

export function DashboardEdit({ board, reload }: { readonly board: DashboardDetail; readonly reload: () => void }) {
  const [wrong, setWrong] = useState('');
  const [sure, setSure] = useState(false);
  const [busy, setBusy] = useState(false);
  // What is repeated comes from one entry of the file, which has no graph of its own to change.
  const graphs = board.graphs.flatMap(({ id, title }) => {
    const of = parseBoardGraphId(id);
    return of ? [{ id, title, key: of.key }] : [];
  });
  const run = async (work: () => Promise<unknown>, then: () => void) => {
    setBusy(true);
    setWrong('');
    try {
      await work();
      then();
    } catch (error) {
      setWrong(sentence(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <section class="board-edit" aria-label="Change this dashboard">
      <header>
        <h2>Change this dashboard</h2>
        <span class="end">
          <a href={href({ page: 'explore' })}>Add a graph</a>
        </span>
      </header>
      <ul>
        {graphs.map(({ id, title, key }) => (
          <li key={id}>
            <span>{title}</span>
            <span class="row">
              <a class="btn" href={href({ page: 'explore', more: { of: id } })} aria-label={`Change ${title}`}>
                Change
              </a>
              <button
                type="button"
                class="btn"
                disabled={busy}
                aria-label={`Remove ${title}`}
                onClick={() => void run(() => kept.take(board.id, key), reload)}
              >
                Remove
              </button>
            </span>
          </li>
        ))}
      </ul>
      <p class="row">
        {sure ? (
          <>
            <span>{count(board.graphs.length, 'graph')} and the dashboard are removed; no history is lost.</span>
            <button
              type="button"
              class="btn pri"
              disabled={busy}
              onClick={() =>
                void run(
                  () => kept.remove(board.id),
                  () => go({ page: 'dashboards' }),
                )
              }
            >
              Remove {board.title}
            </button>
            <button type="button" class="btn" disabled={busy} onClick={() => setSure(false)}>
              Keep it
            </button>
          </>
        ) : (
          <button type="button" class="btn" onClick={() => setSure(true)}>
            Remove this dashboard …
          </button>
        )}
        <span role="alert" class="bad s">
          {wrong}
        </span>
      </p>
    </section>
  );
}
