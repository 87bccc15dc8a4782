/** A graph for a page elsewhere: first who may see it and how long, then what to paste there. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { EmbedCreated, EmbedInput } from '../../core/embed.ts';
import { ApiError, sentence } from '../api.ts';
import { href } from '../address.ts';
import { Below, Choice, Text } from '../device/field.tsx';
import type { EmbedOf } from './button.tsx';
import { embeds } from './calls.ts';
import '../styles/embed.css';
import { Snippets } from './snippets.tsx';

const SIZES = {
  '800x300': 'Wide, 800 × 300',
  '600x240': 'Middle, 600 × 240',
  '400x200': 'Small, 400 × 200',
  '1200x400': 'Large, 1200 × 400',
} as const;
type Size = keyof typeof SIZES;
const DAYS = { never: 'Until it is revoked', 30: '30 days', 90: '90 days', 365: 'One year' } as const;
type Days = 'never' | '30' | '90' | '365';

interface Form {
  readonly title: string;
  readonly who: 'anyone' | 'sites';
  readonly sites: string;
  readonly days: Days;
  readonly size: Size;
  readonly owner: string;
  readonly noCache: boolean;
}

export function EmbedDialog({ graph, range, device, onClose }: EmbedOf & { readonly onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const [made, setMade] = useState<EmbedCreated | null>(null);
  useLayoutEffect(() => {
    const element = dialog.current;
    const before = document.activeElement;
    element?.showModal();
    return () => {
      element?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  // The form is gone with the button that had the focus.
  useEffect(() => void (made && heading.current?.focus()), [made]);
  return (
    <dialog
      ref={dialog}
      class="embed"
      aria-labelledby="embed-head"
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div class="inside">
        <header>
          <h2 id="embed-head" ref={heading} tabIndex={-1}>
            {made ? 'Paste it into the page' : 'Show this graph elsewhere'}
          </h2>
          <button type="button" class="btn" onClick={onClose}>
            Close
          </button>
        </header>
        {made ? <Snippets made={made} /> : <Ask graph={graph} range={range} device={device} onMade={setMade} />}
      </div>
    </dialog>
  );
}

function Ask({ graph, range, device, onMade }: EmbedOf & { readonly onMade: (made: EmbedCreated) => void }) {
  const named = device === '' || graph.title.includes(device) ? graph.title : `${device}, ${graph.title}`;
  const [form, setForm] = useState<Form>({
    ...{ title: named, who: 'anyone', sites: '', days: 'never', size: '800x300', owner: '', noCache: false },
  });
  const [wrong, setWrong] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const set = (change: Partial<Form>) => setForm({ ...form, ...change });
  const sitesWrong =
    wrong instanceof ApiError ? (Object.entries(wrong.fields).find(([key]) => key.startsWith('origins'))?.[1] ?? '') : '';

  const create = async () => {
    const sites = sitesOf(form);
    if (form.who === 'sites' && sites.length === 0) {
      setWrong(new ApiError(400, '', { origins: 'Name one site at least, or let anyone with the link see it.' }));
      document.getElementById('embed-sites')?.focus();
      return;
    }
    setBusy(true);
    setWrong(null);
    try {
      onMade(await embeds.create(inputOf(graph.id, range, form, sites), new AbortController().signal));
    } catch (error) {
      setWrong(error);
      setBusy(false);
    }
  };
  return (
    <form
      class="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void create();
      }}
    >
      <p class="prose">
        A link shows this graph over <b>{range}</b>, and nothing else of this server. It works without logging in, until you
        revoke it under <a href={href({ page: 'embeds' })}>Embeds</a>.
      </p>
      <Text
        id="embed-title"
        label="Title"
        value={form.title}
        onInput={(title) => set({ title })}
        hint="Readers see it. Give another one where the name of the device should stay inside."
      />
      <Choice
        id="embed-who"
        label="Who may see it"
        value={form.who}
        options={[
          ['anyone', 'Anyone with the link'],
          ['sites', 'Only pages of listed sites'],
        ]}
        onChange={(who) => set({ who })}
      />
      {form.who === 'sites' && (
        <div class="field">
          <label for="embed-sites">Sites, one a line</label>
          <textarea
            id="embed-sites"
            class="mono"
            rows={2}
            spellcheck={false}
            placeholder="https://wiki.example.org"
            value={form.sites}
            aria-invalid={sitesWrong !== ''}
            aria-describedby="embed-sites-about"
            onInput={(event) => set({ sites: event.currentTarget.value })}
          />
          <Below id="embed-sites" wrong={sitesWrong}>
            Browsers hold to this list. Whoever copies the link itself can still open it with other programs.
          </Below>
        </div>
      )}
      <div class="pair">
        <Choice
          id="embed-days"
          label="How long"
          value={form.days}
          options={Object.entries(DAYS).map(([key, word]) => [key as Days, word] as const)}
          onChange={(days) => set({ days })}
        />
        <Choice
          id="embed-size"
          label="Size"
          value={form.size}
          options={Object.entries(SIZES).map(([key, word]) => [key as Size, word] as const)}
          onChange={(size) => set({ size })}
        />
      </div>
      <Text
        id="embed-owner"
        label="Whom readers ask"
        value={form.owner}
        onInput={(owner) => set({ owner })}
        placeholder="Network team"
        hint="Named on the picture when the graph cannot be shown."
      />
      <label class="chk">
        <input type="checkbox" checked={form.noCache} onChange={(event) => set({ noCache: event.currentTarget.checked })} />
        The wiki keeps copies of pictures itself
      </label>
      {wrong !== null && sitesWrong === '' && (
        <p class="note error" role="alert">
          {sentence(wrong)}
        </p>
      )}
      <div class="row" role="status">
        <button type="submit" class="btn pri" disabled={busy}>
          {busy ? 'Making the link…' : 'Make the link'}
        </button>
      </div>
    </form>
  );
}

const sitesOf = ({ who, sites }: Form): string[] =>
  who === 'anyone' ? [] : sites.split(/[\s,;]+/).filter((site) => site !== '');

function inputOf(graph: string, range: string, form: Form, origins: string[]): EmbedInput {
  const [width = 800, height = 300] = form.size.split('x').map(Number);
  const { title, owner, noCache } = form;
  return { graph, range, title, owner, noCache, origins, width, height, days: form.days === 'never' ? null : Number(form.days) };
}
