import { type FillStyle, FONT, type Painter, type StrokeStyle } from './painter.ts';

const BASELINES = { top: 'top', middle: 'middle', bottom: 'bottom' } as const;
/** In CSS pixels. */
const THIN = 1.25;
const ALIGNS = { start: 'left', middle: 'center', end: 'right' } as const;

/** Draws on a canvas whose context is scaled to CSS pixels. */
export function canvasPainter(context: CanvasRenderingContext2D): Painter {
  const setFill = ({ color, alpha = 1 }: FillStyle) => {
    context.fillStyle = color;
    context.globalAlpha = alpha;
  };
  const setStroke = ({ color, width, alpha = 1, dash = [] }: StrokeStyle) => {
    context.strokeStyle = color;
    context.lineWidth = width;
    context.globalAlpha = alpha;
    context.setLineDash(dash as number[]);
    // On thin lines nobody sees how they join, and round joins cost the most of a dense line.
    context.lineJoin = width > THIN ? 'round' : 'bevel';
  };
  return {
    line(xs, ys, style) {
      setStroke(style);
      context.beginPath();
      let isOpen = false;
      for (let i = 0; i < xs.length; i += 1) {
        const x = xs[i]!;
        const y = ys[i]!;
        if (Number.isNaN(x) || Number.isNaN(y)) isOpen = false;
        else if (isOpen) context.lineTo(x, y);
        else {
          context.moveTo(x, y);
          isOpen = true;
        }
      }
      context.stroke();
    },
    area(xs, ys, style) {
      setFill(style);
      context.beginPath();
      for (let i = 0; i < xs.length; i += 1) context.lineTo(xs[i]!, ys[i]!);
      context.closePath();
      context.fill();
    },
    dots(xs, ys, style) {
      setFill(style);
      const { radius } = style;
      context.beginPath();
      for (let i = 0; i < xs.length; i += 1) {
        const x = xs[i]!;
        const y = ys[i]!;
        if (Number.isNaN(x) || Number.isNaN(y)) continue;
        context.moveTo(x + radius, y);
        context.arc(x, y, radius, 0, 2 * Math.PI);
      }
      context.fill();
      if (style.ring !== undefined) {
        setStroke({ color: style.ring, width: 1.5 });
        context.stroke();
      }
    },
    rect({ x, y, width, height }, style) {
      setFill(style);
      context.fillRect(x, y, width, height);
    },
    text(
      x,
      y,
      text,
      { color, size, align = 'start', baseline = 'middle', halo, isBold = false, isUpright = false },
    ) {
      context.globalAlpha = 1;
      context.fillStyle = color;
      context.font = `${isBold ? '600 ' : ''}${size}px ${FONT}`;
      context.textAlign = ALIGNS[align];
      context.textBaseline = BASELINES[baseline];
      if (!isUpright) {
        if (halo !== undefined) {
          context.strokeStyle = halo;
          context.lineWidth = 3;
          context.lineJoin = 'round';
          context.setLineDash([]);
          context.strokeText(text, x, y);
        }
        context.fillText(text, x, y);
        return;
      }
      context.save();
      context.translate(x, y);
      context.rotate(-Math.PI / 2);
      context.fillText(text, 0, 0);
      context.restore();
    },
    clipped({ x, y, width, height }, paint) {
      context.save();
      context.beginPath();
      context.rect(x, y, width, height);
      context.clip();
      paint();
      context.restore();
    },
    moved(x, y, paint) {
      context.save();
      context.translate(x, y);
      paint();
      context.restore();
    },
  };
}
