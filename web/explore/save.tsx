/** The graph is kept: in the place it was opened from, in a dashboard that is there, or in a new one. */
import { useState } from 'preact/hooks';
import type { DashboardView } from '../../core/api.ts';
import { parseBoardGraphId } from '../../core/dashboard.ts';
import { api, sentence } from '../api.ts';
import { href } from '../address.ts';
import { go, useLive } from '../live.ts';
import { Trouble } from '../parts.tsx';
import { withMore, type Route } from '../route.ts';
import { kept } from './saving.ts';

const NEW = '';

interface SaveProps {
  readonly route: Route;
  /** Of the graph as it is now. */
  readonly id: string;
  readonly title: string;
}

export function SavePanel({ route, id, title }: SaveProps) {
  const { value, error, reload } = useLive('dashboards', api.dashboards, () => 60_000);
  if (error) return <Trouble error={error} />;
  return value && <SaveForm {...{ route, id, title, reload }} boards={value.filter((board) => board.kept)} />;
}

interface FormProps extends SaveProps {
  readonly boards: readonly DashboardView[];
  readonly reload: () => void;
}

function SaveForm({ route, id, title, boards, reload }: FormProps) {
  const from = parseBoardGraphId(route.more['saved'] ?? '');
  const home = from && boards.find((board) => board.id === from.board);
  const [chosen, setChosen] = useState(home?.id ?? boards[0]?.id ?? NEW);
  const [name, setName] = useState('');
  const [wrong, setWrong] = useState('');
  const [said, setSaid] = useState<{ readonly board: string; readonly title: string } | null>(null);
  const [busy, setBusy] = useState(false);
  const board = boards.find((one) => one.id === chosen);

  const save = async (inPlace: boolean) => {
    if (title === '') return setWrong('Give the graph a title first: it is called by it in the dashboard.');
    if (!board && name.trim() === '') return setWrong('Give the new dashboard a title.');
    setBusy(true);
    setWrong('');
    setSaid(null);
    try {
      const to = (inPlace ? home : board) ?? (await kept.create(name.trim()));
      const saved = inPlace && from ? await kept.replace(to.id, from.key, id) : await kept.add(to.id, id);
      setChosen(to.id);
      setSaid({ board: to.id, title: to.title });
      reload();
      go(withMore(route, { saved: saved.id }), true);
    } catch (cause) {
      setWrong(sentence(cause));
    } finally {
      setBusy(false);
    }
  };
  return (
    <section class="yaml save" aria-label="Save">
      <header>
        <h2>Save to a dashboard</h2>
      </header>
      <form
        class="tools"
        onSubmit={(event) => {
          event.preventDefault();
          void save(false);
        }}
      >
        {home && (
          <button type="button" class="btn pri" disabled={busy} onClick={() => void save(true)}>
            Save changes in {home.title}
          </button>
        )}
        <select aria-label="Dashboard" value={chosen} onChange={(event) => setChosen(event.currentTarget.value)}>
          {boards.map((one) => (
            <option key={one.id} value={one.id}>
              {one.title}
            </option>
          ))}
          <option value={NEW}>A new dashboard</option>
        </select>
        {!board && (
          <input
            type="text"
            aria-label="Title of the new dashboard"
            placeholder="Title of the new dashboard"
            maxLength={128}
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        )}
        <button type="submit" class={`btn ${home ? '' : 'pri'}`} disabled={busy}>
          {home ? 'Add as another graph' : 'Save'}
        </button>
        <span role="status" class="s">
          {said && (
            <>
              Saved in <a href={href({ page: 'dashboard', id: said.board })}>{said.title}</a>.
            </>
          )}
        </span>
        <span role="alert" class="bad s">
          {wrong}
        </span>
      </form>
    </section>
  );
}
