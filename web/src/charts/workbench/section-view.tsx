import { ActionIcon, Menu, TextInput, UnstyledButton } from '@mantine/core';
import {
  ArrowDown,
  ArrowUp,
  ChevronDown,
  ChevronRight,
  EllipsisVertical,
  Pencil,
  Plus,
  Trash2,
} from 'lucide-react';
import { type DragEvent, type ReactNode, useState } from 'react';
import { ButtonMenu } from '../../ui/button-menu.tsx';
import type { Section } from './layout.ts';
import classes from './workbench.module.css';

export interface SectionActions {
  readonly fold: (isFolded: boolean) => void;
  readonly rename: (title: string) => void;
  readonly moveBy: (by: number) => void;
  readonly remove: () => void;
  readonly addChart: () => void;
  readonly drop: (chartId: string) => void;
}

interface SectionViewProps {
  readonly section: Section;
  readonly columns: number | undefined;
  readonly actions: SectionActions;
  readonly children: ReactNode;
}

const DRAG_TYPE = 'application/x-slipway-chart';

/** Charts under a title that fold away together. */
export function SectionView({ section, columns, actions, children }: SectionViewProps) {
  const { title, isFolded, charts } = section;
  const [isRenaming, setRenaming] = useState(false);
  const Fold = isFolded ? ChevronRight : ChevronDown;
  const onDrop = (event: DragEvent) => {
    if (event.dataTransfer.types.includes(DRAG_TYPE)) actions.drop(event.dataTransfer.getData(DRAG_TYPE));
  };
  return (
    <section className={classes.section} aria-label={title}>
      <div className={classes.sectionHead}>
        {isRenaming ? (
          <TextInput
            size="xs"
            aria-label="Title of the section"
            defaultValue={title}
            autoFocus
            onBlur={({ currentTarget }) => {
              setRenaming(false);
              if (currentTarget.value.trim() !== '') actions.rename(currentTarget.value.trim());
            }}
            onKeyDown={(event) => {
              if (event.key === 'Enter') event.currentTarget.blur();
              if (event.key === 'Escape') setRenaming(false);
            }}
          />
        ) : (
          <h2 className={classes.sectionTitle}>
            <UnstyledButton
              className={classes.fold}
              aria-expanded={!isFolded}
              onClick={() => actions.fold(!isFolded)}
            >
              <Fold size={16} aria-hidden />
              <span dir="auto">{title}</span>
              <span className={classes.count}>{charts.length}</span>
            </UnstyledButton>
          </h2>
        )}
        <ButtonMenu
          label={`More for the section ${title}`}
          align="end"
          button={
            <ActionIcon size="sm" variant="subtle" color="gray" aria-label={`More for the section ${title}`}>
              <EllipsisVertical size={14} aria-hidden />
            </ActionIcon>
          }
        >
          <Menu.Item leftSection={<Plus size={14} aria-hidden />} onClick={actions.addChart}>
            Add a chart here…
          </Menu.Item>
          <Menu.Item leftSection={<Pencil size={14} aria-hidden />} onClick={() => setRenaming(true)}>
            Rename
          </Menu.Item>
          <Menu.Item leftSection={<ArrowUp size={14} aria-hidden />} onClick={() => actions.moveBy(-1)}>
            Move up
          </Menu.Item>
          <Menu.Item leftSection={<ArrowDown size={14} aria-hidden />} onClick={() => actions.moveBy(1)}>
            Move down
          </Menu.Item>
          {section.id.startsWith('own:') && (
            <Menu.Item color="red" leftSection={<Trash2 size={14} aria-hidden />} onClick={actions.remove}>
              Remove the section
            </Menu.Item>
          )}
        </ButtonMenu>
      </div>
      {!isFolded && (
        // biome-ignore lint/a11y/noStaticElementInteractions: a place to drop charts; the menu moves them by key
        <div
          className={classes.grid}
          data-columns={columns}
          onDragOver={(event) => {
            if (charts.length === 0 && event.dataTransfer.types.includes(DRAG_TYPE)) event.preventDefault();
          }}
          onDrop={charts.length === 0 ? onDrop : undefined}
        >
          {children}
          {charts.length === 0 && (
            <p className={classes.nothing}>Drag charts here, or add one from the menu.</p>
          )}
        </div>
      )}
    </section>
  );
}
