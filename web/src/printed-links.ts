/**
 * The addresses that clients print and people have in their notes: MLflow's own (`/#/experiments/1/runs/ab…`) and those
 * of Databricks (`/ml/experiments/…`, `/ml/endpoints/…`, `/explore/data/models/…`). Each has a page here.
 */

/** @returns the path of our page, or undefined where the address is none of theirs. */
export function pathOfPrintedLink(path: string, hash: string): string | undefined {
  const printed = hash.startsWith('#/') ? hash.slice(1) : path.replace(/^\/ml(?=\/)/, '');
  const isTheirs = hash.startsWith('#/') || printed !== path || path.startsWith('/explore/data/models/');
  if (!isTheirs) return undefined;
  const [route = '', query = ''] = printed.split('?', 2);
  const parts = route.split('/').filter((part) => part !== '');
  return (
    pathOfExperiment(parts) ??
    pathOfModel(parts) ??
    pathOfEndpoint(parts) ??
    pathOfComparison(parts, query) ??
    '/'
  );
}

/** Goes to the page of a printed link without a new load and without a step in the history. */
export function redirectPrintedLink(): void {
  const { pathname, hash } = window.location;
  const path = pathOfPrintedLink(pathname, hash);
  if (path !== undefined) window.history.replaceState(null, '', path);
}

function pathOfExperiment(parts: readonly string[]): string | undefined {
  const [first, experimentId, kind, id, ...rest] = parts;
  if (first !== 'experiments') return undefined;
  if (experimentId === undefined) return '/experiments';
  const experiment = `/experiments/${experimentId}`;
  if (id === undefined || (kind !== 'runs' && kind !== 'models')) return experiment;
  return [`${experiment}/${kind}/${id}`, ...pathInRun(rest)].join('/');
}

/** Of MLflow's `artifacts`, `model-metrics` and the like, those which we call the same or have under another name. */
function pathInRun([tab, ...rest]: readonly string[]): readonly string[] {
  switch (tab) {
    case 'artifacts':
    case 'artifactPath':
      return ['artifacts', ...rest];
    case 'model-metrics':
      return ['metrics'];
    case 'system-metrics':
      return ['system-metrics'];
    default:
      return [];
  }
}

function pathOfModel(parts: readonly string[]): string | undefined {
  if (parts[0] === 'models') {
    const [, name, kind, version] = parts;
    if (name === undefined) return '/models';
    return modelPath(name, kind === 'versions' ? version : undefined);
  }
  if (parts[0] !== 'explore') return undefined;
  const [, , , catalog, schema, name, kind, version] = parts;
  if (name === undefined) return '/models';
  return modelPath([catalog, schema, name].join('.'), kind === 'version' ? version : undefined);
}

function pathOfEndpoint([first, name]: readonly string[]): string | undefined {
  if (first !== 'endpoints') return undefined;
  return name === undefined ? '/endpoints' : `/endpoints/${name}`;
}

function modelPath(name: string, version: string | undefined): string {
  return version === undefined ? `/models/${name}` : `/models/${name}/versions/${version}`;
}

function pathOfComparison(parts: readonly string[], query: string): string | undefined {
  if (parts[0] !== 'compare-runs' && parts[0] !== 'metric') return undefined;
  const runs = readIds(new URLSearchParams(query).get('runs'));
  return runs.length === 0 ? '/' : `/compare?runs=${runs.map(encodeURIComponent).join(',')}`;
}

/** MLflow writes lists into addresses as JSON. */
function readIds(text: string | null): readonly string[] {
  if (text === null) return [];
  return [...text.matchAll(/[\w-]{1,64}/g)].map(([id]) => id);
}
