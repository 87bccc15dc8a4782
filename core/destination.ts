/** A server that keeps the history: how it fares, and what it means when it does not. */

/** A server that history goes to, and what waits on disk until it has it. Counts only ever grow, within one run. */
export interface Destination {
  /** For people: "InfluxDB". */
  readonly label: string;
  /** away: it does not answer. blocked: it does, and an operator must act. */
  readonly state: 'starting' | 'ok' | 'away' | 'blocked';
  /** Since when it is in this state. */
  readonly sinceMs: number;
  /** One sentence when away or blocked. */
  readonly reason: string;
  readonly waitingLines: number;
  readonly waitingBytes: number;
  /** When the oldest that waits was measured, null when nothing waits. */
  readonly oldestMs: number | null;
  readonly sentLines: number;
  /** Given up: more waited than may, or longer. */
  readonly droppedLines: number;
  /** Older than the server keeps. */
  readonly expiredLines: number;
  /** Set aside in a file, because the server will never take them. */
  readonly refusedLines: number;
  /** Of the waiting files, set aside because they could not be read back. */
  readonly damagedBytes: number;
  /** What the server itself lost or refused without saying so, in words. */
  readonly alarms: readonly string[];
}

/** A server that keeps history cannot be asked now; the message is a sentence for a person. */
export class ServerAway extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ServerAway';
  }
}
/** An import would have to replace what its store cannot replace; the message says where, and what to do. */
export class ImportRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ImportRefused';
  }
}
