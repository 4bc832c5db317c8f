import { ActionIcon, Menu } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Copy, Ellipsis, ExternalLink, GitCompareArrows, PanelRight, RotateCcw, Trash2 } from 'lucide-react';
import { deleteRuns, restoreRuns } from './bulk-actions.ts';
import type { RunRow } from './run-rows.ts';

interface RowActionsProps {
  readonly row: RunRow;
  readonly isOpen: boolean;
  readonly onMenu: (isOpen: boolean) => void;
  readonly onDetails: () => void;
  readonly onCompare: () => void;
}

/** What can be done with one run: shown while it is pointed at, opened by `e`. */
export function RowActions({ row, isOpen, onMenu, onDetails, onCompare }: RowActionsProps) {
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
      <Menu opened={isOpen} onChange={onMenu} position="bottom-end" shadow="md" width={220} trapFocus>
        <Menu.Target>
          <ActionIcon
            size="sm"
            variant="subtle"
            color="gray"
            tabIndex={-1}
            title="More ( e )"
            aria-label={`Actions of ${row.name}`}
          >
            <Ellipsis size={15} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
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
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
