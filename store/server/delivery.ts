/**
 * One parcel to a server, whatever it says: too large is cut in two, a line it will never take is
 * found by halving and set aside, and the others arrive.
 */
import type { Parcel, Sent } from './port.ts';

export interface Delivered {
  /** ok: everything is there or was set aside. */
  readonly answer: Extract<Sent, { result: 'ok' | 'retry' | 'blocked' }>;
  /** Lines the server will never take, with its words. */
  readonly refused: readonly { readonly line: string; readonly reason: string }[];
}

/** Requests spent on finding bad lines in one parcel; beyond it a whole piece that was refused is set aside. */
const MOST_REQUESTS = 400;

/**
 * @param send sends once; repeating what it has taken must be harmless
 * Lines refused so far are not told with 'retry' or 'blocked': the whole parcel will come again.
 */
export async function deliver(parcel: Parcel, send: (parcel: Parcel) => Promise<Sent>): Promise<Delivered> {
  const refused: { line: string; reason: string }[] = [];
  const pieces: Parcel[] = [parcel];
  let expired = 0;
  for (let requests = 0; pieces.length > 0; requests++) {
    const piece = pieces.pop();
    if (!piece) break;
    const sent = await send(piece);
    switch (sent.result) {
      case 'ok':
        expired += sent.expired ?? 0;
        continue;
      case 'retry':
      case 'blocked':
        return { answer: sent, refused: [] };
      case 'too large':
      case 'rejected': {
        const reason = sent.result === 'rejected' ? sent.reason : 'The server says that even this one line is too large.';
        if (piece.lines === 1 || requests >= MOST_REQUESTS) {
          for (const line of piece.text.split('\n')) refused.push({ line, reason });
          continue;
        }
        pieces.push(...halves(piece));
      }
    }
  }
  return { answer: { result: 'ok', expired }, refused };
}

/** The later half first: the earlier one is taken from the end next. */
function halves({ tier, text, lines }: Parcel): [Parcel, Parcel] {
  const all = text.split('\n');
  const middle = Math.ceil(lines / 2);
  const part = (some: readonly string[]): Parcel => ({ tier, text: some.join('\n'), lines: some.length });
  return [part(all.slice(middle)), part(all.slice(0, middle))];
}
