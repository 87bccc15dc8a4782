/** Heads of columns that sort. */
import type { ComponentChildren } from 'preact';

export type Order = 'ascending' | 'descending';

/** What a table is sorted by; the address holds it. */
export interface Sorting<Sort extends string> {
  readonly sort: Sort;
  readonly order: Order;
  readonly onSort: (sort: Sort, order: Order) => void;
}

export interface HeadProps<Sort extends string> {
  readonly by: Sort;
  /** Order of the first click: names go up, figures show the greatest first. */
  readonly first?: Order;
  /** Null: the table stands in a fixed order. */
  readonly sorting: Sorting<Sort> | null;
  readonly class?: string;
  readonly colSpan?: number;
  readonly children: ComponentChildren;
}

export function Head<Sort extends string>({ by, first = 'descending', sorting, children, ...rest }: HeadProps<Sort>) {
  if (!sorting)
    return (
      <th scope="col" {...rest}>
        {children}
      </th>
    );
  const current = sorting.sort === by;
  const next: Order = !current ? first : sorting.order === 'ascending' ? 'descending' : 'ascending';
  return (
    <th scope="col" {...rest} {...(current ? { 'aria-sort': sorting.order } : {})}>
      <button type="button" onClick={() => sorting.onSort(by, next)}>
        {children}
      </button>
    </th>
  );
}

/** Sorting as an address says it, or what the table begins with. */
export function sortingOf<Sort extends string>(
  text: string,
  known: readonly Sort[],
  fallback: { readonly sort: Sort; readonly order: Order },
): { sort: Sort; order: Order } {
  const [name = '', order] = text.split(':');
  const sort = known.find((one) => one === name);
  if (sort === undefined) return fallback;
  return { sort, order: order === 'ascending' || order === 'descending' ? order : sort === 'name' ? 'ascending' : 'descending' };
}
