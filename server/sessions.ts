/** Logins of people: one password, kept as a slow hash; sessions live in memory only. */
import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** 32 MiB and some 50–100 ms a try (RFC 7914; parameters after OWASP's recommendation for scrypt). */
const SCRYPT = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };
const KEY_BYTES = 32;
const TOKEN_BYTES = 24;
const SESSIONS_MAX = 1000;
export const SESSION_MS = 7 * 86_400_000;

export interface Sessions {
  /** A new session's token if the password is right, else null. */
  login(password: string): Promise<string | null>;
  valid(token: string): boolean;
  logout(token: string): void;
}

/** @param nowMs UTC, for expiry */
export async function createSessions(adminPassword: string, nowMs: () => number): Promise<Sessions> {
  const salt = randomBytes(16);
  const expected = await slowHash(adminPassword, salt);
  /** Hash of the token -> when it ends; oldest first. */
  const endsMs = new Map<string, number>();
  // One after the other: a crowd of tries must not take all memory and threads.
  let turn: Promise<unknown> = Promise.resolve();

  return {
    async login(password) {
      const mine = turn.then(() => slowHash(password, salt));
      turn = mine.catch(() => undefined);
      if (!timingSafeEqual(await mine, expected)) return null;
      for (const [hash, end] of endsMs) if (end <= nowMs() || endsMs.size >= SESSIONS_MAX) endsMs.delete(hash);
      const token = randomBytes(TOKEN_BYTES).toString('base64url');
      endsMs.set(fastHash(token), nowMs() + SESSION_MS);
      return token;
    },
    valid(token) {
      const end = endsMs.get(fastHash(token));
      return end !== undefined && nowMs() < end;
    },
    logout: (token) => void endsMs.delete(fastHash(token)),
  };
}

function slowHash(password: string, salt: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, KEY_BYTES, SCRYPT, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}

/** For random tokens, which need no slow hash. */
export const fastHash = (token: string): string => createHash('sha256').update(token).digest('hex');
