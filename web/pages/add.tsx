import { useState } from 'preact/hooks';
import type { DeviceInput, PreviewView } from '../../core/api.ts';
import type { Shared } from '../app.tsx';
import { AddFields } from '../device/add-fields.tsx';
import { EMPTY, toInput, type Filled } from '../device/add-form.ts';
import { api, ApiError, sentence } from '../api.ts';
import { go } from '../live.ts';
import { useTitle } from '../parts.tsx';
import { count } from '../words.ts';

type Answer = { readonly ok: boolean; readonly text: string; readonly preview: PreviewView | null };

export function AddPage({ reloadDevices }: Shared) {
  useTitle('Add a device');
  const [filled, setFilled] = useState<Filled>(EMPTY);
  const [busy, setBusy] = useState<'' | 'test' | 'add'>('');
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [wrong, setWrong] = useState<Readonly<Record<string, string>>>({});

  const ask = async (what: 'test' | 'add', force = false) => {
    const input: DeviceInput = toInput(filled);
    if (input.address === '') {
      setWrong({ address: 'Give a host name or an address.' });
      document.getElementById('address')?.focus();
      return;
    }
    setBusy(what);
    setWrong({});
    setAnswer(null);
    const signal = new AbortController().signal;
    try {
      if (what === 'test') {
        const preview = await api.test(input, signal);
        setAnswer({ ok: preview.ok, text: preview.text, preview });
      } else {
        const { device } = await api.add(force ? { ...input, force } : input, signal);
        reloadDevices();
        go({ page: 'device', id: device.id });
      }
    } catch (error) {
      setWrong(error instanceof ApiError ? error.fields : {});
      setAnswer({ ok: false, text: sentence(error), preview: null });
    } finally {
      setBusy('');
    }
  };

  return (
    <>
      <div class="head">
        <h1>Add a device</h1>
      </div>
      <div class="add">
        <form
          class="form"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            void ask('add');
          }}
        >
          <AddFields filled={filled} wrong={wrong} onChange={(change) => setFilled({ ...filled, ...change })} />
          <div class="row">
            <button class="btn pri" type="submit" disabled={busy !== ''}>
              {busy === 'add' ? 'Adding…' : 'Add device'}
            </button>
            <button class="btn" type="button" disabled={busy !== ''} onClick={() => void ask('test')}>
              {busy === 'test' ? 'Asking…' : 'Test'}
            </button>
          </div>
        </form>
        <div class="said" role="status">
          {busy !== '' && <p class="sec">Waiting for {filled.address.trim()} to answer.</p>}
          {answer && (
            <Said answer={answer}>
              {!answer.ok && answer.preview === null && Object.keys(wrong).length === 0 && (
                <button class="btn" type="button" onClick={() => void ask('add', true)}>
                  Add it all the same
                </button>
              )}
            </Said>
          )}
        </div>
      </div>
    </>
  );
}

function Said({ answer, children }: { answer: Answer; children: preact.ComponentChildren }) {
  const { ok, text, preview } = answer;
  const kinds = new Map<string, string[]>();
  for (const { kind, name, key } of preview?.instances ?? []) kinds.set(kind, [...(kinds.get(kind) ?? []), name || key]);
  return (
    <div class={`answer ${ok ? '' : 'no'}`}>
      <p class="fig">{ok ? 'It answers' : 'It was not reached'}</p>
      <p>{text}</p>
      {kinds.size > 0 && (
        <dl class="facts found">
          {[...kinds].map(([kind, names]) => (
            <>
              <dt key={kind}>{count(names.length, kindWord(kind))}</dt>
              <dd>{names.slice(0, 12).join(', ') + (names.length > 12 ? ` and ${names.length - 12} more` : '')}</dd>
            </>
          ))}
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

const kindWord = (kind: string) => (kind === 'disk' ? 'filesystem' : kind);
