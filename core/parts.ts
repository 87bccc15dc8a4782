/** How many parts a device has, as a person would count them. */
import type { Instance } from './model.ts';

/** Whether an interface's name says that it leads nowhere but back: never what one looks for first. */
export function isLoopback(name: string): boolean {
  return /^lo\d*$/i.test(name);
}

/** Parts that count: the processor as a whole ("cpu") is none where its cores are listed too. */
export function countable<Part extends Pick<Instance, 'kind' | 'key'>>(parts: readonly Part[]): readonly Part[] {
  const isTotal = ({ kind, key }: Part) => kind === 'cpu' && key === 'cpu';
  const cores = parts.some((part) => part.kind === 'cpu' && !isTotal(part));
  return cores ? parts.filter((part) => !isTotal(part)) : parts;
}
