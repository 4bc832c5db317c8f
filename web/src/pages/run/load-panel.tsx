import type { Run } from '@slipway/client';
import { useState } from 'react';
import { serverUrl } from '../../data/server.ts';
import { SegmentedControl } from '../../ui/segmented-control.tsx';
import { CodeBlock } from '../../ui/states.tsx';
import { typescriptHead } from '../../viewers/loading-code.ts';
import { Panel } from './panel.tsx';

/** The lines that read the run in a program. */
export function LoadPanel({ run }: { readonly run: Run }) {
  const [language, setLanguage] = useState('python');
  return (
    <Panel
      title="Load this run"
      tools={
        <SegmentedControl
          size="xs"
          aria-label="Language"
          data={[
            { value: 'python', label: 'Python' },
            { value: 'typescript', label: 'TypeScript' },
          ]}
          value={language}
          onChange={setLanguage}
        />
      }
    >
      <CodeBlock code={language === 'python' ? pythonFor(run) : typescriptFor(run)} />
    </Panel>
  );
}

function pythonFor({ runId, modelOutputs }: Run): string {
  const [model] = modelOutputs;
  return [
    'import mlflow',
    '',
    `mlflow.set_tracking_uri("${serverUrl}")`,
    `run = mlflow.get_run("${runId}")`,
    'print(run.data.params, run.data.metrics)',
    `files = mlflow.artifacts.download_artifacts("runs:/${runId}")`,
    ...(model === undefined ? [] : [`model = mlflow.pyfunc.load_model("models:/${model.modelId}")`]),
    '',
  ].join('\n');
}

function typescriptFor({ runId }: Run): string {
  return `${typescriptHead()}const run = await client.runs.get("${runId}");
console.log(run.params, run.metrics);
for await (const file of client.artifacts.list(run)) console.log(file.path, file.sizeBytes);
`;
}
