import { CloseButton, TextInput } from '@mantine/core';
import { Search } from 'lucide-react';

interface FilterFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** Narrows a list to what holds the words. */
export function FilterField({ label, value, onChange }: FilterFieldProps) {
  return (
    <TextInput
      size="xs"
      w={220}
      aria-label={label}
      placeholder={label}
      leftSection={<Search size={13} aria-hidden />}
      rightSection={value !== '' && <CloseButton size="xs" aria-label="Clear" onClick={() => onChange('')} />}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      onKeyDown={(event) => event.key === 'Escape' && onChange('')}
    />
  );
}
