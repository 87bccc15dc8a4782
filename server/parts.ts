/** What the app is made of, and what its routes are given: types only, so that all may know them. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { CapacityRule, Forecasts } from '../core/capacity.ts';
import type { DashboardSource } from '../core/dashboard.ts';
import type { ScheduledReview } from '../core/review-due.ts';
import type { KeptReview } from '../core/review-view.ts';
import type { Catalog, Clock, CollectorControl, History, Log } from '../core/ports.ts';
import type { Access } from './access.ts';
import type { CapacityReports } from './capacity-report.ts';
import type { Embeds } from './embeds.ts';
import type { Habits } from './habits.ts';
import type { HttpMetrics } from './http-metrics.ts';
import type { Inventory } from './inventory.ts';
import type { ProcessFigures } from './process-figures.ts';
import type { Renderer } from './render/renderer.ts';
import type { ReadReview } from './review.ts';
import type { ReviewArchive } from './review-archive.ts';
import type { Sessions } from './sessions.ts';
import type { ServerConfig } from './settings.ts';
import type { Tokens } from './tokens.ts';

export interface AppDeps {
  readonly history: History;
  readonly catalog: Catalog;
  /** Null when this process does not poll. */
  readonly collector: CollectorControl | null;
  readonly clock: Clock;
  readonly config: ServerConfig;
  readonly version: string;
  /** Dashboards as files; without them there are none. */
  readonly dashboards?: DashboardSource;
  /** Folder of the built dashboard; null when there is none. */
  readonly webRoot: string | null;
  /** Networks that may be searched for devices, as they are allowed now; none when left out. */
  readonly discoveryNetworks?: () => readonly string[];
  /** Reviews that are made by themselves, and the folder in which they are kept; none when left out. */
  readonly reviews?: { readonly folder: string; readonly list: readonly ScheduledReview[] };
  /** Limits and lead times that somebody set. */
  readonly capacity?: readonly CapacityRule[];
  /** Draws pictures of graphs; one with its usual bounds when left out. The app closes it. */
  readonly renderer?: Renderer;
  readonly log: Log;
  /** More routes under /api/v1; those with `config: { socketOnly: true }` answer on the control socket only. */
  readonly socketRoutes?: (app: App) => void | Promise<void>;
}

export type App = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger, TypeBoxTypeProvider>;

declare module 'fastify' {
  interface FastifyInstance {
    /** Who may ask, and how a socket becomes trusted. */
    access: Access;
    settings: ServerConfig;
    /** Makes and keeps the scheduled reviews that are due; none fails the others. */
    keepReviews: () => Promise<readonly KeptReview[]>;
    /** Takes in what the followed series did since the last time; called every minute. */
    keepHabits: () => Promise<void>;
    /** Makes the forecasts of everything that can fill; called every night. */
    keepForecasts: () => Promise<void>;
    /** Keeps the capacity report of the last month unless it is kept; called every day. */
    keepCapacityReport: () => Promise<unknown>;
    /** Closes what else the app listens on. */
    doors: (() => Promise<void>)[];
  }
}

/** What routes need beyond the dependencies of the app. */
export interface RouteDeps extends AppDeps {
  readonly access: Access;
  readonly sessions: Sessions | null;
  readonly tokens: Tokens;
  readonly http: HttpMetrics;
  readonly figures: ProcessFigures;
  readonly inventory: Inventory;
  readonly renderer: Renderer;
  readonly embeds: Embeds;
  readonly forecasts: Forecasts;
  readonly capacityReports: CapacityReports;
  readonly habits: Habits;
  readonly readReview: ReadReview;
  readonly reviewArchive: ReviewArchive;
  readonly startedMs: number;
}
