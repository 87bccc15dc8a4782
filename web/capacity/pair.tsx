/** Two fields under one title. */
import type { ComponentChildren } from 'preact';

export function Pair({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <div role="group" aria-label={title}>
      <div class="lab">{title}</div>
      <div class="pair">{children}</div>
    </div>
  );
}
