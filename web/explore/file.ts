/** A graph's file as the server writes it: read line by line, so no character of it may be made visible or cut. */
import { api, ApiError, NoAnswer } from '../api.ts';

const TIMEOUT_MS = 15_000;

/** @throws ApiError with the server's sentence when it refuses; NoAnswer when nothing came back */
export async function graphFile(graph: string, signal: AbortSignal): Promise<string> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(api.fileAddress(graph, 'yaml'), {
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    text = await response.text();
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new NoAnswer('The server does not answer.', { cause });
  }
  if (response.ok) return text;
  throw new ApiError(response.status, `The server answered ${response.status} instead of a file.`);
}
