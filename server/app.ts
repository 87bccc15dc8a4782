/** Builds the HTTP side: API, metrics, health and dashboard. It does not listen: see listen.ts. */
import cookie from '@fastify/cookie';
import rateLimit from '@fastify/rate-limit';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify from 'fastify';
import { guard } from './access.ts';
import { acceptBodies } from './bodies.ts';
import { SECURITY_HEADERS, secureHeaders } from './headers.ts';
import { createEmbeds } from './embeds.ts';
import { createCapacityReports } from './capacity-report.ts';
import { createForecasts } from './forecasts.ts';
import { createHabits } from './habits.ts';
import { createHttpMetrics } from './http-metrics.ts';
import { createInventory } from './inventory.ts';
import { openapi, openapiRoute } from './openapi.ts';
import { notFoundHandler, pages } from './pages.ts';
import { createProcessFigures } from './process-figures.ts';
import { createRenderer } from './render/renderer.ts';
import { createReviews } from './review.ts';
import { createReviewArchive } from './review-archive.ts';
import { createReviewKeeper } from './review-keeper.ts';
import { errorHandler, refusal, sendProblem } from './problem.ts';
import { answerBadRequests } from './raw-problem.ts';
import { capacityRoutes } from './routes/capacity.ts';
import { capacityReportRoutes } from './routes/capacity-reports.ts';
import { dashboardRoutes } from './routes/dashboards.ts';
import { keptDashboardRoutes } from './routes/kept-dashboards.ts';
import { deviceRoutes } from './routes/devices.ts';
import { deviceActionRoutes } from './routes/device-actions.ts';
import { discoveryRoutes } from './routes/discoveries.ts';
import { embeddedRoutes } from './routes/embedded.ts';
import { embedRoutes } from './routes/embeds.ts';
import { eventRoutes } from './routes/events.ts';
import { exploreRoutes } from './routes/explore.ts';
import { graphImageRoutes } from './routes/graph-images.ts';
import { graphRoutes } from './routes/graphs.ts';
import { habitRoutes } from './routes/habits.ts';
import { healthRoutes } from './routes/health.ts';
import { importRoutes } from './routes/imports.ts';
import { instanceRoutes } from './routes/instances.ts';
import { quietRoutes } from './routes/quiet.ts';
import { rankingRoutes } from './routes/rankings.ts';
import { reviewRoutes } from './routes/reviews.ts';
import { keptReviewRoutes } from './routes/kept-reviews.ts';
import { searchRoutes } from './routes/search.ts';
import { seriesRoutes } from './routes/series.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { statusRoutes } from './routes/status.ts';
import { tokenRoutes } from './routes/tokens.ts';
import { createSessions } from './sessions.ts';
import type { App, AppDeps, RouteDeps } from './parts.ts';
import type { ServerConfig } from './settings.ts';
import { createTokens } from './tokens.ts';
import { validatorCompiler } from './validation.ts';

/** '' or '/name', once or more; it is written into pages. */
const BASE_PATH = /^(?:\/[A-Za-z0-9._~-]+)*$/;
const BODY_MAX = 1024 * 1024;
/** For a whole request to arrive; an import of 500 MB needs some. */
const REQUEST_TIMEOUT_MS = 10 * 60_000;
const HEADERS_TIMEOUT_MS = 15_000;
const HANDLER_TIMEOUT_MS = 120_000;
/** Names of up to 128 characters, each up to 12 octets when percent-encoded. */
const PARAM_MAX = 2048;

