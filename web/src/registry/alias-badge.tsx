import { AtSign } from 'lucide-react';
import classes from './registry.module.css';

interface AliasBadgeProps {
  readonly alias: string;
  /** Where it points, where that is not clear from the place. */
  readonly version?: string;
  /** Where it can be moved: by dragging it onto another version, or by clicking it. */
  readonly onMove?: () => void;
}

/** The type of what is dragged when an alias is. */
export const DRAGGED_ALIAS = 'application/x-slipway-alias';

export function AliasBadge({ alias, version, onMove }: AliasBadgeProps) {
  const content = (
    <>
      <AtSign size={11} aria-hidden />
      {alias}
      {version !== undefined && <span className={classes.aliasVersion}> v{version}</span>}
    </>
  );
  if (onMove === undefined) return <span className={classes.alias}>{content}</span>;
  return (
    <button
      type="button"
      className={classes.alias}
      draggable
      title={`Drag ${alias} to another version, or click to move it`}
      aria-label={`Move the alias ${alias}`}
      onClick={onMove}
      onDragStart={({ dataTransfer }) => {
        dataTransfer.setData(DRAGGED_ALIAS, alias);
        dataTransfer.effectAllowed = 'move';
      }}
    >
      {content}
    </button>
  );
}

/** A stage of the older way to promote versions; None is not shown. */
export function StageBadge({ stage, version }: { readonly stage: string; readonly version?: string }) {
  return stage === 'None' ? null : (
    <span className={classes.stage} data-stage={stage}>
      {stage}
      {version !== undefined && <> v{version}</>}
    </span>
  );
}
