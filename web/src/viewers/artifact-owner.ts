/** Whose files are shown: those of a run, of a logged model, or of a version of a registered model. */
export type ArtifactOwner =
  | { readonly runId: string }
  | { readonly modelId: string }
  | { readonly modelName: string; readonly version: string };

type Query = Readonly<Record<string, string>>;

/** Where a page shows a file from: under its real type and a policy that leaves it no origin; answers ranges. */
export const viewUrl = (owner: ArtifactOwner, path: string): string =>
  `/ajax-api/slipway/v1/artifacts/view?${queryOf(ownerQuery(owner), { path })}`;

/** Saves a folder, or everything without a path, as one archive. */
export const folderZipUrl = (owner: ArtifactOwner, path = ''): string =>
  `/ajax-api/slipway/v1/artifacts/folder.zip?${queryOf(ownerQuery(owner), path === '' ? {} : { path })}`;

/** Saves a file. */
export function downloadUrl(owner: ArtifactOwner, path: string): string {
  if ('runId' in owner) return `/get-artifact?${queryOf({ run_id: owner.runId, path })}`;
  if ('modelId' in owner) {
    const query = queryOf({ artifact_file_path: path });
    return `/ajax-api/2.0/mlflow/logged-models/${encodeURIComponent(owner.modelId)}/artifacts/files?${query}`;
  }
  const { modelName: name, version } = owner;
  return `/model-versions/get-artifact?${queryOf({ name, version, path })}`;
}

/** As MLflow's clients name it: `runs:/RUN/path`, `models:/MODEL_ID/path`, `models:/NAME/3/path`. */
export function artifactUri(owner: ArtifactOwner, path = ''): string {
  const below = path === '' ? '' : `/${path}`;
  if ('runId' in owner) return `runs:/${owner.runId}${below}`;
  if ('modelId' in owner) return `models:/${owner.modelId}${below}`;
  return `models:/${owner.modelName}/${owner.version}${below}`;
}

/** Tells owners apart, for query keys. */
export function ownerKey(owner: ArtifactOwner): string {
  return artifactUri(owner);
}

function ownerQuery(owner: ArtifactOwner): Query {
  if ('runId' in owner) return { run_id: owner.runId };
  if ('modelId' in owner) return { model_id: owner.modelId };
  return { name: owner.modelName, version: owner.version };
}

const queryOf = (...parts: readonly Query[]): string =>
  new URLSearchParams(Object.assign({}, ...parts) as Query).toString();
