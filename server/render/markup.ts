/** Pieces of SVG text. Whatever came from outside passes through `escaped`. */
import { cap, visible } from '../../core/text.ts';

/** Longest text in a picture; more has no room anyway. */
const TEXT_MAX = 300;
const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text for XML: no markup, nothing invisible, nothing XML forbids. */
export function escaped(text: string): string {
  return visible(cap(text, TEXT_MAX))
    .replace(/[\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"']/g, (c) => ENTITIES[c] ?? '');
}

const TENTHS_MAX = 20_000;
const tenths: string[] = [];
/** A coordinate to a tenth of a pixel. */
export function px(v: number): string {
  const n = Math.round(v * 10);
  if (n < 0 || n >= TENTHS_MAX) return String(n / 10);
  return (tenths[n] ??= String(n / 10));
}

/** The points of a polygon or line, one after the other; stretches of one height are written as their ends. */
export class Points {
  private text = '';
  private lastX = '';
  private lastY = '';
  private held = false;

  add(x: number, y: number): void {
    const [xs, ys] = [px(x), px(y)];
    if (ys === this.lastY && this.text !== '') {
      this.lastX = xs;
      this.held = true;
      return;
    }
    this.flush();
    this.text += this.text === '' ? `${xs} ${ys}` : ` ${xs} ${ys}`;
    this.lastX = xs;
    this.lastY = ys;
  }

  private flush(): void {
    if (!this.held) return;
    this.text += ` ${this.lastX} ${this.lastY}`;
    this.held = false;
  }

  end(): string {
    this.flush();
    return this.text;
  }
}

export interface TextStyle {
  readonly anchor?: 'start' | 'middle' | 'end';
  /** Classes: see style.ts. */
  readonly look?: string;
}
/** A text by the middle of its row. */
export function textAt(x: number, y: number, text: string, { anchor = 'start', look = '' }: TextStyle = {}): string {
  const anchored = anchor === 'start' ? '' : ` text-anchor="${anchor}"`;
  const classed = look === '' ? '' : ` class="${look}"`;
  return `<text x="${px(x)}" y="${px(y + 4)}"${anchored}${classed}>${escaped(text)}</text>`;
}

export const rectAt = (x: number, y: number, width: number, height: number, look: string): string =>
  `<rect x="${px(x)}" y="${px(y)}" width="${px(width)}" height="${px(height)}" class="${look}"/>`;

/** @param more attributes besides the class */
export const pathOf = (d: string, look: string, more = ''): string => (d === '' ? '' : `<path d="${d}" class="${look}"${more}/>`);
