import { useState } from 'preact/hooks';
import type { Shared } from '../app.tsx';
import { AddFields } from '../device/add-fields.tsx';
import { EMPTY, refused, toInput, type Filled } from '../device/add-form.ts';
import { AddTabs } from '../device/add-tabs.tsx';
import { tested, useAsking } from '../device/asking.ts';
import { api, ApiError } from '../api.ts';
import { Said } from '../device/said.tsx';
import { go } from '../live.ts';
import { useTitle } from '../parts.tsx';

export function AddPage({ reloadDevices }: Shared) {
  useTitle('Add a device');
  const [filled, setFilled] = useState<Filled>(EMPTY);
  const { busy, wrong, answer, ask } = useAsking({ test: 'Not tested', add: 'Not added' });
  /** It was refused only because the device did not answer. */
  const [silent, setSilent] = useState(false);

  const test = () => {
    setSilent(false);
    void ask('test', refused(filled), async (signal) => tested(await api.test(toInput(filled), signal)));
  };
  const add = async (force = false) => {
    setSilent(false);
    const error = await ask('add', refused(filled), async (signal) => {
      const { device } = await api.add(force ? { ...toInput(filled), force } : toInput(filled), signal);
      reloadDevices();
      go({ page: 'device', id: device.id });
      return null;
    });
    setSilent(error instanceof ApiError && error.status === 422);
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
            void add();
          }}
        >
          <AddFields filled={filled} wrong={wrong} onChange={(change) => setFilled({ ...filled, ...change })} />
          <div class="row">
            <button class="btn pri" type="submit" disabled={busy !== ''}>
              {busy === 'add' ? 'Adding…' : 'Add device'}
            </button>
            <button class="btn" type="button" disabled={busy !== ''} onClick={test}>
              {busy === 'test' ? 'Asking…' : 'Test'}
            </button>
          </div>
        </form>
        <div class="said" role="status">
          {busy !== '' && <p class="sec">Waiting for {filled.address.trim()} to answer.</p>}
          {answer && (
            <Said answer={answer}>
              {silent && (
                <button class="btn" type="button" onClick={() => void add(true)}>
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
