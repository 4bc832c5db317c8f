import { ActionIcon, Menu } from '@mantine/core';
import type { Experiment } from '@slipway/client';
import { Copy, Ellipsis, NotebookText, Pencil, RotateCcw, Trash2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { ButtonMenu } from '../../ui/button-menu.tsx';
import { NameDialog } from '../../ui/name-dialog.tsx';
import { notify } from '../../ui/notices.tsx';
import { Tooltip } from '../../ui/tooltip.tsx';
import { deleteExperiment, NOTE_TAG, renameExperiment, restoreExperiment } from './experiment-queries.ts';
import classes from './runs-page.module.css';

interface ExperimentHeaderProps {
  /** Several where runs of several are compared; empty while they are read. */
  readonly experiments: readonly Experiment[];
  readonly expected: number;
  readonly isNoteOpen: boolean;
  readonly onNote: () => void;
  /** At the right: views and modes. */
  readonly children: ReactNode;
}

export function ExperimentHeader({
  experiments,
  expected,
  isNoteOpen,
  onNote,
  children,
}: ExperimentHeaderProps) {
  const [isRenaming, setRenaming] = useState(false);
  const [only] = experiments;
  const isOne = expected === 1;
  const hasNote = (only?.tags[NOTE_TAG] ?? '') !== '';
  return (
    <header className={classes.header}>
      <h1 className={classes.title} dir="auto" title={only?.name}>
        {isOne ? (only?.name ?? '…') : `${expected} experiments`}
      </h1>
      {isOne && only !== undefined && (
        <>
          <Tooltip label={hasNote ? 'Description' : 'Add a description'}>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={hasNote ? 'Description' : 'Add a description'}
              aria-expanded={isNoteOpen}
              onClick={onNote}
            >
              <NotebookText size={16} aria-hidden />
            </ActionIcon>
          </Tooltip>
          <ButtonMenu
            label="Actions of the experiment"
            align="start"
            width={220}
            button={
              <ActionIcon variant="subtle" color="gray" aria-label="Actions of the experiment">
                <Ellipsis size={16} aria-hidden />
              </ActionIcon>
            }
          >
            <Menu.Item leftSection={<Pencil size={14} aria-hidden />} onClick={() => setRenaming(true)}>
              Rename or move
            </Menu.Item>
            <Menu.Item
              leftSection={<Copy size={14} aria-hidden />}
              onClick={() => copy(only.experimentId, 'ID')}
            >
              Copy the ID
            </Menu.Item>
            <Menu.Item
              leftSection={<Copy size={14} aria-hidden />}
              onClick={() => copy(only.artifactLocation, 'artifact location')}
            >
              Copy the artifact location
            </Menu.Item>
            <Menu.Divider />
            {only.lifecycleStage === 'active' ? (
              <Menu.Item
                leftSection={<Trash2 size={14} aria-hidden />}
                onClick={() => void deleteExperiment(only)}
              >
                Move to the trash
              </Menu.Item>
            ) : (
              <Menu.Item
                leftSection={<RotateCcw size={14} aria-hidden />}
                onClick={() => void restoreExperiment(only)}
              >
                Restore
              </Menu.Item>
            )}
          </ButtonMenu>
          {only.lifecycleStage === 'deleted' && <span className={classes.trashMark}>In the trash</span>}
        </>
      )}
      <span className={classes.spring} />
      {children}
      {only && isRenaming && (
        <NameDialog
          title="Rename or move the experiment"
          description="What stands before the last slash is the folder that it is in."
          name={only.name}
          maxLength={500}
          verbOf={() => 'Rename'}
          onName={(name) => renameExperiment(only, name)}
          onClose={() => setRenaming(false)}
        />
      )}
    </header>
  );
}

function copy(text: string, what: string): void {
  void navigator.clipboard.writeText(text).then(() => notify({ text: `The ${what} is in the clipboard.` }));
}
