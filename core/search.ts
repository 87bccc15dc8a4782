/** Finding devices, ports, filesystems and dashboards by a few letters of any of their names. */
import { Type, type Static } from 'typebox';

export const SearchHit = Type.Object({
  kind: Type.Enum(['device', 'interface', 'disk', 'dashboard', 'graph']),
  /** What it is called. */
  title: Type.String(),
  /** What else tells it apart: its device, alias, address, place. */
  detail: Type.String(),
  /** Page that shows it, and the id in that page's address. */
  page: Type.Enum(['device', 'graph', 'dashboard']),
  id: Type.String(),
});
export type SearchHit = Static<typeof SearchHit>;

/** Something that can be found. */
export interface Findable {
  readonly hit: SearchHit;
  /** Every text it is found by, in lower case; the first one is its name. */
  readonly texts: readonly string[];
}

const KIND_RANK: Readonly<Record<SearchHit['kind'], number>> = { device: 0, dashboard: 1, graph: 2, interface: 3, disk: 4 };
const WORDS_MAX = 8;

/**
 * What matches every word of the query, best first: a name that is the word, then one that begins with it,
 * then a text in which a word begins with it, then any that holds it. One pass, no pattern language.
 * @param limit most hits returned
 */
export function search(all: Iterable<Findable>, query: string, limit: number): SearchHit[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean).slice(0, WORDS_MAX);
  if (words.length === 0) return [];
  const best: Scored[] = [];
  for (const { hit, texts } of all) {
    const found = { hit, score: scoreOf(texts, words) };
    const worst = best.length < limit ? undefined : best.at(-1);
    // A letter or two fit most of everything: only the best are put in order.
    if (found.score === 0 || (worst && inOrder(found, worst) >= 0)) continue;
    if (worst) best.pop();
    let at = best.length;
    while (at > 0 && inOrder(found, best[at - 1] ?? found) < 0) at--;
    best.splice(at, 0, found);
  }
  return best.map(({ hit }) => hit);
}

interface Scored {
  readonly hit: SearchHit;
  readonly score: number;
}
function inOrder(a: Scored, b: Scored): number {
  return (
    b.score - a.score ||
    KIND_RANK[a.hit.kind] - KIND_RANK[b.hit.kind] ||
    a.hit.title.length - b.hit.title.length ||
    (a.hit.title < b.hit.title ? -1 : a.hit.title > b.hit.title ? 1 : 0)
  );
}

function scoreOf(texts: readonly string[], words: readonly string[]): number {
  let total = 0;
  for (const word of words) {
    let best = 0;
    texts.forEach((text, i) => {
      const at = text.indexOf(word);
      if (at < 0) return;
      const whole = text === word ? 4 : at === 0 ? 3 : /[\s._:/-]/.test(text[at - 1] ?? '') ? 2 : 1;
      // Of two that match alike the one whose own name matches is meant.
      best = Math.max(best, whole * 2 + (i === 0 ? 1 : 0));
    });
    if (best === 0) return 0;
    total += best;
  }
  return total;
}
