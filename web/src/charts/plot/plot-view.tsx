import { type Ref, useEffect, useImperativeHandle, useLayoutEffect, useRef } from 'react';
import { useChartColors } from '../chart-colors.ts';
import { Plot, type PlotHandlers } from './plot.ts';
import type { PlotRanges, PlotSpec } from './plot-options.ts';
import classes from './plot-view.module.css';

interface PlotViewProps extends PlotHandlers {
  readonly spec: PlotSpec;
  readonly ranges: PlotRanges;
  readonly plotRef: Ref<Plot | undefined>;
}

/**
 * A plot in its place on the page. New ranges, data and colours change the plot that is there; only another `spec` makes a
 * new one. `ranges` and `paint` keep their identity while they mean the same.
 */
export function PlotView({ spec, ranges, plotRef, ...handlers }: PlotViewProps) {
  const root = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot>(undefined);
  const colors = useChartColors();
  const latest = useRef({ handlers, ranges, colors });
  latest.current = { handlers, ranges, colors };
  const specKey = JSON.stringify(spec);

  useLayoutEffect(() => {
    const element = root.current!;
    const made = new Plot(element, spec, {
      width: Math.max(1, element.clientWidth),
      height: Math.max(1, element.clientHeight),
      ranges: latest.current.ranges,
      colors: latest.current.colors,
      handlers: delegate(() => latest.current.handlers),
    });
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize(element.clientWidth, element.clientHeight));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [specKey]);

  useImperativeHandle(plotRef, () => plot.current, [specKey]);

  const shownRanges = useRef(ranges);
  useLayoutEffect(() => {
    if (shownRanges.current === ranges) plot.current?.repaint();
    else plot.current?.setRanges(ranges);
    shownRanges.current = ranges;
  }, [ranges, handlers.paint]);

  useEffect(() => plot.current?.setColors(colors), [colors]);
  useLayoutEffect(() => plot.current?.repaintOver(), [handlers.paintOver]);

  return <div ref={root} className={classes.plot} />;
}

/** A plot outlives the functions of one rendering. */
function delegate(current: () => PlotHandlers): PlotHandlers {
  return {
    paint: (...args) => current().paint(...args),
    paintOver: (...args) => current().paintOver(...args),
    onPoint: (...args) => current().onPoint(...args),
    onClick: (...args) => current().onClick(...args),
    onZoom: (...args) => current().onZoom(...args),
    onReset: () => current().onReset(),
  };
}
