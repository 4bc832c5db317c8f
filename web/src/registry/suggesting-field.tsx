import { Autocomplete, type InputWrapperProps } from '@mantine/core';
import { type KeyboardEvent, useState } from 'react';

/** Choices belong to the dialog, not to the page around it. */
const IN_PLACE = { withinPortal: false };

const BOX_FIRST: InputWrapperProps['inputWrapperOrder'] = ['label', 'input', 'error', 'description'];

const MOST = 50;

interface SuggestingFieldProps {
  readonly label: string;
  readonly description: string;
  readonly placeholder: string;
  readonly suggestions: readonly string[];
  readonly value: string;
  readonly error: string | undefined;
  readonly isFirst?: boolean;
  readonly onChange: (value: string) => void;
}

/**
 * A text with suggestions in a form. While the suggestions are open, Enter chooses one or closes them; only the next
 * Enter is the form's.
 */
export function SuggestingField({
  label,
  description,
  placeholder,
  suggestions,
  value,
  error,
  isFirst = false,
  onChange,
}: SuggestingFieldProps) {
  const [isOpen, setOpen] = useState(false);
  const typed = value.trim().toLowerCase();
  // One that is typed in full needs no suggestion.
  const fitting = suggestions
    .filter((one) => one !== value.trim() && one.toLowerCase().includes(typed))
    .slice(0, MOST);
  const keepEnter = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !isOpen || fitting.length === 0) return;
    event.preventDefault();
    setOpen(false);
  };
  return (
    <Autocomplete
      comboboxProps={IN_PLACE}
      label={label}
      description={description}
      // Below the box: fields side by side stay level, however their hints break.
      inputWrapperOrder={BOX_FIRST}
      placeholder={placeholder}
      data={fitting}
      filter={({ options }) => options}
      openOnFocus={false}
      dropdownOpened={isOpen}
      onDropdownOpen={() => setOpen(true)}
      onDropdownClose={() => setOpen(false)}
      value={value}
      error={error}
      onChange={onChange}
      onKeyDown={keepEnter}
      {...(isFirst && { 'data-autofocus': true })}
    />
  );
}
