/** Which bodies are read at all: JSON, and CSV as a stream where a route asks for it. */
import type { App } from './parts.ts';
import { HttpProblem } from './problem.ts';

export function acceptBodies(app: App): void {
  app.removeAllContentTypeParsers();
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    // Some programs announce JSON and send none, with DELETE for example.
    if (body === '') done(null, undefined);
    else void parse(request, body as string, done);
  });
}

/** Hands CSV to the routes of this part of the app as the stream it comes in. */
export function acceptCsv(app: App, bytesMax: number): void {
  app.addContentTypeParser(['text/csv', 'application/csv'], { bodyLimit: bytesMax }, (request, payload, done) => {
    if (Number(request.headers['content-length'] ?? 0) > bytesMax) {
      done(
        new HttpProblem(413, `The file is too large: at most ${bytesMax / 1_000_000} MB are read at once; import it in parts.`),
      );
    } else done(null, payload);
  });
}
