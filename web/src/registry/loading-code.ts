/** A way to name a version in code. */
export interface ModelAddress {
  /** `models:/iris@champion` */
  readonly uri: string;
  /** `@champion`, `version 3`, `Production` */
  readonly label: string;
}

const quoted = (text: string): string => JSON.stringify(text);

/** The ways to name a version: by alias first, for that line stays right when the next version takes over. */
export function addressesOf({
  name,
  version,
  aliases,
  stage,
}: {
  readonly name: string;
  readonly version: string;
  readonly aliases: readonly string[];
  readonly stage: string;
}): readonly ModelAddress[] {
  const isActive = stage === 'Staging' || stage === 'Production';
  return [
    ...aliases.map((alias) => ({ uri: `models:/${name}@${alias}`, label: `@${alias}` })),
    { uri: `models:/${name}/${version}`, label: `version ${version}` },
    ...(isActive ? [{ uri: `models:/${name}/${stage}`, label: stage }] : []),
  ];
}

/** Python that loads the model to predict with it. */
export const pythonToLoad = (serverUrl: string, { uri }: ModelAddress): string =>
  [
    'import mlflow',
    '',
    `mlflow.set_tracking_uri(${quoted(serverUrl)})`,
    `model = mlflow.pyfunc.load_model(${quoted(uri)})`,
    'model.predict(data)',
  ].join('\n');

/** TypeScript that finds the version and reads its files. */
export function typescriptToLoad(serverUrl: string, { uri }: ModelAddress): string {
  const [, name = '', way = '', rest = ''] = /^models:\/(.+)([@/])([^@/]+)$/s.exec(uri) ?? [];
  const find =
    way === '@'
      ? `const version = await client.registeredModels.getVersionByAlias(${quoted(name)}, ${quoted(rest)});`
      : /^\d+$/.test(rest)
        ? `const version = await client.modelVersions.get(${quoted(name)}, ${quoted(rest)});`
        : `const [version] = await client.registeredModels.getLatestVersions(${quoted(name)}, { stages: [${quoted(rest)}] });`;
  return [
    "import { SlipwayClient } from '@slipway/client';",
    '',
    `const client = new SlipwayClient({ baseUrl: ${quoted(serverUrl)} });`,
    find,
    'const files = { modelName: version.name, version: version.version };',
    'for await (const { path } of client.artifacts.list(files)) console.log(path);',
    "console.log(await client.artifacts.text(files, 'MLmodel'));",
  ].join('\n');
}

/** A shell that serves the model on this machine. */
export const shellToServe = (serverUrl: string, { uri }: ModelAddress): string =>
  [
    `export MLFLOW_TRACKING_URI=${shellQuoted(serverUrl)}`,
    `mlflow models serve -m ${shellQuoted(uri)} -p 5001 --env-manager local`,
  ].join('\n');

const shellQuoted = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
