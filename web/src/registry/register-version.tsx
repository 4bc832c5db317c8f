import { Button, Group, Modal, Stack } from '@mantine/core';
import type { ModelVersion } from '@slipway/client';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Info } from 'lucide-react';
import { useState } from 'react';
import { type EventKind, modelListQuery, modelQuery } from '../data/models.ts';
import { client } from '../data/server.ts';
import { notify } from '../ui/notices.tsx';
import { describeMove, wrongWith } from './alias-dialog.tsx';
import { useRegisteredAlready } from './registered-already.ts';
import classes from './registry.module.css';
import { refreshModel } from './registry-changes.ts';
import { SuggestingField } from './suggesting-field.tsx';
import { WhatHappens } from './what-happens.tsx';

/** What becomes a version: `models:/m-…` with the logged model's id, or a path below a run. */
export interface VersionSource {
  readonly source: string;
  readonly runId: string | undefined;
  readonly modelId: string | undefined;
}

const REGISTERED: readonly EventKind[] = [{ entity: 'MODEL_VERSION', action: 'CREATED' }];
const REGISTERED_WITH_ALIAS: readonly EventKind[] = [
  ...REGISTERED,
  { entity: 'MODEL_VERSION_ALIAS', action: 'CREATED' },
];

interface RegisterVersionProps {
  readonly source: VersionSource | undefined;
  /** What is registered, in words for the title: the name of the logged model. */
  readonly label: string;
  readonly onClose: () => void;
}

/** Registers a version of a model, new or known, and may give it an alias at once. */
export function RegisterVersion({ source, label, onClose }: RegisterVersionProps) {
  return (
    <Modal opened={source !== undefined} onClose={onClose} title={`Register version: ${label}`} size="lg">
      {source !== undefined && <RegisterForm source={source} onClose={onClose} />}
    </Modal>
  );
}

function RegisterForm({ source, onClose }: { readonly source: VersionSource; readonly onClose: () => void }) {
  const [typedName, setName] = useState('');
  const [typedAlias, setAlias] = useState('');
  const [problem, setProblem] = useState<string | undefined>();
  const [isBusy, setBusy] = useState(false);
  const navigate = useNavigate();
  const name = typedName.trim();
  const alias = typedAlias.trim();
  const already = useRegisteredAlready(source);
  const list = useQuery(modelListQuery(''));
  const isKnown = list.data?.models.some((model) => model.name === name) ?? false;
  const known = useQuery({ ...modelQuery(name), enabled: isKnown });
  const wrong = alias === '' ? undefined : wrongWith(alias);
  const register = async () => {
    setBusy(true);
    setProblem(undefined);
    try {
      if (!isKnown) await createUnlessThere(name);
      const { version } = await client.modelVersions.create({
        name,
        source: source.source,
        runId: source.runId,
        modelId: source.modelId,
      });
      if (alias !== '') await client.registeredModels.setAlias(name, alias, version);
      await refreshModel(name);
      notify({ text: `Version ${version} of ${name} is registered${alias === '' ? '' : ` as ${alias}`}.` });
      onClose();
      void navigate({ to: '/models/$name/versions/$version', params: { name, version } });
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  const next = 1 + Math.max(0, ...(known.data?.latestVersions ?? []).map(({ version }) => Number(version)));
  const lines = [
    isKnown
      ? `${name} gets its next version, probably ${next}.`
      : `The model ${name} is made, with this as version 1.`,
    ...(alias === '' || wrong !== undefined
      ? []
      : describeMove({
          name,
          alias,
          version: String(isKnown ? next : 1),
          from: isKnown ? known.data?.aliases[alias] : undefined,
        })),
  ];
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void register();
      }}
    >
      <Stack gap="md">
        {already !== undefined && already.length > 0 && (
          <p className={classes.already} role="status">
            <Info size={14} aria-hidden />
            <span>This logged model is already {namesOf(already)}.</span>
          </p>
        )}
        {/* Side by side: what is suggested for the one must not lie over the other. */}
        <Group grow align="flex-start">
          <SuggestingField
            label="Model"
            description="Pick a model to add a version, or type a new name."
            placeholder="fraud-detector"
            suggestions={(list.data?.models ?? []).map((model) => model.name)}
            value={typedName}
            error={problem}
            isFirst
            onChange={(value) => {
              setName(value);
              setProblem(undefined);
            }}
          />
          <SuggestingField
            label="Alias"
            description="Optional: a name by which code loads it."
            placeholder="challenger"
            suggestions={Object.keys(known.data?.aliases ?? {}).sort()}
            value={typedAlias}
            error={wrong}
            onChange={setAlias}
          />
        </Group>
        {name !== '' && (
          <WhatHappens lines={lines} events={alias === '' ? REGISTERED : REGISTERED_WITH_ALIAS} />
        )}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={isBusy} disabled={name === '' || wrong !== undefined}>
            Register version
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** `version 1 of fraud and version 2 of churn`, the first few. */
function namesOf(versions: readonly Pick<ModelVersion, 'name' | 'version'>[]): string {
  const named = versions.slice(0, MOST_NAMED).map(({ name, version }) => `version ${version} of ${name}`);
  const more = versions.length - named.length;
  return new Intl.ListFormat('en').format(more > 0 ? [...named, `${more} more`] : named);
}

const MOST_NAMED = 3;

/** Somebody else may have made it in the meantime, or it is not among those that were listed. */
async function createUnlessThere(name: string): Promise<void> {
  try {
    await client.registeredModels.create({ name });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'RESOURCE_ALREADY_EXISTS')) throw error;
  }
}
