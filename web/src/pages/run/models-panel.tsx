import type { LoggedModel, Run } from '@slipway/client';
import { Link } from '@tanstack/react-router';
import { Box, Boxes } from 'lucide-react';
import { TimeText } from '../../ui/texts.tsx';
import { readModelHistory } from './model-history.ts';
import classes from './models-panel.module.css';
import { Panel } from './panel.tsx';
import { artifactLink, RUN_SECTION } from './run-place.ts';
import { MOST_MODELS, useLoggedModels, useVersions } from './run-queries.ts';

/** The models that came out of the run, and the versions that they were registered as. */
export function ModelsPanel({ run }: { readonly run: Run }) {
  const models = useLoggedModels(run);
  const versions = useVersions(run.runId);
  const older = run.modelOutputs.length === 0 ? readModelHistory(run.tags['mlflow.log-model.history']) : [];
  const registered = versions.data ?? [];
  const count = (models.data?.length ?? 0) + older.length;
  if (count === 0 && registered.length === 0) return null;
  return (
    <>
      {count > 0 && (
        <Panel title="Logged models" count={count}>
          <ul className={classes.list}>
            {(models.data ?? []).map((model) => (
              <ModelEntry key={model.modelId} model={model} />
            ))}
            {older.map(({ path, flavors }) => (
              <li key={path} className={classes.entry}>
                <Box size={14} aria-hidden />
                <Link {...artifactLink(run, RUN_SECTION, { path })} className={classes.name} dir="auto">
                  {path}
                </Link>
                <span className={classes.facts}>{flavors.join(', ')}</span>
              </li>
            ))}
          </ul>
          {run.modelOutputs.length > MOST_MODELS && (
            <p className="dim">
              The first {MOST_MODELS} of {run.modelOutputs.length} are shown.
            </p>
          )}
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

function ModelEntry({ model }: { readonly model: LoggedModel }) {
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
    </li>
  );
}
