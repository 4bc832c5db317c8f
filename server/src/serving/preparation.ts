import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Database } from '../db/port.ts';
import type { BuiltEnvironment, Environments } from '../environments/environments.ts';
import { AppError } from '../kernel/errors.ts';
import type { ArtifactPath } from '../objects/artifact-path.ts';
import { fullNameOf } from '../registry/model-names.ts';
import { type NumberedVersion, nameOfNumber, readContents } from '../registry/version-contents.ts';
import type { EntityLog } from './endpoint-logs.ts';
import type { ModelFile } from './model-file.ts';
import { MODEL_FILE, parseModelFile } from './model-file.ts';
import type { ModelFiles } from './model-files.ts';
import type { LoadedFacts, ServedVersions } from './served-versions.ts';

/** What is on this machine of a version that is to be served: its files, its environment, what it says of itself. */
export interface Prepared {
  /** `prod.ml.fraud_score`. */
  readonly modelName: string;
  readonly folder: string;
  readonly digest: string;
  readonly modelFile: ModelFile;
  /** Builds its environment where that is not there yet. @throws EnvironmentFailure */
  build(signal: AbortSignal): Promise<BuiltEnvironment>;
  /** A request body that the model must answer. */
  readonly example: Buffer | undefined;
  /** What its program said the last time that it had loaded; undefined before the first time. */
  readonly facts: LoadedFacts | undefined;
  /** Its files and its environment may be removed from this machine. */
  release(): void;
}

export interface PreparationDependencies {
  readonly db: Database;
  readonly servedVersions: Pick<ServedVersions, 'pin'>;
  readonly modelFiles: ModelFiles;
  readonly environments: Environments;
  openFile(path: ArtifactPath): Promise<Readable>;
}

export interface PreparationInput {
  readonly of: NumberedVersion;
  readonly log: EntityLog;
  /** What is done now, for users. */
  tell(message: string): void;
  readonly signal: AbortSignal;
}

const MAX_EXAMPLE_BYTES = 4 * 2 ** 20;

export type Prepare = ReturnType<typeof createPreparation>;

/**
 * Brings a version onto this machine. What is there already is used again, so that it costs little to ask.
 * @throws AppError NotFound, InvalidState for files that are missing or were changed; EnvironmentFailure; Unavailable
 *   where trying again may help.
 */
export function createPreparation(dependencies: PreparationDependencies) {
  const { db, servedVersions, modelFiles, environments, openFile } = dependencies;

  return async ({ of, log, tell, signal }: PreparationInput): Promise<Prepared> => {
    const { name, contents } = await db.read(async (sql) => {
      const found = await nameOfNumber(sql, of.modelNo);
      return { name: found, contents: await readContents(sql, found.stored, of) };
    });
    const what = `version ${of.version} of '${name.stored}'`;
    tell('Fetching the files of the model');
    const copy = await modelFiles.ensure(
      {
        what,
        files: contents.files,
        open: (path) => openFile(`${contents.folder}/${path}` as ArtifactPath),
      },
      signal,
    );
    const keepFiles = modelFiles.inUse(copy.digest);
    try {
      const facts = await servedVersions.pin(of, { digest: copy.digest, what });
      const modelFile = await readModelFile(copy.folder, what);
      const { build, release } = builderOf(environments, { folder: copy.folder, log, tell });
      return {
        modelName: fullNameOf(name),
        folder: copy.folder,
        digest: copy.digest,
        modelFile,
        build,
        example: await readExample(copy.folder, modelFile),
        facts,
        release() {
          release();
          keepFiles();
        },
      };
    } catch (error) {
      keepFiles();
      throw error;
    }
  };
}

/** The environment of a model, built when somebody first asks for it. */
function builderOf(
  environments: Environments,
  { folder, log, tell }: { readonly folder: string } & Pick<PreparationInput, 'log' | 'tell'>,
) {
  const kept: (() => void)[] = [];
  let built: BuiltEnvironment | undefined;
  return {
    async build(signal: AbortSignal): Promise<BuiltEnvironment> {
      if (built !== undefined) return built;
      tell('Building the environment of the model');
      const spec = await environments.plan(folder);
      const environment = await environments.ensure(spec, (line) => log.build(line), signal);
      for (const warning of environment.warnings) log.build(`Warning: ${warning}`);
      kept.push(environments.inUse(environment.key));
      built = environment;
      return environment;
    },
    release() {
      for (const letGo of kept.splice(0)) letGo();
    },
  };
}

async function readModelFile(folder: string, what: string): Promise<ModelFile> {
  let text: string;
  try {
    text = await readFile(join(folder, MODEL_FILE), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new AppError(
      'InvalidState',
      `There is no file ${MODEL_FILE} in ${what}: it is no model of MLflow.`,
    );
  }
  const modelFile = parseModelFile(text);
  if (modelFile.loader === undefined)
    throw new AppError(
      'InvalidState',
      `In ${what} there is no python_function flavor: it cannot be served (its flavors: ${modelFile.flavors.join(', ') || 'none'}).`,
    );
  return modelFile;
}

/** Undefined where there is none, and where nobody should have to send as much to see whether the model answers. */
async function readExample(folder: string, { servingExample }: ModelFile): Promise<Buffer | undefined> {
  if (servingExample === undefined || !/^[\w.-]+$/.test(servingExample) || servingExample.startsWith('.'))
    return undefined;
  try {
    const body = await readFile(join(folder, servingExample));
    return body.length <= MAX_EXAMPLE_BYTES ? body : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
