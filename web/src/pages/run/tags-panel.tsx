import { ActionIcon, Button, Switch, TextInput } from '@mantine/core';
import type { Run } from '@slipway/client';
import { useQueryClient } from '@tanstack/react-query';
import { Pencil, Plus, Trash2 } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { ConflictNotice } from '../../ui/conflict-notice.tsx';
import { notify, notifyFailure } from '../../ui/notices.tsx';
import { TagForm } from '../../ui/tag-form.tsx';
import { CopyButton } from '../../ui/texts.tsx';
import { Tooltip } from '../../ui/tooltip.tsx';
import { Panel } from './panel.tsx';
import { editTag } from './run-actions.ts';
import classes from './tags-panel.module.css';
import { shortened, useTagDraft } from './use-tag-draft.ts';

/** Tags that clients keep for themselves. */
const isSystemTag = (key: string): boolean => key.startsWith('mlflow.') || key === 'slipway.clonedFrom';

/** Words that people put on a run, to be changed in place. */
export function TagsPanel({ run }: { readonly run: Run }) {
  const [isAdding, setAdding] = useState(false);
  const [withSystem, setWithSystem] = useState(false);
  const [edited, setEdited] = useState<string | undefined>();
  const queries = useQueryClient();
  const canEdit = run.lifecycleStage === 'active';
  const add = async (key: string, value: string) => {
    if (key in run.tags) throw new Error('There is such a tag already: edit it below.');
    await editTag(queries, run.runId, { key, value, seen: undefined });
  };
  const keys = Object.keys(run.tags).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const own = keys.filter((key) => !isSystemTag(key));
  // A tag that somebody removes while it is edited stays until that is decided.
  const shown = edited !== undefined && !own.includes(edited) ? [...own, edited] : own;
  const system = keys.filter(isSystemTag);
  return (
    <Panel
      title="Tags"
      count={own.length}
      tools={
        canEdit &&
        !isAdding && (
          <Button
            size="compact-xs"
            variant="subtle"
            color="gray"
            leftSection={<Plus size={13} aria-hidden />}
            onClick={() => setAdding(true)}
          >
            Add
          </Button>
        )
      }
    >
      {isAdding && (
        <div className={classes.newTag}>
          <TagForm onAdd={add} onEnd={() => setAdding(false)} />
        </div>
      )}
      {shown.length > 0 && (
        <ul className={classes.list}>
          {shown.map((key) =>
            key === edited ? (
              <TagEditor key={key} run={run} tag={key} onEnd={() => setEdited(undefined)} />
            ) : (
              <TagEntry key={key} run={run} tag={key} onEdit={canEdit ? () => setEdited(key) : undefined} />
            ),
          )}
        </ul>
      )}
      {shown.length === 0 && !isAdding && <p className={classes.none}>No tags</p>}
      {system.length > 0 && (
        <Switch
          size="xs"
          label={`Show system tags (${system.length})`}
          checked={withSystem}
          onChange={(event) => setWithSystem(event.currentTarget.checked)}
        />
      )}
      {withSystem && (
        <ul className={classes.list}>
          {system.map((key) => (
            <TagEntry key={key} run={run} tag={key} onEdit={undefined} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

interface TagEntryProps {
  readonly run: Run;
  readonly tag: string;
  /** Undefined where it cannot be changed. */
  readonly onEdit: (() => void) | undefined;
}

function TagEntry({ run, tag, onEdit }: TagEntryProps) {
  const queries = useQueryClient();
  const value = run.tags[tag] ?? '';
  const remove = async () => {
    try {
      await editTag(queries, run.runId, { key: tag, value: undefined, seen: value });
      notify({
        text: `The tag “${shortened(tag)}” is removed.`,
        undo: () => {
          editTag(queries, run.runId, { key: tag, value, seen: undefined }).catch(notifyFailure);
        },
      });
    } catch (error) {
      notifyFailure(error);
    }
  };
  return (
    <li className={classes.entry}>
      <span className={classes.key} title={tag} dir="auto">
        {tag}
      </span>
      <span className={classes.value} title={value} dir="auto">
        {value === '' ? <span className="dim">empty</span> : value.slice(0, 400)}
      </span>
      <span className={classes.actions}>
        <CopyButton text={value} label={`Copy the value of ${shortened(tag)}`} />
        {onEdit !== undefined && (
          <>
            <Tooltip label="Edit">
              <ActionIcon
                size="sm"
                variant="subtle"
                color="gray"
                aria-label={`Edit ${shortened(tag)}`}
                onClick={onEdit}
              >
                <Pencil size={13} aria-hidden />
              </ActionIcon>
            </Tooltip>
            <Tooltip label="Remove">
              <ActionIcon
                size="sm"
                variant="subtle"
                color="gray"
                aria-label={`Remove ${shortened(tag)}`}
                onClick={() => void remove()}
              >
                <Trash2 size={13} aria-hidden />
              </ActionIcon>
            </Tooltip>
          </>
        )}
      </span>
    </li>
  );
}

interface TagEditorProps {
  readonly run: Run;
  readonly tag: string;
  readonly onEnd: () => void;
}

function TagEditor({ run, tag, onEnd }: TagEditorProps) {
  const draft = useTagDraft(run, tag);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (await draft.save()) onEnd();
  };
  return (
    <li className={classes.editor}>
      <form className={classes.form} onSubmit={(event) => void submit(event)}>
        <span className={classes.key} title={tag} dir="auto">
          {tag}
        </span>
        <TextInput
          size="xs"
          aria-label={`Value of ${shortened(tag)}`}
          autoFocus
          dir="auto"
          value={draft.text}
          onFocus={(event) => event.currentTarget.select()}
          onChange={(event) => draft.setText(event.currentTarget.value)}
          onKeyDown={(event) => event.key === 'Escape' && onEnd()}
        />
        <span className={classes.buttons}>
          <Button
            type="submit"
            size="compact-xs"
            loading={draft.isSaving}
            disabled={draft.theirs !== undefined}
          >
            Save
          </Button>
          <Button size="compact-xs" variant="default" onClick={onEnd}>
            Cancel
          </Button>
        </span>
      </form>
      {draft.theirs !== undefined && (
        <ConflictNotice
          what="This tag"
          theirs={draft.theirs}
          onKeepMine={draft.acceptTheirs}
          onTakeTheirs={onEnd}
        />
      )}
    </li>
  );
}
