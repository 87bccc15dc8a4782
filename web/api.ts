/**
 * The only place that talks to the server. Every request has a deadline, GETs are tried again
 * when nothing came back, and every text is made visible before anything else sees it.
 */
import type {
  DashboardDetail,
  DashboardView,
  DeviceAdded,
  DeviceChange,
  DeviceChanged,
  DeviceInput,
  DeviceView,
  DiscoveryInput,
  DiscoveryList,
  DiscoveryView,
  EventView,
  ExploredView,
  InstanceView,
  PageOf,
  PreviewView,
  Problem,
  StatusView,
} from '../core/api.ts';
import type { Ago } from '../core/ago.ts';
import type { CapacityRow } from '../core/capacity.ts';
import type { GraphData, GraphRef } from '../core/graph.ts';
import type { HabitsView } from '../core/habit-watch.ts';
import type { FilesystemView, InterfaceView } from '../core/now.ts';
import type { KeptReview, ReviewView } from '../core/review-view.ts';
import type { SearchHit } from '../core/search.ts';
import { cap, visible } from '../core/text.ts';
import { BASE } from './address.ts';
import { answered, learnClock, loginNeeded, unanswered } from './remote.ts';

const API = new URL(`${BASE}/api/v1/`, location.origin);
const GET_TIMEOUT_MS = 15_000;
/** Adding a device waits for the device: discovery of a slow one takes its time. */
const POST_TIMEOUT_MS = 90_000;
const RETRY_AFTER_MS = [250, 1000];
const PAGES_MAX = 50;
/** No text of ours is as long; what comes from outside may be. */
const TEXT_SHOWN = 2_000;

/** The server said no, in words. */
export class ApiError extends Error {
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;
  constructor(status: number, detail: string, fields: Readonly<Record<string, string>> = {}) {
    super(detail);
    this.name = 'ApiError';
    this.status = status;
    this.fields = fields;
  }
}
/** Nothing, or nothing of ours, came back. */
export class NoAnswer extends Error {
  constructor(text: string, options?: ErrorOptions) {
    super(text, options);
    this.name = 'NoAnswer';
  }
}

type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

export function address(path: string, query: Query = {}): URL {
  const url = new URL(path, API);
  for (const [key, value] of Object.entries(query)) {
    if (typeof value === 'object') for (const one of value) url.searchParams.append(key, one);
    else if (value !== undefined) url.searchParams.set(key, String(value));
  }
  return url;
}

export async function ask<T>(
  method: string,
  url: URL,
  timeoutMs: number,
  signal: AbortSignal | null,
  body?: unknown,
): Promise<T> {
  const deadline = AbortSignal.timeout(timeoutMs);
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method,
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
      credentials: 'same-origin',
      headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    text = await response.text();
  } catch (cause) {
    if (signal?.aborted) throw cause;
    const slow = deadline.aborted;
    throw new NoAnswer(slow ? `The server has not answered within ${timeoutMs / 1000} s.` : 'The server does not answer.', {
      cause,
    });
  }
  const json = parse(text);
  if (response.ok) {
    answered();
    if (response.status !== 204 && json === undefined) throw new NoAnswer('The server answered with something that is not JSON.');
    return json as T;
  }
  const problem = json as Problem | undefined;
  if (typeof problem?.detail !== 'string') throw new NoAnswer(`The server answered ${response.status} without saying why.`);
  answered();
  if (response.status === 401 && !url.pathname.endsWith('/sessions')) loginNeeded(true);
  throw new ApiError(response.status, problem.detail, fieldErrors(problem));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text, (_key, value: unknown) => (typeof value === 'string' ? cap(visible(value), TEXT_SHOWN) : value));
  } catch {
    return undefined; // The caller says in words that this was no JSON.
  }
}

function fieldErrors(problem: Problem): Record<string, string> {
  const list = Array.isArray(problem.errors) ? problem.errors : [];
  // "/snmp/community", "snmp.community" and "body/snmp/community" all mean the field.
  return Object.fromEntries(list.map((e) => [e.path.replace(/^\/?(body[/.])?/, '').replaceAll('.', '/'), e.message]));
}

