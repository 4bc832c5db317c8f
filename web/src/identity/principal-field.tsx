import { Autocomplete } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { KINDS, type Principal, type PrincipalKind, suggestedPrincipalsQuery } from '../data/principals.ts';

interface PrincipalFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (name: string) => void;
  /** All, without it. */
  readonly kinds?: readonly PrincipalKind[];
  readonly error?: string | undefined;
  readonly description?: string;
  readonly size?: 'xs' | 'sm';
  readonly isFirst?: boolean;
}

const TYPING_MS = 150;
const LABELS = { user: 'Users', group: 'Groups', 'service-principal': 'Service principals' } as const;

/** Takes the name of a user, a group or a service principal, and completes it. */
export function PrincipalField(props: PrincipalFieldProps) {
  const { label, value, onChange, kinds = KINDS, error, description, size = 'sm', isFirst = false } = props;
  const [typed] = useDebouncedValue(value.trim(), TYPING_MS);
  const { data = [] } = useQuery(suggestedPrincipalsQuery(typed));
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    // Done with: what was typed is away, and so is its list.
    if (value === '') setOpen(false);
  }, [value]);
  const sought = value.trim().toLowerCase();
  const namesOf = ({ name, displayName }: Principal) => [name.toLowerCase(), displayName.toLowerCase()];
  // Who is named in full needs no list over the rest of the form.
  const isWhole = data.some((each) => each.name.toLowerCase() === sought);
  const matching = isWhole ? [] : data.filter((each) => namesOf(each).some((name) => name.includes(sought)));
  const groups = kinds.map((kind) => ({
    group: LABELS[kind],
    items: matching.filter((each) => each.kind === kind).map(({ name }) => name),
  }));
  return (
    <Autocomplete
      label={label}
      description={description}
      size={size}
      dir="auto"
      maxLength={200}
      data-autofocus={isFirst || undefined}
      // What matches was asked of the server.
      filter={({ options }) => options}
      data={groups.filter(({ items }) => items.length > 0)}
      // Service principals are named by a number in grants, and by people otherwise.
      renderOption={({ option }) => {
        const found = data.find(({ name }) => name === option.value);
        return (
          <span dir="auto">
            {option.value}
            {found !== undefined && found.displayName !== found.name && (
              <span className="dim"> {found.displayName}</span>
            )}
          </span>
        );
      }}
      dropdownOpened={isOpen}
      onDropdownOpen={() => setOpen(true)}
      onDropdownClose={() => setOpen(false)}
      value={value}
      error={error}
      onChange={onChange}
    />
  );
}

/** Whether there is somebody of that name; undefined until it is known. */
export function useIsKnown(name: string): boolean | undefined {
  const { data, isPlaceholderData } = useQuery({ ...suggestedPrincipalsQuery(name), enabled: name !== '' });
  if (name === '' || data === undefined || isPlaceholderData) return undefined;
  return data.some((each) => each.name.toLowerCase() === name.toLowerCase());
}
