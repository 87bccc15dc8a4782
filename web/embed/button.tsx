/** "Embed" on a graph; the dialog's code comes when it is wanted. */
import { useState } from 'preact/hooks';
import type { GraphData } from '../../core/graph.ts';
import { later } from '../later.tsx';

export interface EmbedOf {
  readonly graph: GraphData;
  /** As it is shown now. */
  readonly range: string;
  /** Name of the device it is about; '' for a graph of many. */
  readonly device: string;
}

const EmbedDialog = later<EmbedOf & { readonly onClose: () => void }>(() => import('./dialog.tsx').then((m) => m.EmbedDialog));

export function EmbedButton({ of }: { readonly of: EmbedOf | null }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" class="btn" disabled={of === null} onClick={() => setOpen(true)}>
        Embed
      </button>
      {open && of && <EmbedDialog {...of} onClose={() => setOpen(false)} />}
    </>
  );
}
