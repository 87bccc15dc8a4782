/** Requests to a VictoriaMetrics server: each with a deadline and a bound, its refusals as sentences. */
import { ServerAway } from '../server/port.ts';

export interface Asking {
  /** A whole answer. @throws ServerAway; Error when the server refuses the request itself */
  text(url: string, parameters?: readonly (readonly [string, string])[]): Promise<string>;
  /** The same, read as JSON; nobody has looked whether it is what was expected. */
  json(url: string, parameters: readonly (readonly [string, string])[]): Promise<unknown>;
  /** An answer line by line, as it comes. @throws the same */
  lines(url: string, parameters: readonly (readonly [string, string])[], take: (line: string) => void): Promise<void>;
  /** Aborted by `close`. */
  readonly closed: AbortSignal;
  /** Ends what is under way. */
  close(): void;
}

export interface AskingOptions {
  readonly authorization: string | null;
  readonly timeoutMs: number;
  /** Of one answer. */
  readonly mostBytes?: number;
}

const LABEL = 'VictoriaMetrics';
const MOST_BYTES = 256 * 2 ** 20;
const MOST_WORDS = 300;
/** Words of a refusal that is about the path or the tenant, not about what was sent. */
export const ABOUT_THE_ADDRESS = /unsupported path|tenant|accountID|auth token/i;
/** Hosts to which compressing costs more than it saves. */
const NEAR = /^https?:\/\/(localhost|127\.|\[::1\])/i;

export function createAsking({ authorization, timeoutMs, mostBytes = MOST_BYTES }: AskingOptions): Asking {
  const closing = new AbortController();
  const ask = async <T>(
    url: string,
    parameters: readonly (readonly [string, string])[] | null,
    read: (body: AsyncIterable<Uint8Array>) => Promise<T>,
  ): Promise<T> => {
    const headers: Record<string, string> = { 'accept-encoding': NEAR.test(url) ? 'identity' : 'gzip' };
    if (authorization !== null) headers['authorization'] = authorization;
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(timeoutMs)]);
    try {
      const response = await fetch(url, {
        method: parameters ? 'POST' : 'GET',
        headers,
        body: parameters ? new URLSearchParams(parameters.map(([name, value]) => [name, value])) : null,
        redirect: 'error',
        signal,
      });
      const body = bounded(response.body ?? emptyBody(), mostBytes);
      if (response.ok) return await read(body);
      throw refusal(response.status, wordsOf(await textOf(body)));
    } catch (error) {
      if (closing.signal.aborted) throw new ServerAway(`${LABEL} is not asked any more: its store was closed.`);
      throw ours(error, timeoutMs);
    }
  };
  return {
    text: (url, parameters) => ask(url, parameters ?? null, textOf),
    json: (url, parameters) => ask(url, parameters, async (body): Promise<unknown> => JSON.parse(await textOf(body))),
    lines: (url, parameters, take) =>
      ask(url, parameters, async (body) => {
        const decoder = new TextDecoder();
        let rest = '';
        for await (const bytes of body) {
          const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) take(line);
        }
        rest += decoder.decode();
        if (rest !== '') take(rest);
      }),
    closed: closing.signal,
    close: () => closing.abort(),
  };
}

/** The server's own words, as much of them as fits a sentence. */
export function wordsOf(text: string): string {
  let words = text;
  try {
    const read = JSON.parse(text) as { error?: unknown } | null;
    if (typeof read?.error === 'string') words = read.error;
  } catch {
    // Not JSON: the text itself.
  }
  words = words.replace(/\s+/g, ' ').trim();
  return words.length > MOST_WORDS ? `${words.slice(0, MOST_WORDS)}…` : words;
}

/** What an error of a network says: undici keeps it in the cause. */
export function troubleOf(error: unknown, timeoutMs: number): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const name = error instanceof Error ? error.name : '';
  if (name === 'TimeoutError' || name === 'RequestTimedOutError' || name === 'AbortError')
    return `${LABEL} did not answer within ${timeoutMs / 1000} s.`;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const text = cause instanceof Error ? cause.message || code || cause.name : String(cause);
  return `${LABEL} cannot be reached (${text}).`;
}

class AnswerTooLarge extends Error {}

/** A refusal that is about this request, not about the server. */
class Refused extends Error {}

function refusal(status: number, words: string): Error {
  const said = words === '' ? '' : `: ${words}`;
  if (status === 401 || status === 403) return new ServerAway(`${LABEL} does not let us read (HTTP ${status}); check the token.`);
  if (status === 404 || (status === 400 && ABOUT_THE_ADDRESS.test(words)))
    return new ServerAway(`${LABEL} knows nothing at the address it is read at (HTTP ${status}); check readUrl.`);
  if (status === 408 || status === 429 || status >= 500)
    return new ServerAway(`${LABEL} cannot answer now (HTTP ${status})${said}.`);
  return new Refused(`${LABEL} refuses to answer (HTTP ${status})${said}.`);
}

function ours(error: unknown, timeoutMs: number): Error {
  if (error instanceof ServerAway || error instanceof Refused || error instanceof AnswerTooLarge) return error;
  if (error instanceof SyntaxError)
    return new ServerAway(`${LABEL} answers what cannot be read; is it ${LABEL} that is at readUrl?`, { cause: error });
  return new ServerAway(troubleOf(error, timeoutMs), { cause: error });
}

async function* bounded(body: AsyncIterable<Uint8Array>, mostBytes: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > mostBytes)
      throw new AnswerTooLarge(`${LABEL} answers more than ${mostBytes} bytes; ask for less time or fewer series.`);
    yield chunk;
  }
}

async function* emptyBody(): AsyncGenerator<Uint8Array> {}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const bytes of body) text += decoder.decode(bytes, { stream: true });
  return text + decoder.decode();
}
