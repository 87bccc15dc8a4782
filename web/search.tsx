/** Jumps to any device, port, filesystem or page by a few letters of its name. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { SearchHit } from '../core/search.ts';
import { api } from './api.ts';
import { go, useLive } from './live.ts';
import { Trouble } from './parts.tsx';
import type { Page, Route } from './route.ts';
import { takeTyped } from './search-key.ts';

interface Choice {
  readonly key: string;
  readonly title: string;
  readonly detail: string;
  readonly word: string;
  readonly to: Partial<Route> & { readonly page: Page };
}

const PAGES: readonly (readonly [Page, string, string])[] = [
  ['overview', 'Overview', 'health at a glance'],
  ['devices', 'Devices', 'all of them, by place, kind or tag'],
  ['dashboards', 'Dashboards', 'graphs across devices'],
  ['explore', 'Explorer', 'any graph of anything'],
  ['capacity', 'Capacity', 'what fills first'],
  ['quiet', 'Quiet windows', 'when to run a job'],
  ['events', 'Events', 'what happened'],
  ['embeds', 'Embeds', 'graphs that are shown elsewhere'],
  ['add', 'Add devices', 'one, a list, or a range of addresses'],
];
const WORDS: Readonly<Record<SearchHit['kind'], string>> = {
  device: 'Device',
  interface: 'Interface',
  disk: 'Filesystem',
  dashboard: 'Dashboard',
  graph: 'Graph',
};
/** Typing on is quicker than an answer: ask when the fingers rest. */
const REST_MS = 120;

export function Search({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState(takeTyped);
  const [asked, setAsked] = useState('');
  const [at, setAt] = useState(0);
  // Before anything else can happen: a letter typed now must find the field.
  useLayoutEffect(() => {
    const element = dialog.current;
    // Closing gives the focus back to where it was.
    const before = document.activeElement;
    element?.showModal();
    return () => {
      element?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(text.trim()), REST_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const { value, error, pending } = useLive(
    asked === '' ? null : asked,
    (signal) => api.search(asked, signal),
    () => null,
  );
  const choices = asked === '' ? pagesLike(text) : [...(value?.items ?? []).map(choiceOf), ...pagesLike(asked)];
  const current = Math.min(at, choices.length - 1);
  useEffect(() => setAt(0), [asked]);
  useEffect(() => document.getElementById(`hit-${current}`)?.scrollIntoView({ block: 'nearest' }), [current]);
  const open = (choice: Choice | undefined) => {
    if (!choice) return;
    onClose();
    go(choice.to);
  };
  const keys = (event: KeyboardEvent) => {
    const last = choices.length - 1;
    const next = { ArrowDown: current + 1, ArrowUp: current - 1, PageDown: current + 8, PageUp: current - 8 }[event.key];
    if (next !== undefined) {
      event.preventDefault();
      setAt(Math.max(0, Math.min(last, next)));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      // What is shown may still belong to the letters before.
      if (asked === text.trim() && !pending) open(choices[current]);
    }
  };
  return (
    <dialog
      ref={dialog}
      class="search"
      aria-label="Go to"
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <input
        type="text"
        role="combobox"
        aria-label="Go to a device, port, address or page"
        aria-expanded={choices.length > 0}
        aria-controls="hits"
        aria-autocomplete="list"
        {...(choices.length > 0 ? { 'aria-activedescendant': `hit-${current}` } : {})}
        placeholder="Device, port, description or address"
        autocomplete="off"
        spellcheck={false}
        maxLength={200}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={keys}
      />
      <ul id="hits" role="listbox" aria-label="Found">
        {choices.map((choice, i) => (
          <li
            key={choice.key}
            id={`hit-${i}`}
            role="option"
            aria-selected={i === current}
            onPointerMove={() => setAt(i)}
            onClick={() => open(choice)}
          >
            <span class="hit">
              <span class="n1">{choice.title}</span> <span class="n2">{choice.detail}</span>
            </span>
            <span class="mut s">{choice.word}</span>
          </li>
        ))}
      </ul>
      <Trouble error={error} />
      <p class="s mut" role="status">
        {asked !== '' && !pending && !error && choices.length === 0
          ? `Nothing is called “${asked}”, nor described so.`
          : `${asked === '' || pending ? '' : `${choices.length} found. `}Arrow keys choose, Enter opens, Escape closes.`}
      </p>
    </dialog>
  );
}

function choiceOf({ kind, title, detail, page, id }: SearchHit): Choice {
  return { key: `${kind} ${id}`, title, detail, word: WORDS[kind], to: { page, id } };
}

function pagesLike(text: string): Choice[] {
  const word = text.trim().toLowerCase();
  return PAGES.filter(([, title]) => title.toLowerCase().includes(word)).map(([page, title, detail]) => ({
    key: page,
    title,
    detail,
    word: 'Page',
    to: { page },
  }));
}
