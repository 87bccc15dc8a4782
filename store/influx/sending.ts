/** Parcels to an InfluxDB server through its official client, each once and with a deadline. */
import { HttpError, InfluxDB } from '@influxdata/influxdb-client';
import type { Parcel, Sent } from '../server/port.ts';
import { troubleOf, wordsOf, type Version } from './asking.ts';

export interface SendingOptions {
  readonly url: string;
  readonly version: Version;
  readonly org: string | null;
  readonly database: string;
  readonly authorization: string | null;
  readonly timeoutMs: number;
  /** The store was closed. */
  readonly closed: AbortSignal;
}

const LABEL = 'InfluxDB';
const MOST_BYTES = 2 ** 30;
const RETRY_AFTER_MAX_MS = 300_000;
const EXPIRED = /points beyond retention policy dropped=(\d+)/;

/** `missing`: the database or bucket is not there. */
export async function send(
  { text, lines }: Parcel,
  options: SendingOptions,
): Promise<Sent | { readonly result: 'missing'; readonly reason: string }> {
  const { url, version, org, database, authorization, timeoutMs, closed } = options;
  // A client a parcel costs next to nothing, and it is the only way to give its request a deadline.
  const client = new InfluxDB({
    url,
    timeout: timeoutMs,
    ...(authorization === null ? {} : { headers: { authorization } }),
    transportOptions: { signal: AbortSignal.any([closed, AbortSignal.timeout(timeoutMs)]) },
  });
  const api = client.getWriteApi(org ?? '', database, 'ms', {
    // The parcel is one record to it, sent by flush and by nothing else: what comes again is ours to say.
    batchSize: 2,
    maxBatchBytes: MOST_BYTES,
    flushInterval: 0,
    maxRetries: 0,
    writeFailed: (error) => Promise.reject(error),
  });
  if (version === 1) api.path = `/write?db=${encodeURIComponent(database)}&precision=ms`;
  try {
    api.writeRecord(text);
    await api.flush();
    return { result: 'ok' };
  } catch (error) {
    if (!(error instanceof HttpError)) return { result: 'retry', reason: troubleOf(error, timeoutMs), afterMs: null };
    return failure(error, lines);
  }
}

function failure(error: HttpError, lines: number): ReturnType<typeof send> extends Promise<infer R> ? R : never {
  const { statusCode: status } = error;
  const words = wordsOf(error.body ?? '');
  const said = words === '' ? '' : `: ${words}`;
  if (status === 401 || status === 403)
    return {
      result: 'blocked',
      reason: `${LABEL} does not let us write (HTTP ${status}); check influxdb.token and what it may do.`,
    };
  if (status === 404) return { result: 'missing', reason: `${LABEL} has no such database or bucket (HTTP ${status})${said}.` };
  if (status === 413) return { result: 'too large' };
  if (status === 408 || status === 429 || status >= 500)
    return { result: 'retry', reason: `${LABEL} cannot take lines now (HTTP ${status})${said}.`, afterMs: retryAfterMs(error) };
  if (status === 400 || status === 422) {
    // Older than it keeps, and nothing else was wrong: the other lines are there.
    const expired = EXPIRED.exec(words);
    if (expired) return { result: 'ok', expired: Math.min(lines, Number(expired[1])) };
    return { result: 'rejected', reason: `${LABEL} refuses the lines (HTTP ${status})${said}.` };
  }
  return { result: 'blocked', reason: `${LABEL} takes no lines at this address (HTTP ${status})${said}; check influxdb.url.` };
}

/** Seconds or a date, as RFC 9110 has it; the client itself reads seconds as milliseconds. */
function retryAfterMs({ headers }: HttpError): number | null {
  const value = headers?.['retry-after'];
  const said = typeof value === 'string' ? value : value?.[0];
  if (said === undefined) return null;
  const seconds = Number(said);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(said) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), RETRY_AFTER_MAX_MS) : null;
}
