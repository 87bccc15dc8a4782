/** `saguaro store …`: what is done to a history as a whole. */
import type { Command } from './command.ts';
import { storeCheck } from './store-check.ts';

export const STORE_COMMANDS: readonly Command[] = [storeCheck];
