import { ActionIcon } from '@mantine/core';
import { Grid2x2, ImageOff, Minus, Plus } from 'lucide-react';
import { type PointerEvent, type ReactNode, type SyntheticEvent, useEffect, useRef, useState } from 'react';
import { scrollRegion } from '../ui/scroll-region.ts';
import { SegmentedControl } from '../ui/segmented-control.tsx';
import { useShortcut } from '../ui/shortcuts.ts';
import { EmptyState } from '../ui/states.tsx';
import { Tooltip } from '../ui/tooltip.tsx';
import classes from './artifact-view.module.css';
import pictureClasses from './picture.module.css';

const ZOOMS = [0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 8, 16, 32];
/** Pictures below this size are shown with hard pixels unless somebody wants otherwise. */
const SMALL_PIXELS = 128;

interface PictureProps {
  readonly url: string;
  /** What a screen reader says. */
  readonly label: string;
  /** At the left of the tool bar. */
  readonly tools?: ReactNode;
  /** Drawn from lines, sharp at any size. */
  readonly isVector?: boolean;
}

/** A picture that fits its place, or at a zoom of one's own, to be dragged about. */
export function Picture({ url, label, tools, isVector = false }: PictureProps) {
  const [size, setSize] = useState<{ readonly width: number; readonly height: number } | undefined>();
  const [hasFailed, setFailed] = useState(false);
  const [zoom, setZoom] = useState<number | 'fit'>('fit');
  const [chosenPixels, setPixelated] = useState<boolean | undefined>();
  const scroller = useRef<HTMLDivElement>(null);
  useEffect(() => setFailed(false), [url]);
  const fit = useFit(scroller, size);
  const current = zoom === 'fit' ? fit : zoom;
  const isSmall = size !== undefined && Math.max(size.width, size.height) < SMALL_PIXELS;
  const isPixelated = chosenPixels ?? (isSmall && !isVector);
  const step = (by: 1 | -1) => {
    const next =
      by > 0 ? ZOOMS.find((one) => one > current + 0.001) : ZOOMS.findLast((one) => one < current - 0.001);
    if (next !== undefined) setZoom(next);
  };
  useShortcut('+', 'Zoom in', () => step(1));
  useShortcut('-', 'Zoom out', () => step(-1));
  useShortcut('0', 'Fit the picture', () => setZoom('fit'));
  const onLoad = ({ currentTarget: image }: SyntheticEvent<HTMLImageElement>) =>
    // A drawing without measures of its own gets those that browsers give it.
    setSize({ width: image.naturalWidth || 300, height: image.naturalHeight || 150 });
  if (hasFailed) {
    return (
      <EmptyState icon={ImageOff} title="The picture cannot be shown">
        <p>
          Its bytes are not what its name says, or the browser does not know the format. Download it instead.
        </p>
      </EmptyState>
    );
  }
  return (
    <>
      <div className={classes.toolbar}>
        {tools}
        <span className={classes.spread} />
        {size && (
          <span>
            {size.width} × {size.height}
          </span>
        )}
        {!isVector && (
          <Tooltip label={isPixelated ? 'Smooth pixels' : 'Hard pixels'}>
            <ActionIcon
              variant={isPixelated ? 'light' : 'subtle'}
              color={isPixelated ? 'accent' : 'gray'}
              size="sm"
              aria-label="Hard pixels"
              aria-pressed={isPixelated}
              onClick={() => setPixelated(!isPixelated)}
            >
              <Grid2x2 size={14} aria-hidden />
            </ActionIcon>
          </Tooltip>
        )}
        <ActionIcon variant="subtle" color="gray" size="sm" aria-label="Zoom out" onClick={() => step(-1)}>
          <Minus size={14} aria-hidden />
        </ActionIcon>
        <span className={pictureClasses.zoom}>{Math.round(current * 100)} %</span>
        <ActionIcon variant="subtle" color="gray" size="sm" aria-label="Zoom in" onClick={() => step(1)}>
          <Plus size={14} aria-hidden />
        </ActionIcon>
        <SegmentedControl
          size="xs"
          aria-label="Size of the picture"
          data={[
            { value: 'fit', label: 'Fit' },
            { value: '1', label: '1:1' },
          ]}
          value={String(zoom)}
          onChange={(value) => setZoom(value === 'fit' ? 'fit' : 1)}
        />
      </div>
      <section
        ref={scroller}
        className={pictureClasses.stage}
        aria-label="Picture"
        {...scrollRegion}
        {...dragging}
      >
        <div className={pictureClasses.middle}>
          <img
            src={url}
            alt={label}
            draggable={false}
            className={pictureClasses.image}
            data-pixelated={isPixelated || undefined}
            data-ready={size !== undefined || undefined}
            style={size && { width: size.width * current, height: size.height * current }}
            onLoad={onLoad}
            onError={() => setFailed(true)}
          />
        </div>
      </section>
    </>
  );
}

/** The zoom at which a picture fits its place; small pictures grow by whole factors. */
function useFit(
  place: React.RefObject<HTMLDivElement | null>,
  size: { readonly width: number; readonly height: number } | undefined,
): number {
  const [room, setRoom] = useState({ width: 800, height: 600 });
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const observer = new ResizeObserver(() =>
      setRoom({ width: element.clientWidth - 32, height: element.clientHeight - 32 }),
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [place]);
  if (size === undefined) return 1;
  const most = Math.min(room.width / size.width, room.height / size.height);
  if (most < 1) return Math.max(most, 0.01);
  return Math.max(size.width, size.height) < SMALL_PIXELS ? Math.min(16, Math.floor(most)) : 1;
}

/** Drags what is larger than its place. */
const dragging = {
  onPointerDown: (event: PointerEvent<HTMLElement>) => {
    if (event.button === 0) event.currentTarget.setPointerCapture(event.pointerId);
  },
  onPointerMove: ({ currentTarget: stage, pointerId, movementX, movementY }: PointerEvent<HTMLElement>) => {
    if (stage.hasPointerCapture(pointerId)) stage.scrollBy(-movementX, -movementY);
  },
};
