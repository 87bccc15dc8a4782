/** What a device answered when it was asked for the first time. */
import type { ComponentChildren } from 'preact';
import type { PreviewView } from '../../core/api.ts';
import { countable } from '../../core/parts.ts';
import { count } from '../words.ts';

export interface Answer {
  readonly head: string;
  readonly ok: boolean;
  /** One sentence: what answered, or what is wrong and what to do. */
  readonly text: string;
  readonly preview: PreviewView | null;
}

const NAMES_SHOWN = 12;
const WORDS: Readonly<Record<string, string>> = { disk: 'filesystem', cpu: 'processor' };

export function Said({ answer, children }: { answer: Answer; children?: ComponentChildren }) {
  const { head, ok, text, preview } = answer;
  const { several, single } = found(preview);
  return (
    <div class={`answer ${ok ? '' : 'no'}`}>
      <p class="fig">{head}</p>
      <p>{upper(text)}</p>
      {ok && several.length + single.length > 0 && (
        <dl class="facts found">
          {several.flatMap(({ kind, names }) => [
            <dt key={kind}>{count(names.length, WORDS[kind] ?? kind)}</dt>,
            <dd key={`${kind} names`}>
              {names.slice(0, NAMES_SHOWN).join(', ')}
              {names.length > NAMES_SHOWN && ` and ${names.length - NAMES_SHOWN} more`}
            </dd>,
          ])}
          {single.length > 0 && <dt>also</dt>}
          {single.length > 0 && <dd>{single.join(', ')}</dd>}
        </dl>
      )}
      {preview?.notes?.map((note) => (
        <p key={note} class="s sec">
          {note}
        </p>
      ))}
      {children}
    </div>
  );
}

/** "answers SNMP 2c …" is told by whoever asked; here it stands alone. */
export const upper = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Families with named parts apart from those a device has once. */
function found(preview: PreviewView | null): { several: { kind: string; names: string[] }[]; single: string[] } {
  const kinds = new Map<string, string[]>();
  for (const { kind, name, key } of countable(preview?.instances ?? []))
    kinds.set(kind, [...(kinds.get(kind) ?? []), name || key]);
  const once = (kind: string, names: string[]) => names.length === 1 && names[0]?.toLowerCase() === kind;
  const all = [...kinds];
  return {
    several: all.filter(([kind, names]) => !once(kind, names)).map(([kind, names]) => ({ kind, names })),
    single: all.filter(([kind, names]) => once(kind, names)).map(([kind]) => (kind === 'cpu' ? 'CPU' : kind)),
  };
}
