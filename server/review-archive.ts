/**
 * Reports that are kept: a file each, of two lines (what it is, then the whole review), and its PDF
 * beside it. Files are written whole or not at all; those that are too many go, the oldest first.
 */
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import Value from 'typebox/value';
import { hash32 } from '../core/hash.ts';
import type { Log } from '../core/ports.ts';
import { KeptReview, ReviewView } from '../core/review-view.ts';
import { byName } from './paging.ts';

/** Of all names together. */
const FILES_MAX = 1_000;
const HEAD_BYTES_MAX = 8_192;
const FILE_BYTES_MAX = 16 * 1024 * 1024;
const ID = /^[a-z0-9-]{1,80}~(week|month|quarter|year)~\d{4}-\d{2}-\d{2}$/;

export interface ReviewArchive {
  /** Newest first. */
  list(): Promise<KeptReview[]>;
  /** Null when there is none, or it cannot be read. */
  read(id: string): Promise<ReviewView | null>;
  /** Null when there is none. */
  pdf(id: string): Promise<Buffer | null>;
  /** Replaces one of the same id; more than `keep` of this name go, the oldest first. */
  put(review: ReviewView, pdf: Uint8Array, id: string, keep: number): Promise<KeptReview>;
}

/** Id of a report: its name, its period, its first day. */
export function reviewId(name: string, period: string, firstDay: string): string {
  return `${keyOf(name)}~${period}~${firstDay}`;
}

/** Readable, and another one for each name. */
function keyOf(name: string): string {
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60);
  return `${slug === '' ? '' : `${slug}-`}${hash32(name).toString(36)}`;
}

/** @param folder made when the first report is kept; null keeps nothing */
export function createReviewArchive(folder: string | null, log: Log): ReviewArchive {
  const damaged = new Set<string>();
  const path = (id: string, form: 'json' | 'pdf') => join(folder ?? '', `${id}.${form}`);
  const idsOf = async (): Promise<string[]> => {
    if (folder === null) return [];
    const names = await readdir(folder).catch(absent);
    return (names ?? []).flatMap((file) => (file.endsWith('.json') && ID.test(file.slice(0, -5)) ? [file.slice(0, -5)] : []));
  };
  const headOf = async (id: string): Promise<KeptReview | null> => {
    const text = await firstBytes(path(id, 'json'), HEAD_BYTES_MAX);
    if (text === null) return null;
    const head = parsed(text.slice(0, Math.max(0, text.indexOf('\n'))));
    if (Value.Check(KeptReview, head)) return { ...head, id };
    if (!damaged.has(id)) log.warn(`The kept review ${id} cannot be read and is left out of the list.`);
    damaged.add(id);
    return null;
  };
  const archive: ReviewArchive = {
    async list() {
      const heads: KeptReview[] = [];
      for (const id of (await idsOf()).slice(0, 2 * FILES_MAX)) {
        const head = await headOf(id);
        if (head) heads.push(head);
      }
      return heads.sort((a, b) => b.fromMs - a.fromMs || byName(a.id, b.id));
    },
    async read(id) {
      if (folder === null || !ID.test(id)) return null;
      const text = await firstBytes(path(id, 'json'), FILE_BYTES_MAX);
      const review = text === null ? null : parsed(text.slice(text.indexOf('\n') + 1));
      return Value.Check(ReviewView, review) ? review : null;
    },
    pdf: async (id) => (folder === null || !ID.test(id) ? null : readFile(path(id, 'pdf')).catch(absent)),
    async put(review, pdf, id, keep) {
      if (folder === null || !ID.test(id)) throw new TypeError(`not the id of a report that can be kept: ${id}`);
      const [span] = review.spans;
      const head: KeptReview = {
        id,
        title: review.title,
        period: review.period,
        name: span?.name ?? '',
        fromMs: span?.fromMs ?? 0,
        madeMs: review.madeMs,
        series: review.rows.length,
      };
      await mkdir(folder, { recursive: true });
      // The list knows only the first of the two: it comes last.
      await writeWhole(path(id, 'pdf'), pdf);
      await writeWhole(path(id, 'json'), `${JSON.stringify(head)}\n${JSON.stringify(review)}\n`);
      damaged.delete(id);
      const kept = await archive.list();
      const own = kept.filter((one) => one.id.startsWith(`${id.slice(0, id.indexOf('~') + 1)}${review.period}~`));
      const gone = new Set([...own.slice(keep), ...kept.slice(FILES_MAX)].map((one) => one.id));
      for (const one of gone) for (const form of ['json', 'pdf'] as const) await rm(path(one, form), { force: true });
      return head;
    },
  };
  return archive;
}

/** Beside it first, then in its place: whoever reads sees the old one or the new one. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const part = `${path}.part`;
  try {
    const file = await open(part, 'w', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, path);
  } catch (cause) {
    await rm(part, { force: true });
    throw cause;
  }
}

/** The begin of a file as text; null when there is no such file. */
export async function firstBytes(path: string, most: number): Promise<string | null> {
  const file = await open(path, 'r').catch(absent);
  if (file === null) return null;
  try {
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.min(size, most));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Null for what is no JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // A damaged file: whoever asked is told that there is none.
  }
}

/** Null for what is not there; any other trouble goes on. */
export function absent(cause: unknown): null {
  if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
  throw cause;
}
