import { StatusView } from '../../core/api.ts';
import type { App, RouteDeps } from '../parts.ts';
import { devicesByState } from '../devices.ts';
import { problems } from '../openapi.ts';
import { collectorView, destinationView } from '../views.ts';

export async function statusRoutes(app: App, deps: RouteDeps): Promise<void> {
  const schema = {
    operationId: 'status',
    summary: 'How this server fares: devices by state, collector, store, process',
    tags: ['server'],
    response: { 200: StatusView, ...problems },
  };
  app.get('/status', { schema }, async (request) => {
    const collector = deps.collector?.status() ?? null;
    const { ok, reason, bytes, series, waitingRows, writtenSamples, droppedSamples, destination } = await deps.history.health();
    const { followed, most, learning, waiting, unusual } = deps.habits.figures();
    return {
      version: deps.version,
      nowMs: deps.clock.nowMs(),
      zone: deps.config.zone,
      startedMs: deps.startedMs,
      loginRequired: deps.access.loginRequired(request),
      devices: await devicesByState(deps),
      collector: collector && collectorView(collector),
      store: {
        ...{ ok, reason, bytes, series, waitingRows, writtenSamples, droppedSamples },
        destination: destination ? destinationView(destination) : null,
      },
      habits: { followed, most, learning, waiting, unusual },
      process: deps.figures.read(),
    };
  });
}
