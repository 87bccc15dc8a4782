/** The drawing code, apart from the shell: asked for together with the first data, not after it. */
import type * as Code from './chart.ts';

let code: Promise<typeof Code> | null = null;

export function chartCode(): Promise<typeof Code> {
  code ??= import('./chart.ts').catch((cause: unknown) => {
    code = null; // The next graph may try again.
    throw cause;
  });
  return code;
}
