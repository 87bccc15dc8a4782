/** How a picture is to look. */

export interface Look {
  /** Of the whole picture in CSS pixels, 200–4000. */
  readonly width: number;
  /** 80–2000. */
  readonly height: number;
  /** `auto`: as the reader's system has it; SVG only, a PNG is light then. */
  readonly theme: 'light' | 'dark' | 'auto';
  /** A table of figures under the plot, where there is room. */
  readonly legend: boolean;
  /** Pixels of a PNG for each CSS pixel. */
  readonly scale: 1 | 2;
}
