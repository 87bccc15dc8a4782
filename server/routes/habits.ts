/** What is unusual now, and how much of the fleet has habits that are known. */
import { Type } from 'typebox';
import { UnusualView } from '../../core/habit-watch.ts';
import { problems } from '../openapi.ts';
import type { App, RouteDeps } from '../parts.ts';

const Answer = Type.Object({
  items: Type.Array(UnusualView),
  followed: Type.Integer({ description: 'Series whose habit is followed.' }),
  learning: Type.Integer({ description: 'Of these, those with less than three weeks of known history.' }),
  waiting: Type.Integer({ description: 'Of these, those whose history is still to be read.' }),
});

export async function habitRoutes(app: App, { habits }: RouteDeps): Promise<void> {
  app.get(
    '/habits',
    {
      schema: {
        operationId: 'listUnusual',
        summary: 'Series that are not as usual at this hour of this weekday, one an episode, newest first',
        tags: ['habits'],
        querystring: Type.Object({}, { additionalProperties: false }),
        response: { 200: Answer, ...problems },
      },
    },
    async () => {
      const { items, ...rest } = habits.view();
      return { items: [...items], ...rest };
    },
  );
}
