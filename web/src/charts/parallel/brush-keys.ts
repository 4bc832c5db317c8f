import { createScale } from '../axes/scale.ts';
import type { Brush, Brushes, ParallelAxis } from './parallel-layout.ts';

/** What the keyboard brushes: the place of an axis, and all brushes. */
export interface BrushState {
  readonly axis: number | undefined;
  readonly brushes: Brushes;
}

/** A key as a keyboard event tells it. */
interface PressedKey {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
}

/** The part of an axis that one key press moves an end of a brush. */
const STEP = 0.05;

/**
 * Brushing by keys: Shift with ← and → goes from axis to axis, Shift with ↑ and ↓ moves the ends of its brush inwards (↑
 * the lower one, ↓ the upper one), Alt with ↑ and ↓ outwards, Delete takes the brush away.
 * @returns undefined for a key that means something else.
 */
export function brushByKey(
  { key, shiftKey, altKey }: PressedKey,
  axes: readonly ParallelAxis[],
  { axis, brushes }: BrushState,
): BrushState | undefined {
  const side = key === 'ArrowLeft' ? -1 : key === 'ArrowRight' ? 1 : 0;
  if (shiftKey && side !== 0 && axes.length > 0) {
    const next = axis === undefined ? (side > 0 ? 0 : axes.length - 1) : axis + side;
    return { axis: Math.max(0, Math.min(axes.length - 1, next)), brushes };
  }
  const chosen = axis === undefined ? undefined : axes[axis];
  if (chosen === undefined) return undefined;
  if (key === 'Delete') return { axis, brushes: withBrush(brushes, chosen, undefined) };
  const isUp = key === 'ArrowUp';
  if ((!isUp && key !== 'ArrowDown') || shiftKey === altKey) return undefined;
  return {
    axis,
    brushes: withBrush(brushes, chosen, moved(chosen, brushes[chosen.column], { isUp, isIn: shiftKey })),
  };
}

/** The brush after a step; undefined where it holds the whole axis. */
function moved(
  { shown }: ParallelAxis,
  brush: Brush | undefined,
  { isUp, isIn }: { readonly isUp: boolean; readonly isIn: boolean },
): Brush | undefined {
  const { range, isLog, kind } = shown;
  const scale = createScale(range, { size: 1, isLog });
  // From word to word, else by a part of the axis.
  const step = kind === 'category' ? 1 / (range[1] - range[0]) : STEP;
  let [low, high] = brush === undefined ? [0, 1] : [scale.toPixel(brush[0]), scale.toPixel(brush[1])];
  if (isUp === isIn) low = Math.max(0, Math.min(high, low + (isIn ? step : -step)));
  else high = Math.min(1, Math.max(low, high + (isIn ? -step : step)));
  const isWhole = low < step / 2 && high > 1 - step / 2;
  return isWhole ? undefined : [scale.toValue(low), scale.toValue(high)];
}

function withBrush(brushes: Brushes, { column }: ParallelAxis, brush: Brush | undefined): Brushes {
  const { [column]: _, ...others } = brushes;
  return brush === undefined ? others : { ...others, [column]: brush };
}
