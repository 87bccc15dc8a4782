/** A file of one series, for commands that work on a person's own data. */
import { readFile } from 'node:fs/promises';
import { parseSeriesCsv, type CsvSeries } from '../core/series-csv.ts';
import { Refusal, type Context } from './command.ts';

/** @param file a path, or - for standard input. @throws Refusal when it cannot be read, or holds no row at all that is one */
export async function readSeriesCsv(context: Context, file: string): Promise<CsvSeries> {
  const parsed = parseSeriesCsv(file === '-' ? await readAll(context) : await readText(file));
  if (parsed) return parsed;
  throw new Refusal(
    `${file} has no row with a time; expected are the columns time (ISO 8601 or Unix seconds) and value, as in 2026-03-01T00:00Z,41.5.`,
  );
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw new Refusal(code === 'ENOENT' ? `There is no file ${file}.` : `${file} cannot be read (${code ?? String(cause)}).`, {
      cause,
    });
  }
}

async function readAll(context: Context): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of context.terminal.stdin) parts.push(Buffer.from(part as Uint8Array));
  return Buffer.concat(parts).toString('utf8');
}
