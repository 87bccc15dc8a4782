/** What the job disturbs: servers and ports, found by their names, in the address by their ids. */
import { useEffect, useState } from 'preact/hooks';
import type { DeviceView } from '../../core/api.ts';
import { api } from '../api.ts';
import { useLive } from '../live.ts';
import { Trouble } from '../parts.tsx';

const REST_MS = 150;
const SHOWN = 8;
export const PICKS_MAX = 20;

interface PickerProps {
  /** `device` or `device/instance`. */
  readonly picks: readonly string[];
  /** By pick; of ports only those that the server has told of. */
  readonly names: ReadonlyMap<string, string>;
  readonly devices: readonly DeviceView[];
  readonly onChange: (picks: readonly string[], names: ReadonlyMap<string, string>) => void;
}

export function Picker({ picks, names, devices, onChange }: PickerProps) {
  const [text, setText] = useState('');
  const [asked, setAsked] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => setAsked(text.trim()), REST_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const { value, error } = useLive(
    asked === '' ? null : asked,
    (signal) => api.search(asked, signal),
    () => null,
  );
  const found =
    asked === ''
      ? []
      : (value?.items ?? []).flatMap(({ kind, title, detail, id }) => {
          const [, device = '', instance = ''] = id.split('~');
          if (kind === 'device') return [{ pick: id, name: title, detail }];
          return kind === 'interface'
            ? [{ pick: `${device}/${instance}`, name: `${detail.split(', ')[0] ?? ''} ${title}`, detail }]
            : [];
        });
  const nameOf = (pick: string) => names.get(pick) ?? devices.find(({ id }) => id === pick)?.name ?? pick.split('/')[1] ?? pick;
  const add = (pick: string, name: string) => {
    setText('');
    setAsked('');
    onChange([...picks, pick], new Map([...names, [pick, name]]));
  };
  return (
    <fieldset class="picker">
      <legend>What the job disturbs</legend>
      <input
        type="search"
        aria-label="Server or port"
        placeholder={picks.length >= PICKS_MAX ? 'Twenty at most' : 'Server or port'}
        disabled={picks.length >= PICKS_MAX}
        autocomplete="off"
        spellcheck={false}
        maxLength={100}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <Trouble error={error} />
      {asked !== '' && value && found.length === 0 && <p class="s mut">No server or port is called so.</p>}
      <ul aria-label="Found">
        {found
          .filter(({ pick }) => !picks.includes(pick))
          .slice(0, SHOWN)
          .map(({ pick, name, detail }) => (
            <li key={pick}>
              <button type="button" class="btn" onClick={() => add(pick, name)}>
                <span>Add {name}</span>
              </button>{' '}
              <span class="s mut wrap">{detail}</span>
            </li>
          ))}
      </ul>
      <ul class="row" aria-label="Picked">
        {picks.map((pick) => (
          <li key={pick}>
            <button
              type="button"
              class="btn"
              aria-label={`Remove ${nameOf(pick)}`}
              onClick={() =>
                onChange(
                  picks.filter((one) => one !== pick),
                  names,
                )
              }
            >
              <span>{nameOf(pick)}</span>
              <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
                <path d="m4 4 8 8M12 4l-8 8" />
              </svg>
            </button>
          </li>
        ))}
      </ul>
    </fieldset>
  );
}
