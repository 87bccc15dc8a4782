/** For those who watch the process: is it alive, is it ready, and its figures. */
import { Type } from 'typebox';
import type { App, RouteDeps } from '../parts.ts';
import { devicesByState } from '../devices.ts';
import { METRICS_TYPE, metricsText } from '../metrics.ts';
import { problems, textAnswer } from '../openapi.ts';
import { HttpProblem } from '../problem.ts';

const Healthy = Type.Object({ ok: Type.Boolean() });

export async function healthRoutes(app: App, deps: RouteDeps, described: { hide?: boolean } = {}): Promise<void> {
  const open = { open: true };
  app.get(
    '/-/healthy',
    {
      config: open,
      schema: { ...described, operationId: 'healthy', summary: 'The process is alive', response: { 200: Healthy, ...problems } },
    },
    async () => ({ ok: true }),
  );
  app.get(
    '/-/ready',
    {
      config: open,
      schema: { ...described, operationId: 'ready', summary: 'The store takes samples', response: { 200: Healthy, ...problems } },
    },
    async () => {
      const health = await deps.history.health();
      // Who asks need not be logged in, so the reason stays in /status.
      if (!health.ok) throw new HttpProblem(503, 'The store does not take samples now; the status page says why.');
      return { ok: true };
    },
  );
  app.get(
    '/metrics',
    {
      schema: {
        ...described,
        operationId: 'metrics',
        summary: 'Figures of this server as Prometheus text',
        response: { 200: textAnswer('Metrics', 'text/plain'), ...problems },
      },
    },
    async (_request, reply) => {
      const text = metricsText({
        nowMs: deps.clock.nowMs(),
        version: deps.version,
        devicesByState: await devicesByState(deps),
        collector: deps.collector?.status() ?? null,
        store: await deps.history.health(),
        process: deps.figures.read(),
        http: deps.http,
        habits: deps.habits.figures(),
      });
      return reply.type(METRICS_TYPE).send(text);
    },
  );
}
