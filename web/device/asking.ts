/** Asking for something from a form of a device: what is under way, which fields were refused, what came back. */
import { useState } from 'preact/hooks';
import type { PreviewView } from '../../core/api.ts';
import { ApiError, sentence } from '../api.ts';
import { focusFirst, type Wrong } from './add-form.ts';
import type { Answer } from './said.tsx';

export interface Asking<What extends string> {
  /** What is under way, or ''. */
  readonly busy: What | '';
  readonly wrong: Wrong;
  readonly answer: Answer | null;
  /**
   * @param found what is wrong before anything is asked; then nothing is, and the first such field gets the focus
   * @param work answers with what is to be said, or null when the page goes elsewhere
   * @returns why it failed; null when it did not
   */
  readonly ask: (what: What, found: Wrong, work: (signal: AbortSignal) => Promise<Answer | null>) => Promise<unknown>;
}

/** @param failed head of the answer for each thing that can be asked, when it fails */
export function useAsking<What extends string>(failed: Readonly<Record<What, string>>): Asking<What> {
  const [busy, setBusy] = useState<What | ''>('');
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [wrong, setWrong] = useState<Wrong>({});
  const ask: Asking<What>['ask'] = async (what, found, work) => {
    setWrong(found);
    setAnswer(null);
    if (focusFirst(found)) return null;
    setBusy(what);
    try {
      setAnswer(await work(new AbortController().signal));
      return null;
    } catch (error) {
      const fields = error instanceof ApiError ? error.fields : {};
      setWrong(fields);
      focusFirst(fields);
      setAnswer({ head: failed[what], ok: false, text: sentence(error), preview: null });
      return error;
    } finally {
      setBusy('');
    }
  };
  return { busy, wrong, answer, ask };
}

/** What a test came to. */
export function tested(preview: PreviewView): Answer {
  return { head: preview.ok ? 'It answers' : 'The test failed', ok: preview.ok, text: preview.text, preview };
}
