/** What to paste, for each kind of wiki, and how it will look there. */
import { useState } from 'preact/hooks';
import type { EmbedCreated } from '../../core/embed.ts';
import {
  snippet,
  SNIPPET_KINDS,
  SNIPPET_NAMES,
  snippetNeeds,
  type SnippetKind,
  type SnippetParts,
} from '../../core/embed-snippets.ts';
import { BASE, href } from '../address.ts';
import { useTheme } from '../live.ts';
import { copied } from '../clipboard.ts';

const FORMS = [
  ['image', 'Picture'],
  ['frame', 'Live frame'],
] as const;
const THEMES = [
  ['auto', "Reader's"],
  ['light', 'Light'],
  ['dark', 'Dark'],
] as const;

export function Snippets({ made }: { readonly made: EmbedCreated }) {
  const { link, alt, embed } = made;
  const [kind, setKind] = useState<SnippetKind>('markdown');
  const [form, setForm] = useState<SnippetParts['form']>('image');
  const [theme, setTheme] = useState<SnippetParts['theme']>('auto');
  const [said, setSaid] = useState('');
  const { width, height, noCache } = embed;
  // Only HTML can leave it to the reader.
  const shown = theme === 'auto' && kind !== 'html' ? 'light' : theme;
  const text = snippet(kind, { link, alt, title: embed.title || 'Graph', width, height, theme: shown, form, noCache });
  const needs = snippetNeeds(kind, form);
  const copy = async () => {
    if (await copied(text ?? '')) return setSaid('Copied.');
    document.querySelector<HTMLTextAreaElement>('#embed-text')?.select();
    setSaid('This browser lets no page copy here: it is selected, copy it by Ctrl+C.');
  };
  const change =
    <T,>(to: (value: T) => void) =>
    (value: T) => {
      setSaid('');
      to(value);
    };
  return (
    <div class="snippets">
      {isLocal(link) && (
        <p class="note caution">
          This link works on this machine only: set <code>publicUrl</code> to the address that the readers of the page reach, and
          make the link again.
        </p>
      )}
      <div class="tools">
        <Seg
          label="Kind of page"
          value={kind}
          of={SNIPPET_KINDS.map((one) => [one, SNIPPET_NAMES[one]] as const)}
          onChange={change(setKind)}
        />
        <Seg label="What it shows" value={form} of={FORMS} onChange={change(setForm)} />
        {form === 'image' && (
          <Seg label="Theme" value={shown} of={kind === 'html' ? THEMES : THEMES.slice(1)} onChange={change(setTheme)} />
        )}
      </div>
      {text !== null && (
        <>
          <label class="vh" for="embed-text">
            {`Text for ${SNIPPET_NAMES[kind]}`}
          </label>
          <textarea
            id="embed-text"
            class="mono"
            rows={4}
            readOnly
            spellcheck={false}
            value={text}
            onFocus={(event) => event.currentTarget.select()}
          />
        </>
      )}
      {needs !== '' && <p class="hint">{needs}</p>}
      <div class="row" role="status">
        {text !== null && (
          <button type="button" class="btn pri" onClick={() => void copy()}>
            Copy
          </button>
        )}
        <span class="said">{said}</span>
      </div>
      <p class="hint">
        The link is shown this once only. It ends when it is revoked under <a href={href({ page: 'embeds' })}>Embeds</a>.
      </p>
      {text !== null && <Preview made={made} form={form} theme={shown} titled={kind !== 'mediawiki'} />}
    </div>
  );
}

interface PreviewProps {
  readonly made: EmbedCreated;
  readonly form: SnippetParts['form'];
  readonly theme: SnippetParts['theme'];
  /** The alternative text gets there, too. */
  readonly titled: boolean;
}

/** The same picture, from this server's own address. */
function Preview({ made, form, theme, titled }: PreviewProps) {
  const { width, height, title } = made.embed;
  const own = `${BASE}/e/${made.link.slice(made.link.lastIndexOf('/') + 1)}`;
  const system = useTheme();
  const dark = (theme === 'auto' ? system : theme) === 'dark';
  return (
    <figure class={`look ${form === 'image' && dark ? 'dark' : ''}`}>
      <figcaption>As it will look</figcaption>
      {form === 'image' ? (
        <img src={`${own}${dark ? '-dark' : ''}@2x.png`} width={width} height={height} alt={made.alt} />
      ) : (
        <iframe src={`${own}.html`} width={width} height={height} title={title || 'Graph'} sandbox="allow-scripts" />
      )}
      {form === 'image' && (
        <p class="hint">
          {titled ? `Read aloud as: ${made.alt}` : 'MediaWiki takes no alternative text: say in the page what the picture shows.'}
        </p>
      )}
    </figure>
  );
}

interface SegProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly of: readonly (readonly [T, string])[];
  readonly onChange: (value: T) => void;
}

function Seg<T extends string>({ label, value, of, onChange }: SegProps<T>) {
  return (
    <div class="seg" role="group" aria-label={label}>
      {of.map(([key, word]) => (
        <button type="button" key={key} aria-pressed={value === key} onClick={() => onChange(key)}>
          {word}
        </button>
      ))}
    </div>
  );
}

function isLocal(link: string): boolean {
  const { hostname } = new URL(link);
  return hostname === 'localhost' || hostname.startsWith('127.') || hostname === '[::1]';
}
