/** The three ways to add devices, as one row. */
import { href } from '../address.ts';

const WAYS = [
  ['add', 'One device'],
  ['bulk', 'Paste a list'],
  ['range', 'Search a range'],
] as const;

export function AddTabs({ page }: { page: (typeof WAYS)[number][0] }) {
  return (
    <>
      <div class="head">
        <h1>Add devices</h1>
      </div>
      <nav class="page-tabs" aria-label="Ways to add devices">
        {WAYS.map(([way, words]) => (
          <a key={way} href={href({ page: way })} {...(way === page ? { 'aria-current': 'page' as const } : {})}>
            {words}
          </a>
        ))}
      </nav>
    </>
  );
}
