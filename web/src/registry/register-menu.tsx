import { Button, Menu } from '@mantine/core';
import type { Run } from '@slipway/client';
import { ChevronDown, PackagePlus } from 'lucide-react';
import { useState } from 'react';
import { useLoggedModels } from '../data/logged-models.ts';
import { useShortcut } from '../ui/shortcuts.ts';
import { readModelHistory } from './model-history.ts';
import { RegisterVersion, type VersionSource } from './register-version.tsx';

interface Registrable {
  readonly label: string;
  readonly source: VersionSource;
}

/** What the run logged and can be registered, the last first: the last one is mostly the one that is wanted. */
function useRegistrable(run: Run): readonly Registrable[] {
  const { data: models = [] } = useLoggedModels(run);
  const { runId, artifactUri } = run;
  const logged = models.map(({ modelId, name }) => ({
    label: name,
    source: { source: `models:/${modelId}`, runId, modelId },
  }));
  if (run.modelOutputs.length > 0) return logged.reverse();
  return readModelHistory(run.tags['mlflow.log-model.history'])
    .map(({ path }) => ({
      label: path,
      source: { source: `${artifactUri}/${path}`, runId, modelId: undefined },
    }))
    .reverse();
}

/** Registers what a run logged; nothing where it has logged no model. */
export function RegisterMenu({ run, variant }: { readonly run: Run; readonly variant: Variant }) {
  const models = useRegistrable(run);
  const [last] = models;
  return last === undefined ? null : <RegisterButton models={models} last={last} variant={variant} />;
}

/** `filled` where nothing beside it is done more often. */
type Variant = 'filled' | 'default';

interface RegisterButtonProps {
  readonly variant: Variant;
  readonly models: readonly Registrable[];
  readonly last: Registrable;
}

function RegisterButton({ models, last, variant }: RegisterButtonProps) {
  const [chosen, setChosen] = useState<Registrable | undefined>();
  useShortcut('r', 'Register version', () => setChosen(last));
  return (
    <>
      {models.length === 1 ? (
        <Button size="compact-sm" variant={variant} leftSection={ICON} onClick={() => setChosen(last)}>
          Register version
        </Button>
      ) : (
        <Menu position="bottom-end" withinPortal>
          <Menu.Target>
            <Button
              size="compact-sm"
              variant={variant}
              leftSection={ICON}
              rightSection={<ChevronDown size={14} aria-hidden />}
            >
              Register version
            </Button>
          </Menu.Target>
          <Menu.Dropdown mah={320} style={OVERFLOWING}>
            {models.map((model) => (
              <Menu.Item key={model.source.source} onClick={() => setChosen(model)}>
                <span dir="auto">{model.label}</span>
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
      <RegisterVersion
        source={chosen?.source}
        label={chosen?.label ?? ''}
        onClose={() => setChosen(undefined)}
      />
    </>
  );
}

const ICON = <PackagePlus size={14} aria-hidden />;
const OVERFLOWING = { overflow: 'auto' } as const;
