import type { TreeFolder } from '../../data/experiments.ts';
import { NameDialog } from '../../ui/name-dialog.tsx';
import { renderCount } from '../../ui/numbers.ts';
import { type Renamed, rename } from './experiment-actions.ts';
import classes from './experiments-page.module.css';

interface RenameDialogProps {
  readonly renamed: Renamed;
  readonly onClose: () => void;
}

/** Renaming moves: the folder is the beginning of the name. */
export function RenameDialog({ renamed, onClose }: RenameDialogProps) {
  const current = nameOf(renamed);
  const isFolder = renamed.kind === 'folder';
  return (
    <NameDialog
      title={isFolder ? 'Rename or move the folder' : 'Rename or move the experiment'}
      label={isFolder ? 'Path' : 'Name'}
      description="What stands before the last slash is the folder that it is in."
      name={current}
      maxLength={500}
      verbOf={(name) => (folderPart(name) === folderPart(current) ? 'Rename' : 'Move')}
      onName={(name) => rename(renamed, name)}
      onClose={onClose}
    >
      {isFolder && <p className={classes.effect}>{describeMove(renamed.folder)}</p>}
    </NameDialog>
  );
}

const nameOf = (renamed: Renamed): string =>
  renamed.kind === 'experiment' ? renamed.experiment.name : renamed.folder.path;

const folderPart = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf('/')));

function describeMove({ active_experiments: active, deleted_experiments: deleted }: TreeFolder): string {
  const one = (n: number) => `${renderCount(n)} ${n === 1 ? 'experiment' : 'experiments'}`;
  const trash = deleted > 0 ? `, and ${renderCount(deleted)} of the trash` : '';
  return `${one(active)} below it get the new path${trash}. Their ids, runs and links stay as they are.`;
}
