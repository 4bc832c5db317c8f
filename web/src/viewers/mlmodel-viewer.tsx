import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { renderBytes } from '../ui/numbers.ts';
import { SegmentedControl } from '../ui/segmented-control.tsx';
import { CodeBlock } from '../ui/states.tsx';
import { type ArtifactOwner, artifactUri, viewUrl } from './artifact-owner.ts';
import { useEntry } from './artifact-queries.ts';
import classes from './artifact-view.module.css';
import { readText } from './bytes.ts';
import type { ViewerProps } from './file-view.tsx';
import { folderOf } from './kinds.ts';
import { parseLenientJson, renderPretty } from './lenient-json.ts';
import { type Mlmodel, parseMlmodel } from './mlmodel.ts';
import mlmodelClasses from './mlmodel-viewer.module.css';
import { pythonForModel, typescriptForModel } from './model-code.ts';
import { SignatureTable } from './signature-table.tsx';
import { TextViewer } from './text-viewer.tsx';
import { Waiting } from './waiting.tsx';

const MOST_PARSED = 4 * 1024 * 1024;
const WAYS = [
  { value: 'model', label: 'Model' },
  { value: 'source', label: 'YAML' },
];

/** A model by its description: what it takes and gives, an example, and the code that uses it. */
export function MlmodelViewer({ file, owner }: ViewerProps) {
  const [way, setWay] = useState('model');
  const model = useQuery({
    queryKey: ['artifact-mlmodel', file.url, file.sizeBytes],
    queryFn: async ({ signal }) => parseOrExplain(await readText(file, signal)),
    enabled: file.sizeBytes <= MOST_PARSED,
  });
  const tools = (
    <SegmentedControl
      size="xs"
      aria-label="How to show the model"
      data={WAYS}
      value={way}
      onChange={setWay}
    />
  );
  if (way === 'source' || file.sizeBytes > MOST_PARSED)
    return <TextViewer file={file} owner={owner} tools={tools} />;
  if (model.isError) throw model.error;
  if (model.data === undefined) return <Waiting />;
  if (typeof model.data === 'string') {
    return (
      <>
        <p className={classes.words}>
          The file does not describe a model ({model.data}), so it is shown as text.
        </p>
        <TextViewer file={file} owner={owner} />
      </>
    );
  }
  return (
    <>
      <div className={classes.toolbar}>{tools}</div>
      <div className={classes.scroll}>
        <ModelDescription model={model.data} owner={owner} folder={folderOf(file.path)} />
      </div>
    </>
  );
}

/** @returns what is wrong, where it is no description of a model. */
function parseOrExplain(text: string): Mlmodel | string {
  try {
    return parseMlmodel(text);
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  }
}

interface ModelDescriptionProps {
  readonly model: Mlmodel;
  readonly owner: ArtifactOwner;
  /** Where the model lies. */
  readonly folder: string;
}

/** A model as its MLmodel file describes it: facts, signature, the code that uses it, an example. */
export function ModelDescription({ model, owner, folder }: ModelDescriptionProps) {
  const example = useDocument(owner, folder, model.examplePath);
  const servingExample = useDocument(owner, folder, model.servingExamplePath);
  const [language, setLanguage] = useState('python');
  const uri = artifactUri(owner, folder);
  const options = { example, servingExample, inputs: model.signature?.inputs };
  const code = language === 'python' ? pythonForModel(uri, options) : typescriptForModel(uri, options);
  return (
    <div className={mlmodelClasses.page}>
      <dl className={mlmodelClasses.facts}>
        {factsOf(model).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <section>
        <h3>Signature</h3>
        {model.signature === undefined ? (
          <p className="dim">
            None was logged. Pass <code>signature=infer_signature(X, y)</code> or{' '}
            <code>input_example=X[:3]</code> to <code>log_model</code>, and inputs are checked before they
            reach the model.
          </p>
        ) : (
          <SignatureTable signature={model.signature} />
        )}
      </section>
      <section>
        <div className={mlmodelClasses.title}>
          <h3>How to use it</h3>
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
        </div>
        <CodeBlock code={code} />
      </section>
      {example !== undefined && (
        <section>
          <h3>Input example</h3>
          <CodeBlock code={shortened(renderPretty(example))} label="Copy the example" />
        </section>
      )}
    </div>
  );
}

function factsOf(model: Mlmodel): readonly (readonly [string, string])[] {
  const flavors = model.flavors
    .map(({ name, version }) => (version ? `${name} ${version}` : name))
    .join(', ');
  return [
    ['Flavors', flavors],
    ['MLflow', model.mlflowVersion],
    ['Python', model.pythonVersion],
    ['Size', model.sizeBytes === undefined ? undefined : renderBytes(model.sizeBytes)],
    ['Model ID', model.modelId],
    ['Created', model.createdAt && `${model.createdAt.split('.')[0]} UTC`],
  ].filter((fact): fact is [string, string] => Boolean(fact[1]));
}

const MOST_LINES = 60;

function shortened(text: string): string {
  const lines = text.split('\n');
  return lines.length <= MOST_LINES ? text : [...lines.slice(0, MOST_LINES), '…'].join('\n');
}

const MOST_EXAMPLE = 1024 * 1024;

/** A JSON file beside the model; undefined while it is read, and where it is not there or too large. */
function useDocument(owner: ArtifactOwner, folder: string, name: string | undefined): unknown {
  const path = [folder, name].filter(Boolean).join('/');
  const entry = useEntry(owner, name === undefined ? '' : path);
  const sizeBytes = entry.data?.sizeBytes;
  const document = useQuery({
    queryKey: ['artifact-example', viewUrl(owner, path), sizeBytes],
    queryFn: async ({ signal }): Promise<unknown> =>
      parseLenientJson(await readText({ url: viewUrl(owner, path), path, sizeBytes: sizeBytes! }, signal)),
    enabled: name !== undefined && sizeBytes !== undefined && sizeBytes < MOST_EXAMPLE,
  });
  return document.data;
}