async function get<T>(path: string, signal: AbortSignal, query: Query = {}): Promise<T> {
  const url = address(path, query);
  for (let attempt = 0; ; attempt++) {
    try {
      return await ask<T>('GET', url, GET_TIMEOUT_MS, signal);
    } catch (error) {
      if (!(error instanceof NoAnswer) || signal.aborted) throw error;
      const afterMs = RETRY_AFTER_MS[attempt];
      if (afterMs === undefined) {
        unanswered(error.message);
        throw error;
      }
      await pause(afterMs, signal);
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });
}

export async function all<T>(path: string, signal: AbortSignal, query: Query = {}): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  for (let i = 0; i < PAGES_MAX; i++) {
    const page = await get<PageOf<T>>(path, signal, { limit: 1000, ...query, cursor });
    items.push(...page.items);
    if (page.nextCursor === null || page.nextCursor === undefined) return items;
    cursor = page.nextCursor;
  }
  return items;
}

const id = encodeURIComponent;

/** Which rows of a ranking, in which order; `spark` adds a small history over that range. */
export interface RankingQuery {
  readonly device?: string;
  readonly site?: string;
  readonly q?: string;
  readonly sort?: string;
  readonly order?: 'ascending' | 'descending';
  readonly spark?: string;
  readonly limit?: number;
}

/** What a trend review is of; see the API's description. */
export interface ReviewQuery {
  readonly period: string;
  readonly at?: string;
  readonly select?: string;
  readonly metric: readonly string[];
}

export interface CapacityAnswer extends PageOf<CapacityRow> {
  /** When the newest of them was made; null = none yet. */
  readonly madeMs: number | null;
  /** Series whose forecast is still to be made. */
  readonly waiting: number;
}

export interface CapacityReportsView {
  /** Of which a report is kept, the newest first: 2026-02. */
  readonly months: readonly string[];
  /** The month that is over. */
  readonly last: { readonly id: string; readonly month: string };
}

/** With which range before, and whether what lies between is asked for. */
export interface Compared {
  readonly compare?: Ago;
  readonly difference?: 'true';
  /** With what is usual. */
  readonly habit?: 'true';
}

