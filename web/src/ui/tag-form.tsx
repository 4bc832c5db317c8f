import { Button, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import classes from './tag-form.module.css';

interface TagFormProps {
  /** What it throws is said at the name, and the form stays. */
  readonly onAdd: (key: string, value: string) => Promise<void>;
  readonly onEnd: () => void;
}

/** A tag that is about to be put on something: its name and its value. */
export function TagForm({ onAdd, onEnd }: TagFormProps) {
  const [key, setKey] = useState('');
  const [value, setValue] = useState('');
  const [problem, setProblem] = useState<string | undefined>();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    try {
      await onAdd(key.trim(), value);
      onEnd();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <form
      className={classes.form}
      onSubmit={(event) => void submit(event)}
      onKeyDown={({ key: pressed }) => pressed === 'Escape' && onEnd()}
    >
      <TextInput
        size="xs"
        aria-label="Name of the tag"
        placeholder="Name"
        autoFocus
        dir="auto"
        value={key}
        error={problem}
        onChange={({ currentTarget }) => {
          setKey(currentTarget.value);
          setProblem(undefined);
        }}
      />
      <TextInput
        size="xs"
        aria-label="Value of the tag"
        placeholder="Value"
        dir="auto"
        value={value}
        onChange={({ currentTarget }) => setValue(currentTarget.value)}
      />
      <span className={classes.buttons}>
        <Button type="submit" size="compact-xs" disabled={key.trim() === ''}>
          Add
        </Button>
        <Button size="compact-xs" variant="default" onClick={onEnd}>
          Cancel
        </Button>
      </span>
    </form>
  );
}
