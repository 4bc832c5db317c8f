/** What a run was made with: versions by package, and the files that say so. */
export interface Environment {
  /** Where the files lie: a path in the run's artifacts, or a logged model's name. Undefined where none was found. */
  readonly source: string | undefined;
  readonly files: Readonly<Record<string, string>>;
  readonly packages: Readonly<Record<string, string>>;
}

export const ENVIRONMENT_FILES = ['requirements.txt', 'conda.yaml', 'python_env.yaml'] as const;

/** Versions by package of requirement lines, wherever they stand: in pip's files, or below `pip:` of conda's. */
export function readPackages(files: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const packages: Record<string, string> = Object.create(null);
  const python = /^(?:python:\s*|\s*-\s*python=+)["']?([\d.]+)/m.exec(
    `${files['python_env.yaml'] ?? ''}\n${files['conda.yaml'] ?? ''}`,
  );
  if (python?.[1] !== undefined) packages.python = python[1];
  const lines = `${files['conda.yaml'] ?? ''}\n${files['requirements.txt'] ?? ''}`.split(/\r?\n/);
  for (const line of lines) {
    const match =
      /^\s*(?:-\s+)?["']?([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*(===?|>=|<=|~=|!=|>|<)\s*([^\s;"'#]+)/.exec(
        line,
      );
    const [, name, operator, version] = match ?? [];
    if (name === undefined || version === undefined || name === 'python') continue;
    packages[normalise(name)] = operator?.startsWith('==') ? version : `${operator}${version}`;
  }
  return packages;
}

/** PEP 503: names that differ in case or in these signs are one. */
const normalise = (name: string) => name.toLowerCase().replaceAll(/[-_.]+/g, '-');