export const api = {
  status: async (signal: AbortSignal): Promise<StatusView> => {
    const sentAtMs = Date.now();
    const status = await get<StatusView>('status', signal);
    learnClock(status.nowMs, sentAtMs);
    return status;
  },
  devices: (signal: AbortSignal) => all<DeviceView>('devices', signal),
  device: (device: string, signal: AbortSignal) => get<DeviceView>(`devices/${id(device)}`, signal),
  instances: (device: string, signal: AbortSignal) => all<InstanceView>(`devices/${id(device)}/instances`, signal),
  /** Interfaces with what they carry now, one page. */
  interfaces: (query: RankingQuery, signal: AbortSignal) => get<PageOf<InterfaceView>>('interfaces', signal, { ...query }),
  /** Filesystems with how full they are, one page. */
  filesystems: (query: RankingQuery, signal: AbortSignal) => get<PageOf<FilesystemView>>('filesystems', signal, { ...query }),
  search: (q: string, signal: AbortSignal) => get<PageOf<SearchHit>>('search', signal, { q, limit: 30 }),
  /** @param query perFamily: only a first look; otherwise the first `limit` of all */
  graphs: (device: string, query: { perFamily?: number; limit?: number }, signal: AbortSignal) =>
    get<PageOf<GraphRef>>(`devices/${id(device)}/graphs`, signal, query),
  /** @param range as typed; the server reads it; '' = what suits the graph */
  graph: (graph: string, range: string, width: number, signal: AbortSignal, compared: Compared = {}) =>
    get<GraphData>(`graphs/${id(graph)}`, signal, { ...(range === '' ? {} : { from: range }), width, ...compared }),
  fileAddress: (graph: string, ending: 'yaml') => address(`graphs/${id(graph)}.${ending}`).href,
  /** The graph as the explorer changes it. */
  explored: (graph: string, signal: AbortSignal) => get<ExploredView>(`graphs/${id(graph)}/explore`, signal),
  dashboards: (signal: AbortSignal) => all<DashboardView>('dashboards', signal),
  dashboard: (dashboard: string, signal: AbortSignal) => get<DashboardDetail>(`dashboards/${id(dashboard)}`, signal),
  csvAddress: (graph: string, range: string, compared: Compared = {}) =>
    address(`graphs/${id(graph)}/csv`, { ...(range === '' ? {} : { from: range }), ...compared }).href,
  review: (query: ReviewQuery, signal: AbortSignal) => get<ReviewView>('reviews/current', signal, { ...query }),
  reviewAddress: (form: 'csv' | 'pdf', query: ReviewQuery) => address(`reviews/current.${form}`, { ...query }).href,
  keptReviews: (signal: AbortSignal) => all<KeptReview>('reviews', signal),
  keptReviewAddress: (review: string, form: 'html' | 'csv' | 'pdf') => address(`reviews/${id(review)}.${form}`).href,
  /** Everything that can fill, the soonest first. */
  capacity: async (signal: AbortSignal): Promise<CapacityAnswer> => {
    const made = await get<CapacityAnswer>('capacity', signal, { limit: 1000 });
    return made.nextCursor === null ? made : { ...made, items: await all<CapacityRow>('capacity', signal) };
  },
  /** The first of them. */
  fillsFirst: (limit: number, signal: AbortSignal) => get<CapacityAnswer>('capacity', signal, { limit }),
  /** What is not as usual now. */
  habits: (signal: AbortSignal) => get<HabitsView>('habits', signal),
  capacityReports: (signal: AbortSignal) => get<CapacityReportsView>('capacity/reports', signal),
  /** @param month 2026-02, or now: that of the last month, made when it is opened */
  capacityReportAddress: (month: string, form: 'html' | 'pdf') => address(`capacity/reports/${id(month)}.${form}`).href,
  capacityAddress: (query: Query) => address('capacity.csv', query).href,
  events: (
    query: {
      device?: string;
      from?: string;
      to?: string;
      kind?: readonly string[];
      cause?: string;
      limit?: number;
      cursor?: string;
    },
    signal: AbortSignal,
  ) => get<PageOf<EventView>>('events', signal, query),
  test: (input: DeviceInput, signal: AbortSignal) =>
    ask<PreviewView>('POST', address('devices/test'), POST_TIMEOUT_MS, signal, input),
  add: (input: DeviceInput, signal: AbortSignal) => ask<DeviceAdded>('POST', address('devices'), POST_TIMEOUT_MS, signal, input),
  /** Asks a known device with changed settings and the secrets it is kept with. */
  testKnown: (device: string, change: DeviceChange, signal: AbortSignal) =>
    ask<PreviewView>('POST', address(`devices/${id(device)}/test`), POST_TIMEOUT_MS, signal, change),
  change: (device: string, change: DeviceChange, signal: AbortSignal) =>
    ask<DeviceChanged>('PATCH', address(`devices/${id(device)}`), POST_TIMEOUT_MS, signal, change),
  remove: (device: string, signal: AbortSignal) =>
    ask<unknown>('DELETE', address(`devices/${id(device)}`), POST_TIMEOUT_MS, signal),
  discoveries: (signal: AbortSignal) => get<DiscoveryList>('discoveries', signal),
  discovery: (search: string, signal: AbortSignal) => get<DiscoveryView>(`discoveries/${id(search)}`, signal),
  discover: (input: DiscoveryInput, signal: AbortSignal) =>
    ask<DiscoveryView>('POST', address('discoveries'), GET_TIMEOUT_MS, signal, input),
  stopDiscovery: (search: string, signal: AbortSignal) =>
    ask<unknown>('DELETE', address(`discoveries/${id(search)}`), GET_TIMEOUT_MS, signal),
  logout: (signal: AbortSignal) => ask<unknown>('DELETE', address('sessions'), GET_TIMEOUT_MS, signal),
  login: (password: string, signal: AbortSignal) =>
    ask<unknown>('POST', address('sessions'), GET_TIMEOUT_MS, signal, { password }),
};

/** True when asking the same again cannot help. */
export const isFinal = (error: unknown): boolean =>
  error instanceof ApiError && error.status >= 400 && error.status < 500 && ![401, 408, 429].includes(error.status);

/** Any error as one sentence. */
export function sentence(error: unknown): string {
  return error instanceof ApiError || error instanceof NoAnswer
    ? error.message
    : `Something is wrong in this page: ${String(error)}`;
}
