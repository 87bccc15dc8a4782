/** Bearer tokens for programs: shown once, kept as SHA-256 in the catalog, revocable one by one. */
import { randomBytes } from 'node:crypto';
import type { Catalog } from '../core/ports.ts';
import { conflict, quoted } from './problem.ts';
import { fastHash } from './sessions.ts';

const SETTING = 'api-tokens';
const TOKENS_MAX = 100;
const PREFIX = 'sgr_';

export interface TokenEntry {
  readonly id: string;
  readonly name: string;
  readonly createdMs: number;
}
interface StoredToken extends TokenEntry {
  readonly sha256: string;
}

export interface Tokens {
  create(name: string, nowMs: number): Promise<TokenEntry & { token: string }>;
  list(): Promise<TokenEntry[]>;
  /** False when there is none. */
  revoke(id: string): Promise<boolean>;
  valid(token: string): Promise<boolean>;
}

export function createTokens(settings: Catalog['settings']): Tokens {
  let loaded: Promise<StoredToken[]> | null = null;
  let turn: Promise<unknown> = Promise.resolve();
  const load = (): Promise<StoredToken[]> => {
    loaded ??= settings.get(SETTING).then((text) => (text === null ? [] : (JSON.parse(text) as StoredToken[])));
    // A failed read is not remembered: the next request tries again.
    loaded.catch(() => (loaded = null));
    return loaded;
  };
  /** Changes one after the other, so that none is lost. */
  const change = <T>(edit: (tokens: StoredToken[]) => { tokens: StoredToken[]; result: T }): Promise<T> => {
    const mine = turn.then(async () => {
      const { tokens, result } = edit(await load());
      await settings.put(SETTING, JSON.stringify(tokens));
      loaded = Promise.resolve(tokens);
      return result;
    });
    turn = mine.catch(() => undefined);
    return mine;
  };
  const shown = ({ id, name, createdMs }: StoredToken): TokenEntry => ({ id, name, createdMs });

  return {
    create(name, nowMs) {
      const token = PREFIX + randomBytes(24).toString('base64url');
      const entry = { id: randomBytes(6).toString('hex'), name, createdMs: nowMs, sha256: fastHash(token) };
      return change((tokens) => {
        if (tokens.some((other) => other.name === name))
          throw conflict(`There is a token named ${quoted(name)} already: choose another name.`);
        if (tokens.length >= TOKENS_MAX) throw conflict(`There are ${TOKENS_MAX} tokens already: revoke one first.`);
        return { tokens: [...tokens, entry], result: { ...shown(entry), token } };
      });
    },
    list: async () => (await load()).map(shown),
    revoke: (id) => change((tokens) => ({ tokens: tokens.filter((t) => t.id !== id), result: tokens.some((t) => t.id === id) })),
    async valid(token) {
      // What is compared is a hash of something nobody can guess: its timing tells nothing.
      const sha256 = fastHash(token);
      return token.startsWith(PREFIX) && (await load()).some((t) => t.sha256 === sha256);
    },
  };
}
