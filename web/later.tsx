/** Parts whose code comes when they are first shown, or before, when there is time. */
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';

export interface Later<P> {
  (props: P): ReturnType<typeof Sorry> | null;
  /** Fetches the code; a failure is told when the part is shown. */
  readonly fetch: () => void;
}

export function later<P extends object>(load: () => Promise<ComponentType<P>>): Later<P> {
  let here: ComponentType<P> | null = null;
  let coming: Promise<void> | null = null;
  const come = () => (coming ??= load().then((part) => void (here = part)));
  function Part(props: P) {
    const [failed, setFailed] = useState(false);
    const [, setArrived] = useState(false);
    useEffect(() => {
      if (here) return;
      come().then(
        () => setArrived(true),
        () => {
          coming = null; // The next time may have more luck.
          setFailed(true);
        },
      );
    }, []);
    if (here) {
      const Shown = here;
      return <Shown {...props} />;
    }
    return failed ? <Sorry /> : null;
  }
  return Object.assign(Part, {
    fetch: () => {
      come().catch(() => (coming = null));
    },
  });
}

function Sorry() {
  return (
    <p class="note error">This part of the dashboard did not load. Load the page again; the server may have been updated.</p>
  );
}
