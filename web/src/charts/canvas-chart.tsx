import {
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import classes from './canvas-chart.module.css';
import { canvasPainter } from './painting/canvas-painter.ts';
import type { Painter } from './painting/painter.ts';
import type { SceneSize } from './plot/plot-scene.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

interface CanvasChartProps {
  readonly label: string;
  /** Draws the data; keeps its identity while they are the same. */
  readonly paint: (painter: Painter, size: SceneSize) => void;
  /** Draws what is lifted above them. */
  readonly paintOver: (painter: Painter, size: SceneSize) => void;
  readonly isFaded?: boolean;
  readonly onPoint: (at: Point | undefined, size: SceneSize) => void;
  readonly onClick?: (at: Point, size: SceneSize) => void;
  /** A drag from one place to another; `isDone` when it ends. */
  readonly onDrag?: (from: Point, to: Point, isDone: boolean, size: SceneSize) => void;
  readonly onKey?: (event: KeyboardEvent, size: SceneSize) => void;
  /** What `onKey` obeys, for screen readers. */
  readonly keys?: string | undefined;
  /** Above the canvases, in their coordinates. */
  readonly children?: ((size: SceneSize) => ReactNode) | undefined;
}

const CLICK_REACH = 4;

/** A chart that draws all of itself: two canvases, one for the data and one for what moves above them. */
export function CanvasChart({
  label,
  paint,
  paintOver,
  isFaded = false,
  keys,
  children,
  ...events
}: CanvasChartProps) {
  const root = useRef<HTMLDivElement>(null);
  const layer = useRef<HTMLCanvasElement>(null);
  const over = useRef<HTMLCanvasElement>(null);
  const from = useRef<Point>(undefined);
  const [size, setSize] = useState<SceneSize>({ width: 0, height: 0 });

  useLayoutEffect(() => {
    const element = root.current!;
    const measure = () => setSize({ width: element.clientWidth, height: element.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => paintOn(layer.current!, size, paint), [size, paint]);
  useEffect(() => paintOn(over.current!, size, paintOver), [size, paintOver]);

  const placeOf = (event: PointerEvent): Point => {
    const box = root.current!.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const isDrag = (to: Point) =>
    from.current !== undefined && Math.hypot(to.x - from.current.x, to.y - from.current.y) > CLICK_REACH;
  return (
    <div
      ref={root}
      className={classes.chart}
      role="img"
      aria-label={label}
      aria-keyshortcuts={keys}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys walk through the data
      tabIndex={0}
      onKeyDown={(event) => events.onKey?.(event, size)}
      onBlur={() => events.onPoint(undefined, size)}
      onPointerLeave={() => events.onPoint(undefined, size)}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        from.current = placeOf(event);
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        const to = placeOf(event);
        if (isDrag(to)) events.onDrag?.(from.current!, to, false, size);
        else events.onPoint(to, size);
      }}
      onPointerUp={(event) => {
        const to = placeOf(event);
        if (isDrag(to)) events.onDrag?.(from.current!, to, true, size);
        else if (from.current !== undefined) events.onClick?.(to, size);
        from.current = undefined;
      }}
    >
      <canvas ref={layer} className={classes.layer} data-faded={isFaded || undefined} />
      <canvas ref={over} className={classes.layer} />
      {children?.(size)}
    </div>
  );
}

function paintOn(
  canvas: HTMLCanvasElement,
  { width, height }: SceneSize,
  paint: (painter: Painter, size: SceneSize) => void,
): void {
  const ratio = devicePixelRatio;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext('2d');
  if (context === null || width === 0 || height === 0) return;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  paint(canvasPainter(context), { width, height });
}
