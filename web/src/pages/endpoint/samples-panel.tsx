import { useState } from 'react';
import { serverUrl } from '../../data/server.ts';
import { useIsSignedIn } from '../../data/session.ts';
import { Panel } from '../../ui/panel.tsx';
import { SegmentedControl } from '../../ui/segmented-control.tsx';
import { CodeBlock } from '../../ui/states.tsx';
import { curlSample, pythonSample, typescriptSample } from './code-samples.ts';
import classes from './endpoint-page.module.css';

const WAYS = { curl: curlSample, python: pythonSample, typescript: typescriptSample } as const;
const LANGUAGES = [
  { value: 'curl', label: 'curl' },
  { value: 'python', label: 'Python' },
  { value: 'typescript', label: 'TypeScript' },
];

/** How programs ask the endpoint, with the request that stands on the page. */
export function SamplesPanel({ name, body }: { readonly name: string; readonly body: string }) {
  const [language, setLanguage] = useState('curl');
  const needsToken = useIsSignedIn();
  const write = WAYS[language as keyof typeof WAYS];
  return (
    <Panel title="From a program">
      <div className={classes.samples}>
        <SegmentedControl
          size="xs"
          aria-label="Language"
          data={LANGUAGES}
          value={language}
          onChange={setLanguage}
        />
        <CodeBlock code={write({ url: serverUrl, name, body, needsToken })} />
      </div>
    </Panel>
  );
}