/** The app, ready for `inject`, `listen` and `listenOnSocket`. */
export async function buildApp(deps: AppDeps): Promise<App> {
  const { config, log, catalog, clock } = deps;
  if (!BASE_PATH.test(config.basePath)) throw new TypeError(`not a base path: ${JSON.stringify(config.basePath)}`);
  const app = createFastify(config);
  app.setErrorHandler(errorHandler(log));
  app.setNotFoundHandler(notFoundHandler(config.basePath));

  const sessions = config.adminPassword ? await createSessions(config.adminPassword, () => clock.nowMs()) : null;
  const tokens = createTokens(catalog.settings);
  const http = createHttpMetrics(app);
  secureHeaders(app);
  await app.register(cookie);
  const access = guard(app, config, sessions, tokens);
  app.decorate('access', access);
  app.decorate('settings', config);
  const doors: (() => Promise<void>)[] = [];
  app.decorate('doors', doors);
  app.addHook('preClose', async () => void (await Promise.all(doors.map((close) => close()))));
  acceptBodies(app);
  // Only routes that ask for it are limited: the login.
  await app.register(rateLimit, { global: false });

  const figures = createProcessFigures();
  app.addHook('onClose', () => figures.close());
  const inventory = createInventory(catalog, () => clock.monoMs());
  const renderer = deps.renderer ?? createRenderer();
  app.addHook('onClose', () => renderer.close());
  let ending = false;
  app.addHook('preClose', async () => void (ending = true));
  const readReview = createReviews({ history: deps.history, inventory, clock, ending: () => ending });
  const reviewArchive = createReviewArchive(deps.reviews?.folder ?? null, log);
  const list = deps.reviews?.list ?? [];
  const keeper = createReviewKeeper({ archive: reviewArchive, readReview, reviews: list, clock, ending: () => ending, log });
  app.decorate('keepReviews', keeper.keep);
  app.addHook('onClose', keeper.idle);
  const embeds = createEmbeds({ catalog, clock, log });
  const forecasts = createForecasts({
    history: deps.history,
    rules: deps.capacity ?? [],
    catalog,
    inventory,
    clock,
    zone: config.zone,
    ending: () => ending,
    log,
  });
  app.decorate('keepForecasts', forecasts.keep);
  app.addHook('onClose', () => forecasts.close());
  const capacityReports = createCapacityReports({
    ...{ folder: deps.reviews?.folder ?? null, forecasts, clock, log },
    zone: config.zone,
    ending: () => ending,
  });
  app.decorate('keepCapacityReport', capacityReports.keep);
  app.addHook('onClose', capacityReports.idle);
  const habits = createHabits({
    ...{ history: deps.history, catalog, inventory, clock, log },
    zone: config.zone,
    ending: () => ending,
  });
  app.decorate('keepHabits', habits.keep);
  app.addHook('onClose', () => habits.close());
  const made = {
    forecasts,
    capacityReports,
    habits,
    access,
    sessions,
    tokens,
    http,
    figures,
    inventory,
    renderer,
    embeds,
    readReview,
    reviewArchive,
  };
  const routeDeps: RouteDeps = { ...deps, ...made, startedMs: clock.nowMs() };
  await openapi(app, routeDeps);
  await app.register(
    async (under: App) => {
      await under.register(async (part: App) => healthRoutes(part, routeDeps));
      await under.register(apiRoutes(routeDeps), { prefix: '/api/v1' });
      await under.register(async (part: App) => embeddedRoutes(part, routeDeps));
      await under.register(async (part: App) => pages(part, deps));
    },
    { prefix: config.basePath },
  );
  if (config.basePath !== '') {
    // Whoever watches the process need not know under which path it is published.
    await healthRoutes(app, routeDeps, { hide: true });
    app.get('/', { config: { open: true }, schema: { hide: true } }, (_request, reply) => reply.redirect(`${config.basePath}/`));
  }
  await app.ready();
  return app;
}

function apiRoutes(deps: RouteDeps) {
  return async (api: App) => {
    openapiRoute(api);
    for (const routes of [
      statusRoutes,
      deviceRoutes,
      deviceActionRoutes,
      discoveryRoutes,
      instanceRoutes,
      quietRoutes,
      rankingRoutes,
      reviewRoutes,
      keptReviewRoutes,
      searchRoutes,
      seriesRoutes,
      graphRoutes,
      graphImageRoutes,
      capacityRoutes,
      capacityReportRoutes,
      dashboardRoutes,
      keptDashboardRoutes,
      embedRoutes,
      exploreRoutes,
      eventRoutes,
      habitRoutes,
      importRoutes,
      sessionRoutes,
      tokenRoutes,
    ]) {
      await api.register(async (part: App) => routes(part, deps));
    }
    if (deps.socketRoutes) await deps.socketRoutes(api);
  };
}

function createFastify(config: ServerConfig): App {
  const app = Fastify({
    logger: false,
    bodyLimit: BODY_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    handlerTimeout: HANDLER_TIMEOUT_MS,
    keepAliveTimeout: 72_000,
    http: { headersTimeout: HEADERS_TIMEOUT_MS, connectionsCheckingInterval: 5_000, maxHeaderSize: 16 * 1024 },
    trustProxy: config.trustedProxies.length > 0 ? [...config.trustedProxies] : false,
    requestIdHeader: false,
    routerOptions: { maxParamLength: PARAM_MAX, ignoreTrailingSlash: true },
    frameworkErrors: (error, _request, reply) => {
      const refused = refusal(error) ?? { status: 400, detail: 'This request is not valid.' };
      // No hook runs for these.
      void sendProblem(reply.headers(SECURITY_HEADERS), refused.status, refused.detail);
    },
    clientErrorHandler: answerBadRequests,
    forceCloseConnections: 'idle',
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  // Views name their fields one by one; tests hold every answer against its schema.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  return app;
}
