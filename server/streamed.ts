/** Text answers that are sent while they are made. */
import { Readable } from 'node:stream';

/**
 * A body for `reply.send`, made only as fast as it is read. Its type is that of the schema, a string: Fastify takes
 * streams for one, but its types do not say so.
 */
export const streamed = (chunks: Iterable<string> | AsyncIterable<string>): string => Readable.from(chunks) as unknown as string;
