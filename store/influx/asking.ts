/** Requests to an InfluxDB server: each with a deadline and a bound, its refusals as sentences. */
import { ServerAway } from '../server/port.ts';

export type Version = 1 | 2 | 3;

/** A series of an answer to a query: rows of one tag set, the time first. */
export interface Answered {
  readonly name: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  readonly values: readonly (readonly (number | string | null)[])[];
}

export interface Asking {
  /** Which it is; asked once, and again after a failure. @throws ServerAway */
  version(): Promise<Version>;
  /** Answers of one statement of InfluxQL. @throws ServerAway; Error when the server refuses the statement itself */
  query(database: string | null, statement: string): Promise<Answered[]>;
  /** Any other request; null where the answer is not JSON. @throws the same */
  json(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly value: unknown }>;
  authorization(version: Version): string | null;
  /** It was away: what comes back may be another version. */
  forgetVersion(): void;
  /** Aborted by `close`. */
  readonly closed: AbortSignal;
  close(): void;
}

export interface AskingOptions {
  readonly url: string;
  readonly token: string | null;
  readonly version: 'auto' | Version;
  readonly timeoutMs: number;
}

const LABEL = 'InfluxDB';
const MOST_BYTES = 256 * 2 ** 20;
const MOST_WORDS = 300;

export function createAsking({ url, token, version: given, timeoutMs }: AskingOptions): Asking {
  const closing = new AbortController();
  let known: Version | null = given === 'auto' ? null : given;
  const forgetVersion = () => {
    if (given === 'auto') known = null;
  };
  const authorization = (version: Version | null): string | null => {
    if (token === null) return null;
    // Only 1.x knows users; with a colon it can be nothing else.
    if (version === 1 || token.includes(':')) return `Basic ${Buffer.from(token).toString('base64')}`;
    return `Token ${token}`;
  };
  const request = async (method: string, path: string, body: BodyInit | null, type: string | null) => {
    const headers: Record<string, string> = {};
    const auth = authorization(known);
    if (auth !== null) headers['authorization'] = auth;
    if (type !== null) headers['content-type'] = type;
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(timeoutMs)]);
    try {
      const response = await fetch(url + path, { method, headers, body, redirect: 'error', signal });
      return { status: response.status, headers: response.headers, text: await bounded(response) };
    } catch (error) {
      if (closing.signal.aborted) throw new ServerAway(`${LABEL} is not asked any more: its store was closed.`);
      if (error instanceof AnswerTooLarge) throw error;
      forgetVersion();
      throw new ServerAway(troubleOf(error, timeoutMs), { cause: error });
    }
  };
  const version = async (): Promise<Version> => {
    if (known !== null) return known;
    const { status, headers, text } = await request('GET', '/ping', null, null);
    if (status === 401 || status === 403 || status === 429 || status >= 500) throw refusal(status, '');
    const said = headers.get('x-influxdb-version') ?? /"version"\s*:\s*"([^"]*)"/.exec(text)?.[1] ?? '';
    const major = Number(/(\d+)\./.exec(said)?.[1]);
    if (major !== 1 && major !== 2 && major !== 3)
      throw new ServerAway(
        `What answers at ${url} does not say which ${LABEL} it is (HTTP ${status}); set influxdb.version, or mend the address.`,
      );
    known = major;
    return major;
  };
  return {
    version,
    authorization,
    forgetVersion,
    closed: closing.signal,
    async query(database, statement) {
      await version();
      const form = new URLSearchParams({ q: statement, epoch: 'ms', ...(database === null ? {} : { db: database }) });
      const { status, text } = await request('POST', '/query', form, null);
      if (status !== 200) throw refusal(status, wordsOf(text));
      return answersOf(text);
    },
    async json(method, path, body) {
      const { status, text } = await request(method, path, body === undefined ? null : JSON.stringify(body), 'application/json');
      if (status === 401 || status === 403 || status === 408 || status === 429 || status >= 500)
        throw refusal(status, wordsOf(text));
      return { status, value: parsed(text) };
    },
    close: () => closing.abort(),
  };
}

class AnswerTooLarge extends Error {}

async function bounded(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let [text, bytes] = ['', 0];
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MOST_BYTES)
      throw new AnswerTooLarge(`${LABEL} answers more than ${MOST_BYTES} bytes; ask for less time or fewer series.`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // Whoever needs a value says what is wrong with none.
  }
}

function answersOf(text: string): Answered[] {
  const read = parsed(text) as { error?: string; results?: { error?: string; series?: Answered[] }[] } | null;
  if (!read || (read.results === undefined && read.error === undefined))
    throw new ServerAway(`What answers at influxdb.url is not ${LABEL}: it says nothing that can be read.`);
  const error = read.error ?? read.results?.find((result) => result.error !== undefined)?.error;
  if (error !== undefined) {
    // Tiers that are not there hold nothing.
    if (/database not found|bucket.*not found/i.test(error)) return [];
    throw new Error(`${LABEL} refuses to answer: ${wordsOf(error)}.`);
  }
  return (read.results ?? []).flatMap(({ series }) => series ?? []);
}

function refusal(status: number, words: string): Error {
  const said = words === '' ? '' : `: ${words}`;
  if (status === 401 || status === 403)
    return new ServerAway(`${LABEL} does not let us in (HTTP ${status}); check influxdb.token.`);
  if (status === 404)
    return new ServerAway(`${LABEL} knows nothing at this address (HTTP ${status})${said}; check influxdb.url.`);
  if (status === 408 || status === 429 || status >= 500)
    return new ServerAway(`${LABEL} cannot answer now (HTTP ${status})${said}.`);
  return new Error(`${LABEL} refuses to answer (HTTP ${status})${said}.`);
}

/** The server's own words, as much of them as fits a sentence. */
export function wordsOf(text: string): string {
  const read = parsed(text) as { error?: unknown; message?: unknown } | null;
  const said = typeof read?.error === 'string' ? read.error : typeof read?.message === 'string' ? read.message : text;
  const words = said
    .slice(0, 4 * MOST_WORDS)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return words.length > MOST_WORDS ? `${words.slice(0, MOST_WORDS)}…` : words;
}

/** What an error of a network says: undici keeps it in the cause. */
export function troubleOf(error: unknown, timeoutMs: number): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const name = error instanceof Error ? error.name : '';
  if (name === 'TimeoutError' || name === 'RequestTimedOutError' || name === 'AbortError')
    return `${LABEL} did not answer within ${timeoutMs / 1000} s.`;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return `${LABEL} cannot be reached (${cause instanceof Error ? cause.message || code || cause.name : String(cause)}).`;
}

/** An identifier of InfluxQL. */
export const name = (text: string) => `"${text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`;
/** A text of InfluxQL. */
export const text = (value: string) => `'${value.replace(/[\\']/g, '\\$&').replaceAll('\n', '\\n')}'`;
