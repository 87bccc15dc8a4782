/** A page whose code comes when it is first shown. */
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';

export function later<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let here: ComponentType<P> | null = null;
  return function Later(props: P) {
    const [failed, setFailed] = useState(false);
    const [, setArrived] = useState(false);
    useEffect(() => {
      if (here) return;
      load().then(
        (page) => {
          here = page;
          setArrived(true);
        },
        () => setFailed(true),
      );
    }, []);
    if (here) {
      const Page = here;
      return <Page {...props} />;
    }
    return failed ? (
      <p class="note error">This part of the dashboard did not load. Load the page again; the server may have been updated.</p>
    ) : null;
  };
}
