import { Button, CloseButton, Menu, Popover, Slider, Switch, TextInput } from '@mantine/core';
import { ChartLine, Columns3, Plus, Search, Settings2 } from 'lucide-react';
import { useState } from 'react';
import { ButtonMenu } from '../../ui/button-menu.tsx';
import { SegmentedControl } from '../../ui/segmented-control.tsx';
import { X_CHOICES } from '../data/x-choices.ts';
import { type Layout, type LineDefaults, restoreCharts } from './layout.ts';
import classes from './workbench.module.css';

interface ToolbarProps {
  readonly layout: Layout;
  readonly onLayout: (layout: Layout) => void;
  readonly search: string;
  readonly onSearch: (search: string) => void;
  readonly onAddChart: () => void;
  readonly onAddSection: () => void;
}

/** What holds for all charts: which are shown, and how their lines run. */
export function Toolbar({ layout, onLayout, search, onSearch, onAddChart, onAddSection }: ToolbarProps) {
  const lines = layout.lines ?? {};
  const setLines = (change: Partial<LineDefaults>) => onLayout({ ...layout, lines: { ...lines, ...change } });
  const removed = layout.removed?.length ?? 0;
  return (
    <div className={classes.toolbar} role="toolbar" aria-label="Charts">
      <TextInput
        className={classes.search}
        size="xs"
        aria-label="Search charts"
        placeholder="Search charts"
        leftSection={<Search size={14} aria-hidden />}
        rightSection={
          search !== '' && (
            <CloseButton size="sm" aria-label="Clear the search" onClick={() => onSearch('')} />
          )
        }
        value={search}
        onChange={({ currentTarget }) => onSearch(currentTarget.value)}
      />
      <SegmentedControl
        size="xs"
        aria-label="What runs along x"
        data={X_CHOICES}
        value={lines.x ?? 'step'}
        onChange={(x) => setLines({ x: x as LineDefaults['x'] })}
      />
      <SmoothingSlider value={lines.smoothing ?? 0} onChange={(smoothing) => setLines({ smoothing })} />
      <Popover position="bottom-start" withinPortal trapFocus>
        <Popover.Target>
          <Button size="xs" variant="default" leftSection={<Settings2 size={14} aria-hidden />}>
            Axes
          </Button>
        </Popover.Target>
        <Popover.Dropdown>
          <div className={classes.options}>
            <Switch
              size="sm"
              label="Log scale on y"
              checked={lines.yLog ?? false}
              onChange={({ currentTarget }) => setLines({ yLog: currentTarget.checked })}
            />
            <Switch
              size="sm"
              label="Log scale on x"
              checked={lines.xLog ?? false}
              onChange={({ currentTarget }) => setLines({ xLog: currentTarget.checked })}
            />
          </div>
        </Popover.Dropdown>
      </Popover>
      <ButtonMenu
        label="Charts per row"
        align="end"
        button={
          <Button size="xs" variant="default" leftSection={<Columns3 size={14} aria-hidden />}>
            {layout.columns === undefined ? 'Charts per row' : `Charts per row: ${layout.columns}`}
          </Button>
        }
      >
        {[undefined, 1, 2, 3, 4].map((columns) => (
          <Menu.Item
            key={columns ?? 0}
            onClick={() => onLayout({ ...layout, columns: columns as Layout['columns'] })}
          >
            {columns ?? 'As many as fit'}
          </Menu.Item>
        ))}
      </ButtonMenu>
      <span className={classes.rest} />
      {removed > 0 && (
        <Button size="xs" variant="subtle" onClick={() => onLayout(restoreCharts(layout))}>
          Bring back {removed === 1 ? '1 chart' : `${removed} charts`}
        </Button>
      )}
      <ButtonMenu
        label="Add"
        align="end"
        button={
          <Button size="xs" leftSection={<Plus size={14} aria-hidden />}>
            Add
          </Button>
        }
      >
        <Menu.Item leftSection={<ChartLine size={14} aria-hidden />} onClick={onAddChart}>
          Chart…
        </Menu.Item>
        <Menu.Item leftSection={<Plus size={14} aria-hidden />} onClick={onAddSection}>
          Section
        </Menu.Item>
      </ButtonMenu>
    </div>
  );
}

/** Moves at once, and is taken over when it is let go: an address for each pixel of the way helps nobody. */
function SmoothingSlider({
  value,
  onChange,
}: {
  readonly value: number;
  readonly onChange: (value: number) => void;
}) {
  const [moving, setMoving] = useState<number>();
  return (
    <div className={classes.smoothing}>
      <span className={classes.label}>Smoothing</span>
      <Slider
        className={classes.slider}
        size="xs"
        min={0}
        max={0.99}
        step={0.01}
        label={(shown) => shown.toFixed(2)}
        thumbLabel="Smoothing"
        value={moving ?? value}
        onChange={setMoving}
        onChangeEnd={(end) => {
          setMoving(undefined);
          onChange(end);
        }}
      />
    </div>
  );
}
