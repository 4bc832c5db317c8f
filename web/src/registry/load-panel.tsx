import { Select } from '@mantine/core';
import { useState } from 'react';
import { serverUrl } from '../data/server.ts';
import { Panel } from '../ui/panel.tsx';
import { SegmentedControl } from '../ui/segmented-control.tsx';
import { CodeBlock } from '../ui/states.tsx';
import { type ModelAddress, pythonToLoad, shellToServe, typescriptToLoad } from './loading-code.ts';
import classes from './registry.module.css';

const WAYS = { python: pythonToLoad, typescript: typescriptToLoad, shell: shellToServe } as const;
const LANGUAGES = [
  { value: 'python', label: 'Python' },
  { value: 'typescript', label: 'TypeScript' },
  { value: 'shell', label: 'Serve' },
];

/** The lines that load a version, in the language of the reader and by the address of their choice. */
export function LoadPanel({ addresses }: { readonly addresses: readonly ModelAddress[] }) {
  const [language, setLanguage] = useState('python');
  const [uri, setUri] = useState<string | undefined>();
  // An alias that was chosen may have moved away.
  const address = addresses.find((one) => one.uri === uri) ?? addresses[0]!;
  const write = WAYS[language as keyof typeof WAYS];
  return (
    <Panel
      title="Load this model"
      aside={
        addresses.length > 1 && (
          <Select
            size="xs"
            className={classes.address}
            aria-label="Load it by"
            data={addresses.map((one) => ({ value: one.uri, label: one.label }))}
            value={address.uri}
            allowDeselect={false}
            onChange={(value) => setUri(value ?? undefined)}
          />
        )
      }
    >
      <div className={classes.load}>
        <SegmentedControl
          size="xs"
          aria-label="Language"
          data={LANGUAGES}
          value={language}
          onChange={setLanguage}
        />
        <CodeBlock code={write(serverUrl, address)} />
      </div>
    </Panel>
  );
}
