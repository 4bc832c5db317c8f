import { Autocomplete, Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { type EventKind, modelListQuery, modelQuery } from '../data/models.ts';
import { client } from '../data/server.ts';
import { notify } from '../ui/notices.tsx';
import { describeMove, wrongWith } from './alias-dialog.tsx';
import { refreshModel } from './registry-changes.ts';
import { WhatHappens } from './what-happens.tsx';

/** Choices belong to the dialog, not to the page around it. */
const IN_PLACE = { withinPortal: false };

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
    <Modal opened={source !== undefined} onClose={onClose} title={`Register ${label}`} size="lg">
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
        <Autocomplete
          comboboxProps={IN_PLACE}
          label="Model"
          description="One that is there gets a new version; another name makes a model."
          placeholder="fraud-detector, or prod.ml.fraud_detector"
          data={(list.data?.models ?? []).map((model) => model.name)}
          limit={50}
          value={typedName}
          error={problem}
          onChange={(value) => {
            setName(value);
            setProblem(undefined);
          }}
          data-autofocus
        />
        <TextInput
          label="Alias"
          description="Optional: code loads the model by it, whichever version holds it."
          placeholder="challenger"
          value={typedAlias}
          error={wrong}
          onChange={({ currentTarget }) => setAlias(currentTarget.value)}
        />
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

/** Somebody else may have made it in the meantime, or it is not among those that were listed. */
async function createUnlessThere(name: string): Promise<void> {
  try {
    await client.registeredModels.create({ name });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'RESOURCE_ALREADY_EXISTS')) throw error;
  }
}
