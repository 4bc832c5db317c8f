/**
 * Two names for every file that this server keeps: its path, as `mlflow-artifacts:/` has it, and its path in DBFS, the
 * only file system that each client of Databricks can reach (contract of those clients, sections 0 and 2). Pure, and the
 * only place that knows both.
 *
 * - `dbfs:/mlflow-artifacts/P` is `P`;
 * - `dbfs:/databricks/mlflow-tracking/<experiment>/…` is `<experiment>/…`, with `logged_models` for `models`: what is
 *   shown in the design `files-api`, and what the clients then turn into paths of the Files API;
 * - `dbfs:/X`, any other, is `dbfs/X`;
 * - `dbfs:/Volumes/…` is a volume, no artifact.
 */

/** How clients of Databricks are to send files: through DBFS, which all can, or the Files API, in parallel parts. */
export const DATABRICKS_DESIGNS = ['dbfs', 'files-api'] as const;
export type DatabricksDesign = (typeof DATABRICKS_DESIGNS)[number];

const ARTIFACTS = 'mlflow-artifacts';
const TRACKING = 'databricks/mlflow-tracking';
const PLAIN = 'dbfs';

/** `logged_models` is the word that these clients know; `models` would be taken for a run's id. */
const LOGGED_MODELS = 'logged_models';
const MODELS = 'models';

/**
 * The path of an artifact that a path in DBFS names, both without a leading slash; undefined for a volume, and for what
 * has an empty part where none can be. It is not checked further: `parseArtifactPath` does.
 */
export function artifactOfDbfs(path: string): string | undefined {
  if (path === '') return PLAIN;
  if (path.startsWith('/') || isIn(path, 'Volumes')) return undefined;
  if (isIn(path, ARTIFACTS)) {
    const rest = path.slice(ARTIFACTS.length + 1);
    return rest.startsWith('/') ? undefined : rest;
  }
  const [, experiment, second, rest = ''] =
    /^databricks\/mlflow-tracking\/(\d+)(?:\/([^/]+)(\/.*)?)?$/s.exec(path) ?? [];
  if (experiment !== undefined && second !== MODELS) {
    if (second === undefined) return experiment;
    return `${experiment}/${second === LOGGED_MODELS ? MODELS : second}${rest}`;
  }
  return `${PLAIN}/${path}`;
}

/** The path in DBFS that a client is shown for an artifact, both without a leading slash: `artifactOfDbfs` undoes it. */
export function dbfsOfArtifact(path: string, design: DatabricksDesign): string {
  if (path.startsWith(`${PLAIN}/`)) {
    const plain = path.slice(PLAIN.length + 1);
    if (plain !== '' && artifactOfDbfs(plain) === path) return plain;
  }
  if (design === 'files-api') {
    const [, experiment, second, rest = ''] = /^(\d+)(?:\/([^/]+)(\/.*)?)?$/s.exec(path) ?? [];
    if (experiment !== undefined && second === undefined) return `${TRACKING}/${experiment}`;
    if (experiment !== undefined && second !== LOGGED_MODELS) {
      return `${TRACKING}/${experiment}/${second === MODELS ? LOGGED_MODELS : second}${rest}`;
    }
  }
  return path === '' ? ARTIFACTS : `${ARTIFACTS}/${path}`;
}

const isIn = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

const OURS = 'mlflow-artifacts:/';

/** A location as it is kept, in the form that a client of Databricks can use; others than ours stay as they are. */
export function showLocation(location: string, design: DatabricksDesign): string {
  if (!location.startsWith(OURS) || location.startsWith(`${OURS}/`)) return location;
  return `dbfs:/${dbfsOfArtifact(location.slice(OURS.length), design)}`;
}

/**
 * A location as it is kept, from what a client of Databricks was shown or thought up. Some write their profile where
 * other URIs have a host.
 */
export function readShownLocation(text: string): string {
  const [, path] = /^dbfs:(?:\/\/(?:[^/@?#]*@)?databricks)?\/(?!\/)(.*)$/is.exec(text) ?? [];
  const artifact = path === undefined || path === '' ? undefined : artifactOfDbfs(path);
  return artifact === undefined || artifact.startsWith('/') ? text : OURS + artifact;
}

/** The same for other clients: `dbfs:` means ours only where it has the form that we show; else it is somebody's own. */
export function readOwnLocation(text: string): string {
  const neutral = readShownLocation(text);
  return neutral.startsWith(`${OURS}${PLAIN}/`) ? text : neutral;
}
