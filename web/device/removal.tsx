/** Removing a device for good: what is lost is said, and its name must be typed. */
import { useState } from 'preact/hooks';
import type { DeviceView } from '../../core/api.ts';
import type { Shared } from '../app.tsx';
import { api, sentence } from '../api.ts';
import { go, useLive } from '../live.ts';
import { Text } from './field.tsx';
import { lostHistory } from './lost-history.ts';

export function Removal({ device, zone, reloadDevices }: Shared & { device: DeviceView }) {
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState('');
  const [wrong, setWrong] = useState('');
  const [busy, setBusy] = useState(false);
  const instances = useLive(
    `instances ${device.id}`,
    (signal) => api.instances(device.id, signal),
    () => null,
  );
  const lost = instances.value === null ? 'its whole history' : lostHistory(instances.value, zone);

  const remove = async () => {
    if (typed.trim() !== device.name) {
      setWrong(`That is not its name. Type ${device.name}`);
      document.getElementById('confirm')?.focus();
      return;
    }
    setBusy(true);
    setWrong('');
    try {
      await api.remove(device.id, new AbortController().signal);
      reloadDevices();
      go({ page: 'devices' });
    } catch (error) {
      setWrong(sentence(error));
      setBusy(false);
    }
  };

  const close = () => {
    setOpen(false);
    requestAnimationFrame(() => document.getElementById('remove')?.focus());
  };
  return (
    <section class="removal">
      <header>
        <h2>Remove</h2>
      </header>
      <p class="prose">
        Removing {device.name} deletes {lost}, with its events and what it is asked with. It cannot be undone; only a backup made
        before holds it.
      </p>
      {open ? (
        <form
          class="form"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            void remove();
          }}
        >
          <Text id="confirm" label={`Type ${device.name} to confirm`} value={typed} wrong={wrong} onInput={setTyped} />
          <div class="row" role="status">
            <button class="btn pri" type="submit" disabled={busy}>
              {busy ? 'Removing…' : `Remove ${device.name} and its history`}
            </button>
            <button class="btn" type="button" disabled={busy} onClick={() => close()}>
              Keep it
            </button>
          </div>
        </form>
      ) : (
        <button
          class="btn"
          id="remove"
          type="button"
          onClick={() => {
            setOpen(true);
            setTyped('');
            // Once the field is there.
            requestAnimationFrame(() => document.getElementById('confirm')?.focus());
          }}
        >
          Remove this device …
        </button>
      )}
    </section>
  );
}
