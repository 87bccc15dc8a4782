import { useState } from 'preact/hooks';
import type { DeviceView } from '../../core/api.ts';
import type { Shared } from '../app.tsx';
import { href } from '../address.ts';
import { api } from '../api.ts';
import { AddFields } from '../device/add-fields.tsx';
import type { Filled } from '../device/add-form.ts';
import { tested, useAsking } from '../device/asking.ts';
import { filledFrom, keptSecrets, refusedChange, toChange } from '../device/edit-form.ts';
import { Fixed } from '../device/fixed.tsx';
import { Removal } from '../device/removal.tsx';
import { Said } from '../device/said.tsx';
import { useLive } from '../live.ts';
import { isMissing, NoSuchDevice, Trouble, useTitle } from '../parts.tsx';

export function EditPage(shared: Shared) {
  const { route } = shared;
  const live = useLive(
    `device ${route.id}`,
    (signal) => api.device(route.id, signal),
    () => null,
  );
  const device = live.value;
  useTitle(device ? `Edit ${device.name}` : 'Edit a device');
  if (isMissing(live.error)) {
    return <NoSuchDevice />;
  }
  if (!device) return <Trouble error={live.error} />;
  return (
    <>
      <p class="crumb">
        <a href={href({ page: 'devices' })}>Devices</a> / <a href={href({ page: 'device', id: device.id })}>{device.name}</a>
      </p>
      <div class="head">
        <h1>Edit {device.name}</h1>
      </div>
      {device.origin === 'config' || device.origin === 'self' ? (
        <Fixed device={device} />
      ) : (
        <>
          <EditForm {...shared} device={device} onSaved={live.reload} />
          <Removal {...shared} device={device} />
        </>
      )}
    </>
  );
}

function EditForm({ device, onSaved, reloadDevices }: Shared & { device: DeviceView; onSaved: () => void }) {
  const [filled, setFilled] = useState<Filled>(() => filledFrom(device));
  const { busy, wrong, answer, ask } = useAsking({ test: 'Not tested', save: 'Not saved' });
  const test = () =>
    void ask('test', refusedChange(device, filled), async (signal) =>
      tested(await api.testKnown(device.id, toChange(device, filled), signal)),
    );
  const save = () =>
    void ask('save', refusedChange(device, filled), async (signal) => {
      const change = toChange(device, filled);
      if (Object.keys(change).length === 0)
        return { head: 'Nothing to save', ok: true, text: 'Everything is as it is kept.', preview: null };
      const { preview, ...saved } = await api.change(device.id, change, signal);
      setFilled(filledFrom(saved));
      reloadDevices();
      onSaved();
      return {
        head: preview?.ok === false ? 'Saved, but it does not answer' : 'Saved',
        ok: preview?.ok !== false,
        text: preview?.text ?? 'Nothing asks this device.',
        preview,
      };
    });

  return (
    <div class="add">
      <form
        class="form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        {device.sources.length === 0 && (
          <p class="note">
            {device.reason} Give its address and how it is asked to poll it from now on: its history goes on. Without them, name,
            place and tags can be changed.
          </p>
        )}
        <AddFields
          known
          filled={filled}
          wrong={wrong}
          kept={keptSecrets(device, filled)}
          onChange={(change) => setFilled({ ...filled, ...change })}
        />
        <div class="row">
          <button class="btn pri" type="submit" disabled={busy !== ''}>
            {busy === 'save' ? 'Saving…' : 'Save'}
          </button>
          <button class="btn" type="button" disabled={busy !== ''} onClick={test}>
            {busy === 'test' ? 'Asking…' : 'Test'}
          </button>
          <a class="btn" href={href({ page: 'device', id: device.id })}>
            Back to the device
          </a>
        </div>
      </form>
      <div class="said" role="status">
        {busy !== '' && <p class="sec">Waiting for {filled.address.trim() || device.name} to answer.</p>}
        {answer && <Said answer={answer} />}
      </div>
    </div>
  );
}
