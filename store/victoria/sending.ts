/** Parcels to a VictoriaMetrics server by InfluxDB's protocol, through its official client, each once and with a deadline. */
import { HttpError, InfluxDB } from '@influxdata/influxdb-client';
import type { Parcel, Sent } from '../server/port.ts';
import { ABOUT_THE_ADDRESS, troubleOf, wordsOf } from './asking.ts';
import { linesOfTier } from './naming.ts';

export interface SendingOptions {
  /** `/api/v2/write` is added to it. */
  readonly writeUrl: string;
  readonly prefix: string;
  readonly authorization: string | null;
  readonly timeoutMs: number;
  /** The store was closed. */
  readonly closed: AbortSignal;
}

const LABEL = 'VictoriaMetrics';
const MOST_BYTES = 2 ** 30;

export async function send({ tier, text }: Parcel, options: SendingOptions): Promise<Sent> {
  const { writeUrl, prefix, authorization, timeoutMs, closed } = options;
  // A client a parcel costs next to nothing, and it is the only way to give its request a deadline.
  const client = new InfluxDB({
    url: writeUrl,
    timeout: timeoutMs,
    ...(authorization === null ? {} : { headers: { authorization } }),
    transportOptions: { signal: AbortSignal.any([closed, AbortSignal.timeout(timeoutMs)]) },
  });
  const api = client.getWriteApi('saguaro', 'saguaro', 'ms', {
    // The parcel is one record to it, sent by flush and by nothing else: what comes again is ours to say.
    batchSize: 2,
    maxBatchBytes: MOST_BYTES,
    flushInterval: 0,
    maxRetries: 0,
    writeFailed: (error) => Promise.reject(error),
  });
  try {
    if (text !== '') api.writeRecord(linesOfTier(prefix, tier, text));
    await api.flush();
    return { result: 'ok' };
  } catch (error) {
    return failure(error, timeoutMs);
  }
}

function failure(error: unknown, timeoutMs: number): Sent {
  if (!(error instanceof HttpError)) return { result: 'retry', reason: troubleOf(error, timeoutMs), afterMs: null };
  const { statusCode: status } = error;
  const words = wordsOf(error.body ?? '');
  const said = words === '' ? '' : `: ${words}`;
  if (status === 401 || status === 403)
    return { result: 'blocked', reason: `${LABEL} does not let us write (HTTP ${status}); check the token.` };
  if (status === 413) return { result: 'too large' };
  if (status === 408 || status === 429 || status >= 500)
    return { result: 'retry', reason: `${LABEL} cannot take rows now (HTTP ${status})${said}.`, afterMs: retryAfterMs(error) };
  // A wrong address is told by the same status as a wrong row.
  if ((status === 400 && !ABOUT_THE_ADDRESS.test(words)) || status === 422)
    return { result: 'rejected', reason: `${LABEL} refuses the rows (HTTP ${status})${said}.` };
  return { result: 'blocked', reason: `${LABEL} takes no rows at this address (HTTP ${status})${said}; check writeUrl.` };
}

/** Seconds or a date, as RFC 9110 has it; the client itself reads seconds as milliseconds. */
function retryAfterMs({ headers }: HttpError): number | null {
  const value = headers?.['retry-after'];
  const text = typeof value === 'string' ? value : value?.[0];
  if (text === undefined) return null;
  const seconds = Number(text);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), 3_600_000) : null;
}
