import { Autocomplete } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { suggestedPrincipalsQuery } from '../data/principals.ts';

interface PrincipalFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (name: string) => void;
  readonly error?: string | undefined;
  readonly description?: string;
  readonly size?: 'xs' | 'sm';
  readonly isFirst?: boolean;
}

const TYPING_MS = 150;
const KINDS = { user: 'Users', group: 'Groups', 'service-principal': 'Service principals' } as const;

/** Takes the name of a user, a group or a service principal, and completes it. */
export function PrincipalField(props: PrincipalFieldProps) {
  const { label, value, onChange, error, description, size = 'sm', isFirst = false } = props;
  const [typed] = useDebouncedValue(value.trim(), TYPING_MS);
  const { data = [] } = useQuery(suggestedPrincipalsQuery(typed));
  const groups = Object.entries(KINDS).map(([kind, group]) => ({
    group,
    items: [...new Set(data.filter((each) => each.kind === kind).map(({ name }) => name))],
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
      value={value}
      error={error}
      onChange={onChange}
    />
  );
}
