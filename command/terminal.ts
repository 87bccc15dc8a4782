/** Where a command reads and writes: results on standard output, sentences on standard error. */
import { createInterface } from 'node:readline';
import { Writable, type Readable } from 'node:stream';
import { visible } from '../core/text.ts';
import { UsageError } from './command.ts';

export interface Terminal {
  /** A line of the result. */
  readonly print: (text: string) => void;
  /** A result that is no text. */
  readonly write: (bytes: Uint8Array) => void;
  /** A sentence to the person. */
  readonly say: (text: string) => void;
  /** A secret typed without an echo. @throws UsageError when nobody can type */
  askSecret(question: string, orElse: string): Promise<string>;
  readonly stdin: Readable;
}

export function createTerminal(stdin: NodeJS.ReadStream, stdout: NodeJS.WritableStream, stderr: NodeJS.WritableStream): Terminal {
  return {
    print: (text) => void stdout.write(`${text}\n`),
    write: (bytes) => void stdout.write(bytes),
    say: (text) => void stderr.write(`${text}\n`),
    stdin,
    async askSecret(question, orElse) {
      if (!stdin.isTTY) throw new UsageError(`${question} is missing and nobody can be asked here; ${orElse}.`);
      stderr.write(`${question}: `);
      // Readline edits the line; what it would show goes nowhere.
      const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
      const lines = createInterface({ input: stdin, output: nowhere, terminal: true });
      try {
        return await new Promise<string>((resolve, reject) => {
          lines.once('line', resolve);
          lines.once('SIGINT', () => reject(new UsageError('Given up.')));
          lines.once('close', () => reject(new UsageError(`${question} was not given.`)));
        });
      } finally {
        lines.close();
        stderr.write('\n');
      }
    },
  };
}

/** Rows under headings, as wide as their contents; text from devices is made visible. Numbers go right. */
export function table(headings: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = rows.map((row) => row.map((cell) => visible(String(cell))));
  const widths = headings.map((heading, i) => Math.max(heading.length, ...cells.map((row) => row[i]?.length ?? 0)));
  const right = headings.map((_, i) => rows.length > 0 && rows.every((row) => typeof row[i] === 'number' || row[i] === '–'));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (right[i] ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  return [line(headings), ...cells.map(line)].join('\n');
}
