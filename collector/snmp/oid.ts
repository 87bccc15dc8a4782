/** Object identifiers as dotted text. */

/** Order of two OIDs in the tree: negative when a comes first. */
export function compareOids(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  let at = 0;
  while (at < shared && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  // One is the beginning of the other: by whole parts, or by digits of the last one.
  if (at === shared) return a.length - b.length;
  while (at > 0 && a.charCodeAt(at - 1) !== DOT) at--;
  return partAt(a, at) - partAt(b, at);
}

const DOT = 46;

function partAt(oid: string, from: number): number {
  let value = 0;
  for (let at = from; at < oid.length; at++) {
    const code = oid.charCodeAt(at);
    if (code === DOT) break;
    value = value * 10 + (code - 48);
  }
  return value;
}

/** What follows root in oid (`7.1`), null when oid is not below root. */
export function indexBelow(root: string, oid: string): string | null {
  return oid.startsWith(root) && oid[root.length] === '.' ? oid.slice(root.length + 1) : null;
}

export const SYS_DESCR = '1.3.6.1.2.1.1.1.0';
export const SYS_OBJECT_ID = '1.3.6.1.2.1.1.2.0';
export const SYS_UP_TIME = '1.3.6.1.2.1.1.3.0';
export const SYS_CONTACT = '1.3.6.1.2.1.1.4.0';
export const SYS_NAME = '1.3.6.1.2.1.1.5.0';
export const SYS_LOCATION = '1.3.6.1.2.1.1.6.0';
