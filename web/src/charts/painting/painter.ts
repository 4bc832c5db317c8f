/** Numbers by place, of any storage. */
export type Numbers = ArrayLike<number>;

export interface StrokeStyle {
  readonly color: string;
  readonly width: number;
  /** From 0 to 1; 1 without it. */
  readonly alpha?: number;
  readonly dash?: readonly number[];
}

export interface FillStyle {
  readonly color: string;
  readonly alpha?: number;
}

export interface TextStyle {
  readonly color: string;
  readonly size: number;
  readonly align?: 'start' | 'middle' | 'end';
  readonly baseline?: 'top' | 'middle' | 'bottom';
  readonly isBold?: boolean;
  /** Around the letters, where they stand upon what is drawn. */
  readonly halo?: string;
  /** Reads from bottom to top. */
  readonly isUpright?: boolean;
}

/**
 * What charts are drawn with: on a canvas for the screen and for PNG, as elements for SVG, so that all three show the same.
 * Coordinates are CSS pixels from the upper left.
 */
export interface Painter {
  /** A line through points; a gap where either coordinate is NaN. */
  line(xs: Numbers, ys: Numbers, style: StrokeStyle): void;
  /** A filled outline. */
  area(xs: Numbers, ys: Numbers, style: FillStyle): void;
  /** Discs; none where either coordinate is NaN. */
  dots(
    xs: Numbers,
    ys: Numbers,
    style: FillStyle & { readonly radius: number; readonly ring?: string },
  ): void;
  rect(box: Box, style: FillStyle): void;
  text(x: number, y: number, text: string, style: TextStyle): void;
  /** What `paint` draws ends at the box. */
  clipped(box: Box, paint: () => void): void;
  /** What `paint` draws has its origin at this place. */
  moved(x: number, y: number, paint: () => void): void;
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export const FONT =
  'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", Ubuntu, Cantarell, "Helvetica Neue", sans-serif';
