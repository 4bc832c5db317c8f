import { Button, Checkbox, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { Group, Search } from 'lucide-react';
import { useState } from 'react';
import { keysQuery } from '../../data/run-table.ts';
import { ButtonPopover } from '../../ui/button-popover.tsx';
import classes from './columns-panel.module.css';
import { noteOfKey } from './filter/suggestions.ts';

interface GroupMenuProps {
  readonly experimentIds: readonly string[];
  /** Columns of the server: `params.model`. */
  readonly groupBy: readonly string[];
  readonly onChange: (groupBy: readonly string[]) => void;
}

const LISTED = 60;
const MOST = 3;
const TYPING_MS = 150;
const WHO_RAN_IT = 'tags.mlflow.user';
/** What every run has. Clients tell who ran it by a tag; the attribute is what older ones sent. */
const ALWAYS: readonly { readonly column: string; readonly note: string }[] = [
  { column: 'attributes.status', note: '' },
  { column: WHO_RAN_IT, note: 'who ran it' },
  { column: 'attributes.user_id', note: '' },
];

/** Chooses up to three columns whose equal values make a group. */
export function GroupMenu({ experimentIds, groupBy, onChange }: GroupMenuProps) {
  const [wasOpened, setOpened] = useState(false);
  const [text, setText] = useState('');
  const [contains] = useDebouncedValue(text.trim(), TYPING_MS);
  const keys = useQuery({ ...keysQuery(experimentIds, contains, LISTED), enabled: wasOpened });
  const found = [
    ...(keys.data?.params.keys ?? []).map((one) => ({ column: `params.${one.key}`, note: noteOfKey(one) })),
    ...(keys.data?.tags.keys ?? [])
      .filter(({ key }) => !key.startsWith('mlflow.log-model') && `tags.${key}` !== WHO_RAN_IT)
      .map((one) => ({ column: `tags.${one.key}`, note: noteOfKey(one) })),
    ...ALWAYS.filter(({ column, note }) => `${column} ${note}`.includes(contains)),
  ];
  const listed = [
    ...groupBy.map((column) => ({ column, note: '' })),
    ...found.filter(({ column }) => !groupBy.includes(column)),
  ];
  const name = groupBy.map((column) => column.slice(column.indexOf('.') + 1)).join(', ');
  const toggle = (column: string) =>
    onChange(groupBy.includes(column) ? groupBy.filter((one) => one !== column) : [...groupBy, column]);
  return (
    <ButtonPopover
      label="Group by"
      width={320}
      className={classes.dropdown}
      onOpen={() => setOpened(true)}
      button={
        <Button
          size="compact-sm"
          variant={groupBy.length > 0 ? 'light' : 'default'}
          leftSection={<Group size={14} aria-hidden />}
        >
          <span className={classes.buttonText} dir="auto">
            {groupBy.length > 0 ? `By ${name}` : 'Group'}
          </span>
        </Button>
      }
    >
      <TextInput
        size="xs"
        type="search"
        aria-label="Search what to group by"
        placeholder="Search params and tags"
        leftSection={<Search size={14} aria-hidden />}
        data-autofocus
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <div className={classes.lists}>
        {listed.map(({ column, note }) => {
          const isChosen = groupBy.includes(column);
          return (
            <Checkbox
              key={column}
              size="xs"
              className={classes.choice}
              checked={isChosen}
              disabled={!isChosen && groupBy.length >= MOST}
              onChange={() => toggle(column)}
              label={
                <span className={classes.choiceLabel} title={column}>
                  <span className={classes.key} dir="auto">
                    {column.slice(column.indexOf('.') + 1)}
                  </span>
                  <span className={classes.note}>{note === '' ? (KINDS[column[0] ?? ''] ?? '') : note}</span>
                </span>
              }
            />
          );
        })}
      </div>
      <div className={classes.foot}>
        <Button
          size="compact-sm"
          variant="subtle"
          disabled={groupBy.length === 0}
          onClick={() => onChange([])}
        >
          No groups
        </Button>
      </div>
    </ButtonPopover>
  );
}

const KINDS: Readonly<Record<string, string>> = { p: 'param', t: 'tag', a: 'attribute' };
