import { ActionIcon, Menu } from '@mantine/core';
import {
  ArrowLeft,
  ArrowRight,
  ChevronsLeftRight,
  ChevronsUpDown,
  Download,
  EllipsisVertical,
  FolderInput,
  Table2,
  Trash2,
} from 'lucide-react';
import { ButtonMenu } from '../../ui/button-menu.tsx';
import type { ExportKind } from '../chart-export.ts';
import type { ChartActions } from './chart-card.tsx';
import type { PlacedChart } from './layout.ts';

interface ChartMenuProps {
  readonly chart: PlacedChart;
  readonly title: string;
  readonly actions: ChartActions;
  readonly onData: () => void;
  readonly onExport: (kind: ExportKind) => void;
}

const FILES: readonly (readonly [ExportKind, string])[] = [
  ['png', 'Picture (PNG)'],
  ['svg', 'Drawing (SVG)'],
  ['csv', 'Data (CSV)'],
];

/** Everything that can be done with a chart, for the keyboard too. */
export function ChartMenu({ chart, title, actions, onData, onExport }: ChartMenuProps) {
  const { id, config } = chart;
  const { width = 1, height } = config;
  const others = actions.sections.filter(({ charts }) => charts.every((one) => one.id !== id));
  return (
    <ButtonMenu
      label={`More for ${title}`}
      align="end"
      width={220}
      button={
        <ActionIcon size="sm" variant="subtle" color="gray" aria-label={`More for ${title}`}>
          <EllipsisVertical size={14} aria-hidden />
        </ActionIcon>
      }
    >
      <Menu.Item leftSection={<Table2 size={14} aria-hidden />} onClick={onData}>
        Show as a table
      </Menu.Item>
      {FILES.map(([kind, label]) => (
        <Menu.Item key={kind} leftSection={<Download size={14} aria-hidden />} onClick={() => onExport(kind)}>
          {label}
        </Menu.Item>
      ))}
      <Menu.Divider />
      <Menu.Item leftSection={<ArrowLeft size={14} aria-hidden />} onClick={() => actions.moveBy(id, -1)}>
        Move before
      </Menu.Item>
      <Menu.Item leftSection={<ArrowRight size={14} aria-hidden />} onClick={() => actions.moveBy(id, 1)}>
        Move after
      </Menu.Item>
      {others.length > 0 && (
        <Menu.Sub position="left-start">
          <Menu.Sub.Target>
            <Menu.Sub.Item leftSection={<FolderInput size={14} aria-hidden />}>Move to section</Menu.Sub.Item>
          </Menu.Sub.Target>
          <Menu.Sub.Dropdown mah={320} style={{ overflowY: 'auto' }}>
            {others.map((section) => (
              <Menu.Item key={section.id} onClick={() => actions.moveTo(id, section.id)}>
                {section.title}
              </Menu.Item>
            ))}
          </Menu.Sub.Dropdown>
        </Menu.Sub>
      )}
      <Menu.Divider />
      <Menu.Item
        leftSection={<ChevronsLeftRight size={14} aria-hidden />}
        onClick={() => actions.change(id, { ...config, width: width === 1 ? 2 : width === 2 ? 3 : 1 })}
      >
        {width === 3 ? 'One column wide' : 'Wider'}
      </Menu.Item>
      <Menu.Item
        leftSection={<ChevronsUpDown size={14} aria-hidden />}
        onClick={() =>
          actions.change(id, {
            ...config,
            height: height === undefined ? 'high' : height === 'high' ? 'low' : undefined,
          })
        }
      >
        {height === undefined ? 'Taller' : height === 'high' ? 'Low' : 'Normal height'}
      </Menu.Item>
      <Menu.Divider />
      <Menu.Item
        color="red"
        leftSection={<Trash2 size={14} aria-hidden />}
        onClick={() => actions.remove(id)}
      >
        Remove the chart
      </Menu.Item>
    </ButtonMenu>
  );
}
