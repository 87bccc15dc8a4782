import { useEffect, useMemo, useState } from 'preact/hooks';
import { DEFAULT_COLUMNS, LIST_MAX, parseDeviceList, type DeviceList } from '../../core/device-list.ts';
import { planDevices } from '../../core/device-plan.ts';
import type { Shared } from '../app.tsx';
import { AskedFields, PlaceField, TagsField } from '../device/add-fields.tsx';
import { EMPTY, focusFirst, refusedOfMany, toShared, type Filled, type Wrong } from '../device/add-form.ts';
import { addOne } from '../device/add-one.ts';
import { AddTabs } from '../device/add-tabs.tsx';
import { createAdding } from '../device/adding.ts';
import { AddingTools, useAdding } from '../device/adding-parts.tsx';
import { ListTable } from '../device/list-table.tsx';
import { Below } from '../device/field.tsx';
import { useTitle } from '../parts.tsx';
import { count, whole } from '../words.ts';

/** Kept while other pages are looked at. */
let kept: { text: string; filled: Filled; list: DeviceList } = { text: '', filled: EMPTY, list: { devices: [], faults: [] } };
let reload = (): void => undefined;
const adding = createAdding(addOne, () => reload());

export function BulkPage({ devices, reloadDevices }: Shared) {
  useTitle('Add a list of devices');
  useAdding(adding);
  reload = reloadDevices;
  const [text, setText] = useState(kept.text);
  const [filled, setFilled] = useState(kept.filled);
  const [wrong, setWrong] = useState<Wrong>({});
  const parsed = useMemo(() => parseDeviceList(text), [text]);
  const list = useMemo(() => planDevices(parsed, toShared(filled), devices ?? []), [parsed, filled, devices]);
  const begun = adding.rows().length > 0;
  useEffect(() => {
    if (!begun) kept = { text, filled, list };
  }, [text, filled, list, begun]);

  const start = () => {
    const found = refusedOfMany(filled);
    setWrong(found);
    if (focusFirst(found)) return;
    adding.start(list.devices.map(({ line, input }) => ({ key: String(line), input })));
  };

  if (begun) {
    return (
      <>
        <AddTabs page="bulk" />
        <div class="adding">
          <AddingTools adding={adding} again="Another list" onClear={() => adding.clear()} />
        </div>
        <ListTable list={kept.list} rows={adding.rows()} />
      </>
    );
  }
  return (
    <>
      <AddTabs page="bulk" />
      <form
        class="add"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          start();
        }}
      >
        <div class="form">
          <div class="field">
            <label for="list">One device a line</label>
            <textarea
              id="list"
              class="mono"
              rows={12}
              spellcheck={false}
              placeholder={'192.0.2.1\n192.0.2.2,core2,Paris,edge|rack 4'}
              value={text}
              aria-describedby="list-about"
              onInput={(event) => setText(event.currentTarget.value)}
            />
            <Below id="list" wrong="">
              An address, or columns with commas, semicolons or tabs between them: {DEFAULT_COLUMNS.join(', ')}. A first line may
              name other columns. At most <span class="nw">{whole(LIST_MAX)}</span> devices.
            </Below>
          </div>
          <div class="field">
            <label for="file">Or take a file</label>
            <input
              id="file"
              type="file"
              accept=".csv,.tsv,.txt,text/*"
              onChange={(event) => void readFile(event.currentTarget, setText)}
            />
          </div>
        </div>
        <fieldset class="form">
          <legend>For lines that do not say otherwise</legend>
          <AskedFields filled={filled} wrong={wrong} onChange={(change) => setFilled({ ...filled, ...change })} />
          <div class="pair">
            <PlaceField filled={filled} wrong={wrong} onChange={(change) => setFilled({ ...filled, ...change })} />
            <TagsField filled={filled} wrong={wrong} onChange={(change) => setFilled({ ...filled, ...change })} />
          </div>
        </fieldset>
        <div class="whole">
          <p role="status" class="sec">
            {text.trim() === '' ? 'Nothing is asked before you say so.' : planLine(list)}
          </p>
          <p class="row">
            <button class="btn pri" type="submit" disabled={list.devices.length === 0}>
              {list.devices.length === 0 ? 'Add devices' : `Add ${count(list.devices.length, 'device')}`}
            </button>
          </p>
          <ListTable list={list} rows={[]} />
        </div>
      </form>
    </>
  );
}

/** "40 devices can be added; 3 lines cannot." */
function planLine({ devices, faults }: DeviceList): string {
  const can = `${count(devices.length, 'device')} can be added`;
  return faults.length === 0 ? `${can}.` : `${can}; ${count(faults.length, 'line')} cannot.`;
}

const FILE_MAX_BYTES = 4_000_000;

async function readFile(input: HTMLInputElement, set: (text: string) => void): Promise<void> {
  const file = input.files?.[0];
  if (!file) return;
  // What is longer is refused in words by the reader of the list.
  set(await file.slice(0, FILE_MAX_BYTES).text());
}
