/** Counts requests by route, never by address, so that the number of series stays small. */
import type { App } from './parts.ts';

/** Upper edges of the duration histogram, seconds. */
export const DURATION_EDGES_S: readonly number[] = [0.005, 0.025, 0.1, 0.5, 2.5, 10];

export interface RouteCount {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  requests: number;
}
export interface RouteDuration {
  readonly route: string;
  /** Requests at or below each edge, not cumulated. */
  readonly counts: number[];
  count: number;
  sumS: number;
}
export interface HttpMetrics {
  counts(): Iterable<RouteCount>;
  durations(): Iterable<RouteDuration>;
}

export function createHttpMetrics(app: App): HttpMetrics {
  const counts = new Map<string, RouteCount>();
  const durations = new Map<string, RouteDuration>();
  app.addHook('onResponse', (request, reply, done) => {
    const { method } = request;
    const route = request.routeOptions.url ?? '(none)';
    const status = reply.statusCode;
    const key = `${method} ${route} ${status}`;
    let count = counts.get(key);
    if (!count) counts.set(key, (count = { method, route, status, requests: 0 }));
    count.requests++;
    let duration = durations.get(route);
    if (!duration) durations.set(route, (duration = { route, counts: DURATION_EDGES_S.map(() => 0), count: 0, sumS: 0 }));
    const seconds = reply.elapsedTime / 1000;
    duration.count++;
    duration.sumS += seconds;
    const edge = DURATION_EDGES_S.findIndex((limit) => seconds <= limit);
    if (edge >= 0) duration.counts[edge] = (duration.counts[edge] ?? 0) + 1;
    done();
  });
  return { counts: () => counts.values(), durations: () => durations.values() };
}
