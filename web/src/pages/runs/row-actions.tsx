import { ActionIcon, Menu } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Copy, Ellipsis, ExternalLink, GitCompareArrows, PanelRight, RotateCcw, Trash2 } from 'lucide-react';
import { deleteRuns, restoreRuns } from './bulk-actions.ts';
import type { RunRow } from './run-rows.ts';

interface RowActionsProps {
  readonly row: RunRow;
  readonly isOpen: boolean;
  readonly onMenu: () => void;
  readonly onDetails: () => void;
}

/** Shown while a run is pointed at: few and light, as the pointer passes many rows. */
export function RowActions({ row, isOpen, onMenu, onDetails }: RowActionsProps) {
  if (row.isGone) return null;
  return (
    <>
      <ActionIcon
        size="sm"
        variant="subtle"
        color="gray"
        tabIndex={-1}
        title="Details beside the table"
        aria-label={`Details of ${row.name}`}
        onClick={onDetails}
      >
        <PanelRight size={15} aria-hidden />
      </ActionIcon>
      <ActionIcon
        size="sm"
        variant="subtle"
        color="gray"
        tabIndex={-1}
        title="More ( e )"
        aria-label={`Actions of ${row.name}`}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        onClick={onMenu}
      >
        <Ellipsis size={15} aria-hidden />
      </ActionIcon>
    </>
  );
}

interface RunMenuItemsProps {
  readonly row: RunRow;
  readonly onDetails: () => void;
  readonly onCompare: () => void;
}

/** What can be done with one run. */
export function RunMenuItems({ row, onDetails, onCompare }: RunMenuItemsProps) {
  return (
    <>
      <Menu.Item
        leftSection={<ExternalLink size={14} aria-hidden />}
        renderRoot={(props) => (
          <Link
            to="/experiments/$experimentId/runs/$runId/$"
            params={{ experimentId: row.experimentId, runId: row.runId, _splat: '' }}
            {...props}
          />
        )}
      >
        Open the run
      </Menu.Item>
      <Menu.Item leftSection={<PanelRight size={14} aria-hidden />} onClick={onDetails}>
        Details beside the table
      </Menu.Item>
      <Menu.Item leftSection={<GitCompareArrows size={14} aria-hidden />} onClick={onCompare}>
        Choose for comparison
      </Menu.Item>
      <Menu.Item
        leftSection={<Copy size={14} aria-hidden />}
        onClick={() => void navigator.clipboard.writeText(row.runId)}
      >
        Copy the run ID
      </Menu.Item>
      <Menu.Divider />
      {row.isDeleted ? (
        <Menu.Item
          leftSection={<RotateCcw size={14} aria-hidden />}
          onClick={() => void restoreRuns([row.runId])}
        >
          Restore
        </Menu.Item>
      ) : (
        <Menu.Item
          leftSection={<Trash2 size={14} aria-hidden />}
          onClick={() => void deleteRuns([row.runId])}
        >
          Move to the trash
        </Menu.Item>
      )}
    </>
  );
}
