/** Lines for operators on standard error, one an entry, as text or JSON; secrets never pass. */
import type { Log } from '../core/ports.ts';
import { visible } from '../core/text.ts';

const SECRET_FIELD = /community|password|secret|token|authorization|cookie|(auth|priv)key/i;
const HIDDEN = '[hidden]';
const TEXT_MAX = 4_000;

export interface LogOptions {
  readonly format: 'pretty' | 'json';
  readonly write: (line: string) => void;
  readonly nowMs: () => number;
  /** Texts that must not be written, wherever they occur. */
  readonly secrets?: readonly string[];
}

export function createLog({ format, write, nowMs, secrets = [] }: LogOptions): Log {
  // Short words such as "public" are in every sentence; hiding them would hide the sentence.
  const hidden = secrets.filter((secret) => secret.length >= 8);
  const clean = (text: string): string => {
    const capped = text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text;
    return hidden.reduce((rest, secret) => rest.replaceAll(secret, HIDDEN), capped);
  };
  const line = (level: string, text: string, fields: Record<string, unknown> = {}) => {
    const shown = Object.entries(fields).map(
      ([key, value]) => [key, SECRET_FIELD.test(key) ? HIDDEN : clean(plain(value))] as const,
    );
    const time = new Date(nowMs()).toISOString();
    if (format === 'json') write(`${JSON.stringify({ time, level, text: clean(text), ...Object.fromEntries(shown) })}\n`);
    else
      write(
        `${time} ${level.padEnd(5)} ${visible(clean(text))}${shown.map(([key, value]) => `  ${key}=${visible(value)}`).join('')}\n`,
      );
  };
  return {
    info: (text, fields) => line('info', text, fields),
    warn: (text, fields) => line('warn', text, fields),
    error: (text, fields) => line('error', text, fields),
  };
}

function plain(value: unknown): string {
  if (value instanceof Error) return errorText(value);
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
}

/** An error with what caused it, for a log. */
export function errorText(error: unknown): string {
  const parts: string[] = [];
  let at: unknown = error;
  for (let depth = 0; depth < 5 && at !== undefined; depth++) {
    parts.push(at instanceof Error ? (depth === 0 ? (at.stack ?? at.message) : at.message) : plain(at));
    at = at instanceof Error ? at.cause : undefined;
  }
  return parts.join(' — because: ');
}
