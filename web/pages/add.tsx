import { useState } from 'preact/hooks';
import type { DeviceInput } from '../../core/api.ts';
import type { Shared } from '../app.tsx';
import { AddFields } from '../device/add-fields.tsx';
import { EMPTY, focusFirst, refused, toInput, type Filled, type Wrong } from '../device/add-form.ts';
import { AddTabs } from '../device/add-tabs.tsx';
import { api, ApiError, sentence } from '../api.ts';
import { Said, type Answer } from '../device/said.tsx';
import { go } from '../live.ts';
import { useTitle } from '../parts.tsx';

export function AddPage({ reloadDevices }: Shared) {
  useTitle('Add a device');
  const [filled, setFilled] = useState<Filled>(EMPTY);
  const [busy, setBusy] = useState<'' | 'test' | 'add'>('');
  const [answer, setAnswer] = useState<Answer | null>(null);
  /** It was refused only because the device did not answer. */
  const [silent, setSilent] = useState(false);
  const [wrong, setWrong] = useState<Wrong>({});

  const ask = async (what: 'test' | 'add', force = false) => {
    const found = refused(filled);
    setWrong(found);
    setAnswer(null);
    setSilent(false);
    if (focusFirst(found)) return;
    const input: DeviceInput = toInput(filled);
    setBusy(what);
    const signal = new AbortController().signal;
    try {
      if (what === 'test') {
        const preview = await api.test(input, signal);
        setAnswer({ head: preview.ok ? 'It answers' : 'The test failed', ok: preview.ok, text: preview.text, preview });
      } else {
        const { device } = await api.add(force ? { ...input, force } : input, signal);
        reloadDevices();
        go({ page: 'device', id: device.id });
      }
    } catch (error) {
      const fields = error instanceof ApiError ? error.fields : {};
      setWrong(fields);
      focusFirst(fields);
      setAnswer({ head: what === 'add' ? 'Not added' : 'Not tested', ok: false, text: sentence(error), preview: null });
      setSilent(error instanceof ApiError && error.status === 422);
    } finally {
      setBusy('');
    }
  };

  return (
    <>
      <AddTabs page="add" />
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
              {silent && (
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
