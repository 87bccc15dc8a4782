/** The graph as the file of a dashboard: to copy, or to put into the folder of one's own. */
import { useState } from 'preact/hooks';
import { api } from '../api.ts';
import { useLive } from '../live.ts';
import { Trouble } from '../parts.tsx';
import { copied } from '../clipboard.ts';
import { graphFile } from './file.ts';

/** @param id of the graph */
export function YamlPanel({ id }: { readonly id: string }) {
  const [said, setSaid] = useState('');
  const { value, error } = useLive(
    `yaml ${id}`,
    (signal) => graphFile(id, signal),
    () => null,
  );
  const yaml = value ?? '';
  const copy = async () =>
    setSaid((await copied(yaml)) ? 'Copied.' : 'The browser does not let it be copied: select the text, or download the file.');
  return (
    <section class="yaml">
      <header>
        <h2>As a dashboard</h2>
        <span class="end row">
          <span role="status" class="mut">
            {said}
          </span>
          <button type="button" class="btn" onClick={() => void copy()}>
            Copy
          </button>
          <a class="btn" href={api.fileAddress(id, 'yaml')} download>
            Download
          </a>
        </span>
      </header>
      <Trouble error={error} />
      <pre class="mono" tabIndex={0} aria-label="The graph as YAML">
        {yaml}
      </pre>
      <p class="s mut">
        Put the file into the folder that <span class="mono">dashboards</span> names in the configuration, or its graph under the{' '}
        <span class="mono">graphs</span> of a file that is there. It is seen two seconds later.
      </p>
    </section>
  );
}
