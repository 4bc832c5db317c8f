import type { Run } from '@slipway/client';
import { useLoggedModels } from '../../data/logged-models.ts';
import { serverUrl } from '../../data/server.ts';
import { ArtifactBrowser, type ArtifactSection } from '../../viewers/artifact-browser.tsx';
import { artifactLink, RUN_SECTION, type RunPlace } from './run-place.ts';

/** The run's own files, and beside them those of the models that it logged. */
export function ArtifactsTab({ run, place }: { readonly run: Run; readonly place: RunPlace }) {
  const models = useLoggedModels(run);
  const sections: ArtifactSection[] = [
    { id: RUN_SECTION, label: 'Files of the run', owner: { runId: run.runId } },
    ...(models.data ?? []).map(({ modelId, name }) => ({ id: modelId, label: name, owner: { modelId } })),
  ];
  // A link to a model's file works before the models' names are there.
  const { model } = place;
  if (model !== undefined && !sections.some(({ id }) => id === model)) {
    sections.push({ id: model, label: model, owner: { modelId: model } });
  }
  return (
    <ArtifactBrowser
      sections={sections}
      section={model ?? RUN_SECTION}
      place={place}
      linkTo={(section, target) => artifactLink(run, section, target)}
      emptyCode={`import mlflow\n\nmlflow.set_tracking_uri("${serverUrl}")\nwith mlflow.start_run(run_id="${run.runId}"):\n    mlflow.log_artifact("report.html")`}
    />
  );
}
