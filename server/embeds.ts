/** Embeds: made with a link that is told once, found by its hash, revoked at once. */
import { randomBytes } from 'node:crypto';
import { EMBED_HEIGHT, EMBED_WIDTH, embedState, siteOf, type Embed, type EmbedInput } from '../core/embed.ts';
import type { Catalog, Clock, Log } from '../core/ports.ts';
import { newId } from './ids.ts';
import { conflict, describe, HttpProblem, quoted } from './problem.ts';
import { fastHash } from './sessions.ts';

/** 128 bits as 22 characters that may stand in any path. */
const TOKEN_BYTES = 16;
export const TOKEN_PATTERN = '[A-Za-z0-9_-]{22}';
const EMBEDS_MAX = 2_000;
const DAY_MS = 86_400_000;
/** How long the register still tells of those that are over. */
const FORGOTTEN_AFTER_MS = 90 * DAY_MS;
const USED_EVERY_MS = 60_000;
const HASHED_AS = 'embed:';

export interface Embeds {
  create(input: EmbedInput): Promise<{ readonly embed: Embed; readonly token: string }>;
  list(): Promise<Embed[]>;
  revoke(id: string): Promise<boolean>;
  /** Null alike for what never was, is revoked and is expired. */
  find(token: string): Promise<Embed | null>;
  /** Notes that it was looked at, at most once a minute; trouble with that is the log's, not the reader's. */
  used(embed: Embed): void;
}

export function createEmbeds(deps: { readonly catalog: Catalog; readonly clock: Clock; readonly log: Log }): Embeds {
  const { catalog, clock, log } = deps;
  const notedMs = new Map<string, number>();
  return {
    async create(input) {
      const nowMs = clock.nowMs();
      await catalog.embeds.forget(nowMs - FORGOTTEN_AFTER_MS);
      if ((await catalog.embeds.list()).length >= EMBEDS_MAX)
        throw conflict(`There are ${EMBEDS_MAX} embeds already, with those that ended within 90 days: use one of them again.`);
      const embed: Embed = {
        id: newId(),
        graph: input.graph,
        range: input.range ?? '24h',
        width: input.width ?? EMBED_WIDTH.usual,
        height: input.height ?? EMBED_HEIGHT.usual,
        title: input.title?.trim() ?? '',
        owner: input.owner?.trim() ?? '',
        origins: sitesOf(input.origins ?? []),
        noCache: input.noCache ?? false,
        createdMs: nowMs,
        expiresMs: input.days === undefined || input.days === null ? null : nowMs + input.days * DAY_MS,
        revokedMs: null,
        usedMs: null,
      };
      const token = randomBytes(TOKEN_BYTES).toString('base64url');
      await catalog.embeds.add(embed, fastHash(HASHED_AS + token));
      return { embed, token };
    },
    list: () => catalog.embeds.list(),
    revoke: (id) => catalog.embeds.revoke(id, clock.nowMs()),
    async find(token) {
      const embed = await catalog.embeds.get(fastHash(HASHED_AS + token));
      return embed && embedState(embed, clock.nowMs()) === 'active' ? embed : null;
    },
    used(embed) {
      const nowMs = clock.nowMs();
      const last = Math.max(embed.usedMs ?? -Infinity, notedMs.get(embed.id) ?? -Infinity);
      if (nowMs - last < USED_EVERY_MS) return;
      if (notedMs.size >= EMBEDS_MAX) notedMs.clear();
      notedMs.set(embed.id, nowMs);
      catalog.embeds.used(embed.id, nowMs).catch((error: unknown) => {
        log.warn('The last use of an embed could not be noted.', { embed: embed.id, cause: describe(error) });
      });
    },
  };
}

function sitesOf(typed: readonly string[]): string[] {
  const sites = typed.map((text, i) => {
    const site = siteOf(text);
    if (site !== null) return site;
    const message = `${quoted(text)} is not a site: give it as https://wiki.example.org.`;
    throw new HttpProblem(400, message, [{ path: `origins.${i}`, message }]);
  });
  return [...new Set(sites)];
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/**
 * Whether a browser says that it asks for a page of a listed site. What sends no such mark is no
 * page of a foreign site: a wiki's server that fetches pictures itself, or a browser over plain HTTP.
 * @param own how this server was addressed: its own pages may always show it
 * @param page the live frame, whose frame-ancestors the browser itself holds to
 */
export function siteAllowed({ origins }: Pick<Embed, 'origins'>, headers: Headers, own: string, page: boolean): boolean {
  if (origins.length === 0) return true;
  const listed = (site: string) => origins.includes(site) || site === own;
  const text = (name: string) => (typeof headers[name] === 'string' ? headers[name] : undefined);
  const origin = text('origin');
  // A sandboxed frame that refreshes itself has no origin to name.
  if (origin !== undefined) return listed(origin) || (page && origin === 'null');
  if (page) return true;
  const referer = text('referer');
  if (referer !== undefined) return URL.canParse(referer) && listed(new URL(referer).origin);
  const site = text('sec-fetch-site');
  return site === undefined || site === 'same-origin';
}
