/** A model among the run's own files, as clients before MLflow 3 noted it in a tag. */
export interface OlderModel {
  readonly path: string;
  readonly flavors: readonly string[];
}

/** Reads the tag `mlflow.log-model.history`; what is not understood is left out. */
export function readModelHistory(tag: string | undefined): readonly OlderModel[] {
  if (tag === undefined) return [];
  let entries: unknown;
  try {
    entries = JSON.parse(tag);
  } catch {
    return [];
  }
  if (!Array.isArray(entries)) return [];
  const byPath = new Map<string, OlderModel>();
  for (const entry of entries as readonly unknown[]) {
    if (typeof entry !== 'object' || entry === null) continue;
    const { artifact_path: path, flavors } = entry as Record<string, unknown>;
    if (typeof path !== 'string' || path === '') continue;
    const names = typeof flavors === 'object' && flavors !== null ? Object.keys(flavors) : [];
    byPath.set(path, { path, flavors: names.filter((name) => name !== 'python_function') });
  }
  return [...byPath.values()];
}
