import { Button, CloseButton, Menu, Modal, TextInput } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Download, GitCompareArrows, RotateCcw, Tag, Trash2 } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { notify } from '../../ui/notices.tsx';
import { renderCount } from '../../ui/numbers.ts';
import { useReturnedFocus } from '../../ui/returned-focus.ts';
import { SegmentedControl } from '../../ui/segmented-control.tsx';
import { countRuns, deleteRuns, restoreRuns, tagRuns, untagRuns } from './bulk-actions.ts';
import classes from './runs-page.module.css';

interface SelectionBarProps {
  readonly selected: ReadonlySet<string>;
  readonly onClear: () => void;
  readonly canDelete: boolean;
  readonly canRestore: boolean;
  readonly onExport: () => void;
}

/** As many runs as the page of comparison lays side by side. */
export const MOST_COMPARED = 100;

/** Why so many runs are not compared. */
export function explainComparison(selected: number): string {
  if (selected === 0)
    return `Select from 2 to ${MOST_COMPARED} runs to compare them: x selects the one at the cursor.`;
  if (selected === 1) return 'One run is selected. Select another one to compare them.';
  return `${selected.toLocaleString('en-US')} runs are selected, and at most ${MOST_COMPARED} can be compared. Filter, or select fewer.`;
}

/** What can be done with the runs that were chosen. */
export function SelectionBar({ selected, onClear, canDelete, canRestore, onExport }: SelectionBarProps) {
  const [isTagging, setTagging] = useState(false);
  const ids = [...selected];
  const isComparable = ids.length >= 2 && ids.length <= MOST_COMPARED;
  return (
    <div className={classes.selectionBar} role="toolbar" aria-label="Selected runs">
      <CloseButton size="sm" aria-label="Clear the selection" onClick={onClear} />
      <strong>{renderCount(ids.length)} selected</strong>
      {isComparable ? (
        <Button
          size="compact-sm"
          variant="default"
          className={classes.linkButton}
          leftSection={<GitCompareArrows size={14} aria-hidden />}
          renderRoot={(props) => <Link to="/compare" search={{ runs: ids.join(',') } as never} {...props} />}
        >
          Compare
        </Button>
      ) : (
        <Button
          size="compact-sm"
          variant="default"
          data-disabled
          aria-disabled
          leftSection={<GitCompareArrows size={14} aria-hidden />}
          title={explainComparison(ids.length)}
          onClick={() => notify({ text: explainComparison(ids.length) })}
        >
          Compare
        </Button>
      )}
      {ids.length > MOST_COMPARED && <span className={classes.limit}>at most {MOST_COMPARED}</span>}
      <Button
        size="compact-sm"
        variant="default"
        leftSection={<Tag size={14} aria-hidden />}
        onClick={() => setTagging(true)}
      >
        Tag
      </Button>
      <Menu position="bottom-start" shadow="md">
        <Menu.Target>
          <Button size="compact-sm" variant="default" leftSection={<Download size={14} aria-hidden />}>
            Export
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={onExport}>
            {countRuns(ids.length)} as CSV, with the columns that are shown
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {canDelete && (
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<Trash2 size={14} aria-hidden />}
          onClick={() => void deleteRuns(ids).then((isDone) => isDone && onClear())}
        >
          Move to the trash
        </Button>
      )}
      {canRestore && (
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<RotateCcw size={14} aria-hidden />}
          onClick={() => void restoreRuns(ids).then((isDone) => isDone && onClear())}
        >
          Restore
        </Button>
      )}
      {isTagging && <TagDialog runIds={ids} onClose={() => setTagging(false)} />}
    </div>
  );
}

function TagDialog({
  runIds,
  onClose,
}: {
  readonly runIds: readonly string[];
  readonly onClose: () => void;
}) {
  useReturnedFocus();
  const [way, setWay] = useState('set');
  const [key, setKey] = useState('');
  const [value, setValue] = useState('');
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    const isDone = await (way === 'set' ? tagRuns(runIds, key.trim(), value) : untagRuns(runIds, key.trim()));
    setBusy(false);
    if (isDone) onClose();
  };
  return (
    <Modal opened onClose={onClose} title={`Tag ${countRuns(runIds.length)}`}>
      <form className={classes.form} onSubmit={(event) => void submit(event)}>
        <SegmentedControl
          size="xs"
          aria-label="Set or remove"
          data={[
            { value: 'set', label: 'Set a tag' },
            { value: 'remove', label: 'Remove a tag' },
          ]}
          value={way}
          onChange={setWay}
        />
        <TextInput
          label="Key"
          dir="auto"
          required
          maxLength={250}
          data-autofocus
          value={key}
          onChange={(event) => setKey(event.currentTarget.value)}
        />
        {way === 'set' && (
          <TextInput
            label="Value"
            dir="auto"
            maxLength={8000}
            value={value}
            onChange={(event) => setValue(event.currentTarget.value)}
          />
        )}
        <p className={classes.effect}>
          {way === 'set'
            ? `A value that a run has under this key is replaced. Undo gives each run its own back.`
            : `Runs that have the tag lose it. Undo gives each run its own back.`}
        </p>
        <div className={classes.formButtons}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={isBusy} disabled={key.trim() === ''}>
            {way === 'set' ? 'Set tag' : 'Remove tag'}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
