import { ActionIcon, Modal } from '@mantine/core';
import { GripVertical, Maximize2, RotateCcw, SlidersHorizontal } from 'lucide-react';
import { type CSSProperties, type DragEvent, lazy, Suspense, useRef, useState } from 'react';
import { notifyFailure } from '../../ui/notices.tsx';
import { Tooltip } from '../../ui/tooltip.tsx';
import { exportChart } from '../chart-export.ts';
import type { ChartHandle } from '../chart-handle.ts';
import { ChartBody, type ChartBodyProps } from './chart-body.tsx';
import classes from './chart-card.module.css';
import { type ChartConfig, titleOf } from './chart-config.ts';
import { ChartMenu } from './chart-menu.tsx';
import { CornerHandle } from './corner-handle.tsx';
import type { PlacedChart, Section } from './layout.ts';
import { useSeen } from './use-seen.ts';

const ChartEditor = lazy(async () => ({ default: (await import('./chart-editor.tsx')).ChartEditor }));
const DataDialog = lazy(async () => ({ default: (await import('./data-dialog.tsx')).DataDialog }));

export interface ChartActions {
  readonly change: (id: string, config: ChartConfig) => void;
  readonly remove: (id: string) => void;
  /** To a place before another chart, which may stand in another section. */
  readonly moveBefore: (id: string, beforeId: string) => void;
  readonly moveBy: (id: string, by: number) => void;
  readonly moveTo: (id: string, sectionId: string) => void;
  readonly sections: readonly Section[];
}

interface ChartCardProps extends Omit<ChartBodyProps, 'config' | 'onConfig' | 'handleRef'> {
  readonly chart: PlacedChart;
  readonly actions: ChartActions;
}

const DRAG_TYPE = 'application/x-slipway-chart';
const HEIGHTS = { low: 200, normal: 280, high: 440 } as const;
type Overlay = 'whole' | 'editor' | 'data';

/** A chart in the grid: its title, what can be done with it, and itself once it is near the screen. */
export function ChartCard({ chart, actions, ...body }: ChartCardProps) {
  const { id, config } = chart;
  const root = useRef<HTMLElement>(null);
  const handle = useRef<ChartHandle>(null);
  const isSeen = useSeen(root);
  const [overlay, setOverlay] = useState<Overlay>();
  const [isTarget, setTarget] = useState(false);
  const title = titleOf(config);
  const close = () => setOverlay(undefined);
  const change = (next: ChartConfig) => actions.change(id, next);
  const isZoomed = config.kind === 'lines' && (config.zoomX !== undefined || config.zoomY !== undefined);
  const chartBody = { ...body, config, onConfig: change };
  const accepts = (event: DragEvent) => event.dataTransfer.types.includes(DRAG_TYPE);
  return (
    <article
      ref={root}
      className={classes.card}
      aria-label={title}
      data-target={isTarget || undefined}
      style={{ '--columns': config.width ?? 1, height: HEIGHTS[config.height ?? 'normal'] } as CSSProperties}
      onDragOver={(event) => {
        if (!accepts(event)) return;
        event.preventDefault();
        setTarget(true);
      }}
      onDragLeave={() => setTarget(false)}
      onDrop={(event) => {
        setTarget(false);
        if (accepts(event)) actions.moveBefore(event.dataTransfer.getData(DRAG_TYPE), id);
      }}
    >
      <header className={classes.head}>
        <span
          className={classes.grip}
          aria-hidden
          draggable
          onDragStart={(event) => {
            event.dataTransfer.setData(DRAG_TYPE, id);
            event.dataTransfer.effectAllowed = 'move';
            if (root.current) event.dataTransfer.setDragImage(root.current, 16, 16);
          }}
        >
          <GripVertical size={14} />
        </span>
        <h3 className={classes.title} title={title} dir="auto">
          {title}
        </h3>
        <div className={classes.actions} data-zoomed={isZoomed || undefined}>
          {isZoomed && (
            <CardButton
              label="Show all again"
              icon={RotateCcw}
              onClick={() => change({ ...config, zoomX: undefined, zoomY: undefined })}
            />
          )}
          <CardButton
            label={`Set up ${title}`}
            icon={SlidersHorizontal}
            onClick={() => setOverlay('editor')}
          />
          <CardButton
            label={`Show ${title} on the whole screen`}
            icon={Maximize2}
            onClick={() => setOverlay('whole')}
          />
          <ChartMenu
            chart={chart}
            title={title}
            actions={actions}
            onData={() => setOverlay('data')}
            onExport={(kind) => {
              if (handle.current) exportChart(handle.current, title, kind).catch(notifyFailure);
            }}
          />
        </div>
      </header>
      <div className={classes.body}>{isSeen && <ChartBody {...chartBody} handleRef={handle} />}</div>
      <CornerHandle config={config} card={root} onConfig={change} />
      {overlay === 'whole' && (
        <Modal opened onClose={close} fullScreen title={title} transitionProps={{ duration: 0 }}>
          <div className={classes.whole}>
            <ChartBody {...chartBody} handleRef={null} />
          </div>
        </Modal>
      )}
      <Suspense>
        {overlay === 'editor' && (
          <ChartEditor
            config={config}
            experimentIds={body.query.experimentIds}
            defaults={body.defaults}
            onSave={change}
            onClose={close}
          />
        )}
        {overlay === 'data' && handle.current && (
          <DataDialog title={title} table={handle.current.table()} onClose={close} />
        )}
      </Suspense>
    </article>
  );
}

interface CardButtonProps {
  readonly label: string;
  readonly icon: typeof RotateCcw;
  readonly onClick: () => void;
}

function CardButton({ label, icon: Icon, onClick }: CardButtonProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon size="sm" variant="subtle" color="gray" aria-label={label} onClick={onClick}>
        <Icon size={14} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}
