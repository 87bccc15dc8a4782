/** Reads YAML and remembers on which line each key stands. */
import { isMap, isNode, isSeq, LineCounter, parseDocument, type Document } from 'yaml';
import type { Path } from './explain.ts';

export interface YamlFile {
  readonly value: unknown;
  /** Line (from 1) of the key or entry at a path, or of what is nearest above it. */
  readonly lineOf: (path: Path) => number;
  readonly faults: readonly { readonly line: number; readonly text: string }[];
}

export function parseYaml(text: string): YamlFile {
  const lines = new LineCounter();
  // A bounded count of aliases, so that a small file cannot become a huge value.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const faults = document.errors.map((error) => ({
    line: lines.linePos(error.pos[0]).line,
    text: `is not valid YAML: ${plain(error.message)}`,
  }));
  return {
    value: faults.length > 0 ? null : (document.toJS({ maxAliasCount: 100 }) as unknown),
    lineOf: (path) => lines.linePos(offsetOf(document, path)).line,
    faults,
  };
}

function plain(message: string): string {
  const [first = ''] = message.split('\n');
  return first.charAt(0).toLowerCase() + first.slice(1);
}

function offsetOf(document: Document, path: Path): number {
  let node: unknown = document.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isNode(item.key) && String(item.key) === String(step));
      if (!pair || !isNode(pair.key)) break;
      offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      if (!isNode(node)) break;
      offset = node.range?.[0] ?? offset;
    } else break;
  }
  return offset;
}
