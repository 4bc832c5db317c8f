import { Button } from '@mantine/core';
import type { LoggedModel, Run } from '@slipway/client';
import { Link } from '@tanstack/react-router';
import { Box, Boxes, PackagePlus } from 'lucide-react';
import { useState } from 'react';
import { MOST_MODELS_OF_RUN, useLoggedModels } from '../../data/logged-models.ts';
import { readModelHistory } from '../../registry/model-history.ts';
import { RegisterVersion, type VersionSource } from '../../registry/register-version.tsx';
import { TimeText } from '../../ui/texts.tsx';
import classes from './models-panel.module.css';
import { Panel } from './panel.tsx';
import { artifactLink, RUN_SECTION } from './run-place.ts';
import { useVersions } from './run-queries.ts';

/** The models that came out of the run, and the versions that they were registered as. */
export function ModelsPanel({ run }: { readonly run: Run }) {
  const models = useLoggedModels(run);
  const versions = useVersions(run.runId);
  const older = run.modelOutputs.length === 0 ? readModelHistory(run.tags['mlflow.log-model.history']) : [];
  const registered = versions.data ?? [];
  const [chosen, setChosen] = useState<Chosen | undefined>();
  const canRegister = run.lifecycleStage === 'active';
  const count = (models.data?.length ?? 0) + older.length;
  if (count === 0 && registered.length === 0) return null;
  return (
    <>
      {count > 0 && (
        <Panel title="Logged models" count={count}>
          <ul className={classes.list}>
            {(models.data ?? []).map((model) => (
              <ModelEntry
                key={model.modelId}
                model={model}
                onRegister={
                  canRegister
                    ? () =>
                        setChosen({
                          label: model.name,
                          source: {
                            source: `models:/${model.modelId}`,
                            runId: run.runId,
                            modelId: model.modelId,
                          },
                        })
                    : undefined
                }
              />
            ))}
            {older.map(({ path, flavors }) => (
              <li key={path} className={classes.entry}>
                <Box size={14} aria-hidden />
                <Link {...artifactLink(run, RUN_SECTION, { path })} className={classes.name} dir="auto">
                  {path}
                </Link>
                <span className={classes.facts}>{flavors.join(', ')}</span>
                {canRegister && (
                  <RegisterButton
                    label={path}
                    onClick={() =>
                      setChosen({
                        label: path,
                        source: {
                          source: `${run.artifactUri}/${path}`,
                          runId: run.runId,
                          modelId: undefined,
                        },
                      })
                    }
                  />
                )}
              </li>
            ))}
          </ul>
          {run.modelOutputs.length > MOST_MODELS_OF_RUN && (
            <p className="dim">
              The first {MOST_MODELS_OF_RUN} of {run.modelOutputs.length} are shown.
            </p>
          )}
          <RegisterVersion
            source={chosen?.source}
            label={chosen?.label ?? ''}
            onClose={() => setChosen(undefined)}
          />
        </Panel>
      )}
      {registered.length > 0 && (
        <Panel title="Registered versions" count={registered.length}>
          <ul className={classes.list}>
            {registered.map(({ name, version, aliases, stage }) => (
              <li key={`${name} ${version}`} className={classes.entry}>
                <Boxes size={14} aria-hidden />
                <Link
                  to="/models/$name/versions/$version"
                  params={{ name, version }}
                  className={classes.name}
                  dir="auto"
                >
                  {name} <span className={classes.version}>v{version}</span>
                </Link>
                <span className={classes.facts}>
                  {[...aliases.map((alias) => `@${alias}`), ...(stage === 'None' ? [] : [stage])].join(', ')}
                </span>
              </li>
            ))}
          </ul>
        </Panel>
      )}
    </>
  );
}

interface Chosen {
  readonly source: VersionSource;
  readonly label: string;
}

function RegisterButton({ label, onClick }: { readonly label: string; readonly onClick: () => void }) {
  return (
    <Button
      size="compact-xs"
      variant="subtle"
      leftSection={<PackagePlus size={13} aria-hidden />}
      aria-label={`Register version: ${label}`}
      onClick={onClick}
    >
      Register version
    </Button>
  );
}

interface ModelEntryProps {
  readonly model: LoggedModel;
  /** Undefined where it cannot be registered. */
  readonly onRegister: (() => void) | undefined;
}

function ModelEntry({ model, onRegister }: ModelEntryProps) {
  const { modelId, name, experimentId, createdAtMs } = model;
  return (
    <li className={classes.entry}>
      <Box size={14} aria-hidden />
      <Link
        to="/experiments/$experimentId/models/$modelId/$"
        params={{ experimentId, modelId, _splat: '' }}
        className={classes.name}
        dir="auto"
      >
        {name}
      </Link>
      <span className={classes.facts}>
        <TimeText timeMs={createdAtMs} />
      </span>
      {onRegister && <RegisterButton label={name} onClick={onRegister} />}
    </li>
  );
}
