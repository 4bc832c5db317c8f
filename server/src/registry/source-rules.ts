import { AppError, invalidArgument } from '../kernel/errors.ts';
import { type Location, parseLocation } from '../objects/location.ts';

/** What the tools of prompts send where a source is demanded; a prompt has no files, so it may have no other. */
const PROMPT_PLACEHOLDERS: ReadonlySet<string> = new Set(['dummy-source', 'prompt-template']);

/** Every refusal of a source begins alike: clients look for it. */
export function invalidSource(source: string, reason: string, cause?: unknown): AppError {
  return invalidArgument(`Invalid model version source: '${source.slice(0, 500)}'. ${reason}`, {
    field: 'source',
    cause,
  });
}

/** @throws AppError InvalidArgument */
export function checkPromptSource(source: string): void {
  if (!PROMPT_PLACEHOLDERS.has(source)) {
    throw invalidSource(source, "A prompt has no files: its source must be the placeholder 'dummy-source'.");
  }
}

/**
 * Reads a source once; every rule and every reader after it works on the parts, so that no two can understand the text
 * differently. @throws AppError InvalidArgument for whatever could leave the place that it names.
 */
export function parseSource(source: string): Location {
  try {
    return parseLocation(source, { field: 'source' });
  } catch (error) {
    if (error instanceof AppError) throw invalidSource(source, error.message, error);
    throw error;
  }
}

/** A place that is proven to be the caller's: the artifact location of the run or logged model that it named. */
export interface SourceOwner {
  readonly kind: 'run' | 'logged model';
  readonly id: string;
  /** Reads where its artifacts lie; undefined when there is no such run or model. */
  findLocation(): Promise<string | undefined>;
}

/**
 * Whether a source may be registered for its owner: files of this server and of its disk only below the owner's
 * artifacts, `runs:/` and `models:/m-…` only with the id they name. Object stores pass: the caller reads them with
 * credentials of its own.
 * @throws AppError InvalidArgument
 */
export async function checkSourceOwner(
  source: string,
  location: Location,
  owner: SourceOwner | undefined,
): Promise<void> {
  const parameter = owner?.kind === 'logged model' ? 'model_id' : 'run_id';
  switch (location.kind) {
    case 'runs':
      if (owner?.kind === 'run' && owner.id === location.runId) return;
      throw foreign(source, parameter);
    case 'models':
      if (location.model.by !== 'id') return;
      if (owner?.kind === 'logged model' && owner.id === location.model.modelId) return;
      throw foreign(source, 'model_id');
    case 'managed': {
      const root = await findRoot(owner);
      if (root?.kind === 'managed' && root.host === location.host && isBelow(location.path, root.path))
        return;
      throw foreign(source, parameter);
    }
    case 'file': {
      const root = await findRoot(owner);
      if (root?.kind === 'file' && isBelow(location.path, root.path)) return;
      throw invalidSource(
        source,
        `To use a local path as a model version source, the ${parameter} request parameter has to be specified and the ` +
          'local path has to be contained within the artifact directory of what it names.',
      );
    }
    case 'other':
      // The artifact route under a host's name is the same store by a longer way.
      if (/^https?$/.test(location.scheme) && location.path.includes('/mlflow-artifacts/')) {
        throw foreign(source, parameter);
      }
      return;
    case 's3':
    case 'gs':
    case 'wasbs':
    case 'abfss':
    case 'dbfs':
      return;
  }
}

async function findRoot(owner: SourceOwner | undefined): Promise<Location | undefined> {
  const text = await owner?.findLocation();
  return text === undefined ? undefined : parseLocation(text);
}

const isBelow = (path: string, root: string): boolean =>
  root !== '' && (path === root || path.startsWith(root.endsWith('/') ? root : `${root}/`));

function foreign(source: string, parameter: 'run_id' | 'model_id'): AppError {
  return invalidSource(
    source,
    `The ${parameter} request parameter must identify the resource that contains the source.`,
  );
}
