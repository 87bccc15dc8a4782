/** What the explorer and a dashboard ask the server to keep, to change and to remove. */
import type { DashboardView } from '../../core/api.ts';
import { address, ask } from '../api.ts';

const TIMEOUT_MS = 15_000;
const at = (board: string, more = '') => address(`dashboards/${encodeURIComponent(board)}${more}`);
const graphAt = (board: string, key: string) => at(board, `/graphs/${encodeURIComponent(key)}`);
const nobody = () => new AbortController().signal;

export const kept = {
  create: (title: string) => ask<DashboardView>('POST', address('dashboards'), TIMEOUT_MS, nobody(), { title }),
  remove: (board: string) => ask<unknown>('DELETE', at(board), TIMEOUT_MS, nobody()),
  /** @returns the id of the graph in its dashboard */
  add: (board: string, graph: string) =>
    ask<{ readonly id: string }>('POST', at(board, '/graphs'), TIMEOUT_MS, nobody(), { graph }),
  replace: (board: string, key: string, graph: string) =>
    ask<{ readonly id: string }>('PATCH', graphAt(board, key), TIMEOUT_MS, nobody(), { graph }),
  take: (board: string, key: string) => ask<unknown>('DELETE', graphAt(board, key), TIMEOUT_MS, nobody()),
};
