/** An embed: a revocable link that shows one graph, and nothing else, on pages of others. */
import { Type, type Static } from 'typebox';
import { GRAPH_ID_MAX } from './explore.ts';
import { titleAlone, type GraphData } from './graph.ts';
import { moment } from './moments.ts';
import { cap, visible } from './text.ts';
import { formatWith } from './units.ts';

/** What the catalog keeps. Of the link only a hash: who reads the catalog cannot open it. */
export interface Embed {
  readonly id: string;
  readonly graph: string;
  /** As typed: "24h", "2026-03". */
  readonly range: string;
  /** Of the whole picture in CSS pixels. */
  readonly width: number;
  readonly height: number;
  /** Instead of the graph's own title; '' leaves that. */
  readonly title: string;
  /** Whom readers ask; '' when nobody was named. */
  readonly owner: string;
  /** Sites that may show it; empty: anyone with the link. */
  readonly origins: readonly string[];
  /** Nothing on the way keeps a copy without asking: for wikis that fetch pictures themselves. */
  readonly noCache: boolean;
  readonly createdMs: number;
  /** Null: until it is revoked. */
  readonly expiresMs: number | null;
  readonly revokedMs: number | null;
  /** Of its last use, to the minute; null = never. */
  readonly usedMs: number | null;
}

/** Embeds in the catalog, found by the hash of their secret part. */
export interface EmbedStore {
  /** Newest first. */
  list(): Promise<Embed[]>;
  get(sha256: string): Promise<Embed | null>;
  add(embed: Embed, sha256: string): Promise<void>;
  /** False when there is none that is not revoked already. */
  revoke(id: string, atMs: number): Promise<boolean>;
  used(id: string, atMs: number): Promise<void>;
  /** Forgets those that were revoked or expired before then. */
  forget(beforeMs: number): Promise<void>;
}

export const EMBED_WIDTH = { least: 200, most: 2000, usual: 800 } as const;
export const EMBED_HEIGHT = { least: 80, most: 1000, usual: 300 } as const;
export const EMBED_ORIGINS_MAX = 20;
const DAYS_MAX = 3650;

export const EmbedInput = Type.Object(
  {
    graph: Type.String({ minLength: 1, maxLength: GRAPH_ID_MAX, description: 'Id of the graph.' }),
    range: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: '"24h", "7d", "2026-03"; 24h unless told.' })),
    width: Type.Optional(Type.Integer({ minimum: EMBED_WIDTH.least, maximum: EMBED_WIDTH.most })),
    height: Type.Optional(Type.Integer({ minimum: EMBED_HEIGHT.least, maximum: EMBED_HEIGHT.most })),
    title: Type.Optional(
      Type.String({
        maxLength: 120,
        description: "Name of the device and the graph unless told; '' leaves the graph's own title.",
      }),
    ),
    owner: Type.Optional(Type.String({ maxLength: 120, description: 'Whom readers ask when the graph is gone.' })),
    origins: Type.Optional(
      Type.Array(Type.String({ maxLength: 253 }), {
        maxItems: EMBED_ORIGINS_MAX,
        description: 'Sites that may show it, as https://wiki.example.org; none: anyone with the link.',
      }),
    ),
    noCache: Type.Optional(Type.Boolean({ description: 'Copies are always checked before they are shown again.' })),
    days: Type.Optional(
      Type.Union([Type.Integer({ minimum: 1, maximum: DAYS_MAX }), Type.Null()], {
        description: 'How long it works; null or left out: until it is revoked.',
      }),
    ),
  },
  { additionalProperties: false },
);
export type EmbedInput = Static<typeof EmbedInput>;

export const EMBED_STATES = ['active', 'expired', 'revoked'] as const;
const Moment = Type.Union([Type.Number(), Type.Null()]);
export const EmbedView = Type.Object({
  id: Type.String(),
  graph: Type.String(),
  range: Type.String(),
  width: Type.Integer(),
  height: Type.Integer(),
  title: Type.String(),
  owner: Type.String(),
  origins: Type.Array(Type.String()),
  noCache: Type.Boolean(),
  state: Type.Enum([...EMBED_STATES]),
  createdMs: Type.Number(),
  expiresMs: Moment,
  revokedMs: Moment,
  usedMs: Moment,
});
export type EmbedView = Static<typeof EmbedView>;

export const EmbedCreated = Type.Object({
  embed: EmbedView,
  link: Type.String({
    description: 'Address without its ending; shown this once only. Add .png, @2x.png, -dark.png, .svg or .html.',
  }),
  alt: Type.String({ description: 'What the picture shows now, in words.' }),
});
export type EmbedCreated = Static<typeof EmbedCreated>;

export function embedState(embed: Embed, nowMs: number): EmbedView['state'] {
  if (embed.revokedMs !== null) return 'revoked';
  return embed.expiresMs !== null && nowMs >= embed.expiresMs ? 'expired' : 'active';
}

export const embedView = (embed: Embed, nowMs: number): EmbedView => ({
  id: embed.id,
  graph: embed.graph,
  range: embed.range,
  width: embed.width,
  height: embed.height,
  title: embed.title,
  owner: embed.owner,
  origins: [...embed.origins],
  noCache: embed.noCache,
  state: embedState(embed, nowMs),
  createdMs: embed.createdMs,
  expiresMs: embed.expiresMs,
  revokedMs: embed.revokedMs,
  usedMs: embed.usedMs,
});

/** A site as browsers name it, `https://wiki.example.org`; null for what is none. Names without a scheme are taken as https. */
export function siteOf(text: string): string | null {
  const typed = text.trim();
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(typed) ? typed : `https://${typed}`;
  if (!/^https?:\/\/[^\s/?#@;,'"*]+\/?$/i.test(address) || !URL.canParse(address)) return null;
  const { origin, hostname } = new URL(address);
  return hostname === '' || origin === 'null' ? null : origin;
}

const ALT_LINES = 4;

/** What the picture shows, for who does not see it: name, now, 95th, and of when. */
export function altText(data: GraphData, title: string): string {
  const name = visible(title || [titleAlone(data), data.subtitle].filter(Boolean).join(', '));
  const lines = data.lines.slice(0, ALT_LINES).map(({ label, stats }) => {
    const now = stats.current === null ? 'unknown now' : `${formatWith(stats.current, data.unit)} now`;
    const p95 = stats.p95 === null ? '' : `, 95th ${formatWith(stats.p95, data.unit)}`;
    return `${visible(label)} ${now}${p95}`;
  });
  const more = data.lines.length > ALT_LINES ? [`${data.lines.length - ALT_LINES} more lines`] : [];
  const when = data.newestMs === null ? 'no data yet' : `data of ${moment(data.newestMs, data.zone)} ${data.zone}`;
  return cap(`${name}: ${[...lines, ...more, when].join('; ')}`, 500);
}
