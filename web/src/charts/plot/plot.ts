import 'uplot/dist/uPlot.min.css';
import './plot.css';
import UPlot from 'uplot';
import type { Range } from '../axes/scale.ts';
import type { ChartColors } from '../chart-colors.ts';
import { canvasPainter } from '../painting/canvas-painter.ts';
import type { Painter } from '../painting/painter.ts';
import {
  areaOf,
  type PlotArea,
  type PlotRanges,
  type PlotSpec,
  type PlotState,
  plotOptions,
  yInPlot,
} from './plot-options.ts';

export interface Place {
  /** Pixels from the upper left of the plot's inner part. */
  readonly x: number;
  readonly y: number;
}

export interface PlotHandlers {
  /** Draws the data. */
  readonly paint: (painter: Painter, area: PlotArea) => void;
  /** Draws what is lifted above them. */
  readonly paintOver: (painter: Painter, area: PlotArea) => void;
  readonly onPoint: (place: Place | undefined) => void;
  readonly onClick: (place: Place) => void;
  readonly onZoom: (part: { readonly x?: Range; readonly y?: Range }) => void;
  readonly onReset: () => void;
}

/** A frame of axes with layers to paint on. It lives as long as its spec; ranges, size and colours change in place. */
export class Plot {
  readonly #spec: PlotSpec;
  readonly #handlers: PlotHandlers;
  readonly #plot: UPlot;
  readonly #layer: HTMLCanvasElement;
  readonly #over: HTMLCanvasElement;
  #state: PlotState;
  #pressed: Place | undefined;
  /** What was drawn is out of date, and will be drawn anew before anybody sees it. */
  #isDirty = false;

  constructor(
    root: HTMLElement,
    spec: PlotSpec,
    options: PlotState & { readonly width: number; readonly height: number; readonly handlers: PlotHandlers },
  ) {
    this.#spec = spec;
    this.#state = { ranges: options.ranges, colors: options.colors };
    this.#handlers = options.handlers;
    this.#layer = layerCanvas();
    this.#over = layerCanvas();
    const base = plotOptions(spec, options, () => this.#state);
    this.#plot = new UPlot(
      {
        ...base,
        cursor: {
          ...base.cursor,
          // Its own double click goes back to all data it knows of, which are none.
          bind: { dblclick: () => () => this.#reset() },
        },
        hooks: {
          draw: [() => this.repaint()],
          setCursor: [(plot) => this.#point(plot)],
          setSelect: [(plot) => this.#select(plot)],
        },
      },
      this.#data(),
      root,
    );
    this.#plot.over.before(this.#layer, this.#over);
    this.#listenForClicks();
    this.setRanges(options.ranges);
  }

  get area(): PlotArea {
    const { width, height } = this.#plot.bbox;
    const ratio = devicePixelRatio;
    return areaOf(this.#spec, this.#state.ranges, { width: width / ratio, height: height / ratio });
  }

  setRanges(ranges: PlotRanges): void {
    this.#state = { ...this.#state, ranges };
    const plot = this.#plot;
    plot.batch(() => {
      plot.setData(this.#data(), false);
      plot.setScale('x', { min: ranges.x[0], max: ranges.x[1] });
      const inPlot = yInPlot(this.#spec.y, ranges.y);
      plot.setScale('y', { min: inPlot(ranges.y[0]), max: inPlot(ranges.y[1]) });
      plot.redraw(true, true);
    });
  }

  setSize(width: number, height: number): void {
    if (width !== this.#plot.width || height !== this.#plot.height) this.#plot.setSize({ width, height });
  }

  setColors(colors: ChartColors): void {
    if (colors === this.#state.colors) return;
    this.#state = { ...this.#state, colors };
    this.#plot.redraw(false, true);
  }

  /** Draws the data anew, and what is above them: once for all that asks for it in one go, as a new plot does thrice. */
  repaint(): void {
    if (this.#isDirty) return;
    this.#isDirty = true;
    queueMicrotask(() => {
      this.#isDirty = false;
      this.#paintOn(this.#layer, this.#handlers.paint);
      this.repaintOver();
    });
  }

  repaintOver(): void {
    this.#paintOn(this.#over, this.#handlers.paintOver);
  }

  /** Lets the data step back behind what is lifted, without drawing them again. */
  fade(isFaded: boolean): void {
    this.#layer.style.opacity = isFaded ? '0.25' : '';
  }

  /** The upright line at a place of the x axis; none for undefined or a place that is out of sight. */
  showCrosshair(value: number | undefined): void {
    const left = value === undefined ? Number.NaN : this.area.x.toPixel(value);
    const isInside = left >= 0 && left <= this.area.width;
    this.#plot.setCursor({ left: isInside ? left : -10, top: isInside ? 0 : -10 }, false);
  }

  destroy(): void {
    this.#plot.destroy();
  }

  #data(): UPlot.AlignedData {
    return [[...this.#state.ranges.x], [null, null]];
  }

  #paintOn(canvas: HTMLCanvasElement, paint: PlotHandlers['paint']): void {
    const { area } = this;
    const ratio = devicePixelRatio;
    const [width, height] = [Math.round(area.width * ratio), Math.round(area.height * ratio)];
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    const { left, top, width: cssWidth, height: cssHeight } = this.#plot.over.style;
    Object.assign(canvas.style, { left, top, width: cssWidth, height: cssHeight });
    const context = canvas.getContext('2d');
    if (context === null || width === 0 || height === 0) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, area.width, area.height);
    paint(canvasPainter(context), area);
  }

  #point(plot: UPlot): void {
    const { left = -10, top = -10 } = plot.cursor;
    this.#handlers.onPoint(left < 0 ? undefined : { x: left, y: top });
  }

  #reset(): null {
    this.#handlers.onReset();
    return null;
  }

  #select(plot: UPlot): void {
    const { left, top, width, height } = plot.select;
    if (width === 0 || height === 0) return;
    const { area } = this;
    const isWhole = (size: number, whole: number) => size >= whole - 1;
    const x: Range = [area.x.toValue(left), area.x.toValue(left + width)];
    const y: Range = [area.y.toValue(top + height), area.y.toValue(top)];
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.#handlers.onZoom({
      ...(!isWhole(width, area.width) && { x }),
      ...(!isWhole(height, area.height) && { y }),
    });
  }

  #listenForClicks(): void {
    const { over } = this.#plot;
    const placeOf = (event: MouseEvent): Place => ({ x: event.offsetX, y: event.offsetY });
    over.addEventListener('mousedown', (event) => {
      this.#pressed = placeOf(event);
    });
    over.addEventListener('click', (event) => {
      const place = placeOf(event);
      const pressed = this.#pressed;
      if (pressed === undefined || Math.hypot(place.x - pressed.x, place.y - pressed.y) > 4) return;
      this.#handlers.onClick(place);
    });
  }
}

function layerCanvas(): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.className = 'plot-layer';
  return canvas;
}
