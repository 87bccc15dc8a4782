/** Cells of a line of a table: by commas, semicolons or tabs, quoted where they hold one. */

export type Separator = ',' | ';' | '\t';

/** What separates the cells of these lines, by the first line that holds any; a tab before others. */
export function separatorOf(lines: readonly string[]): Separator {
  const order: readonly Separator[] = ['\t', ';', ','];
  for (const line of lines) {
    // What is quoted is text.
    const bare = line.replace(/"[^"]*"/g, '');
    const found = order.find((separator) => bare.includes(separator));
    if (found) return found;
  }
  return ',';
}

/** Cells without the space around them; null when a quotation mark is not closed. */
export function cellsOf(line: string, separator: Separator): string[] | null {
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    while (line[at] === ' ' || (line[at] === '\t' && separator !== '\t')) at++;
    let cell = '';
    if (line[at] === '"') {
      let end = line.indexOf('"', at + 1);
      for (; end >= 0 && line[end + 1] === '"'; end = line.indexOf('"', end + 2));
      if (end < 0) return null;
      cell = line.slice(at + 1, end).replaceAll('""', '"');
      at = end + 1;
    }
    const next = line.indexOf(separator, at);
    cells.push((cell + line.slice(at, next < 0 ? undefined : next)).trim());
    if (next < 0) return cells;
    at = next + 1;
  }
}
