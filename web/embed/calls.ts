/** What the register and the dialog ask the server for: no part of what the first page needs. */
import type { EmbedCreated, EmbedInput, EmbedView } from '../../core/embed.ts';
import { address, all, ask } from '../api.ts';

const TIMEOUT_MS = 15_000;

export const embeds = {
  list: (signal: AbortSignal) => all<EmbedView>('embeds', signal),
  create: (input: EmbedInput, signal: AbortSignal) => ask<EmbedCreated>('POST', address('embeds'), TIMEOUT_MS, signal, input),
  revoke: (embed: string, signal: AbortSignal) =>
    ask<unknown>('DELETE', address(`embeds/${encodeURIComponent(embed)}`), TIMEOUT_MS, signal),
};
