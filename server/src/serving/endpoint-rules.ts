import { invalidArgument } from '../kernel/errors.ts';
import { isLatestAlias } from '../registry/model-rules.ts';
import type {
  CaptureConfig,
  CompiledLaneMode,
  EndpointConfig,
  EntityConfig,
  TrafficRoute,
  VersionTarget,
} from './endpoint-config.ts';
import { readSize } from './workload-sizes.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]{0,255}$/;
/** Of the interpreter itself, and of what keeps a model from the machine. */
const RESERVED_VARIABLES = /^(PATH|HOME|PYTHON.*|LD_.*|DYLD_.*)$/i;
const MAX_ENTITIES = 10;
const MAX_VARIABLES = 100;
const MAX_VARIABLE_CHARACTERS = 32_768;

/** An entity as a caller wrote it; undefined for what was left out. */
export interface WrittenEntity {
  readonly name: string | undefined;
  readonly model: string;
  readonly version: string;
  readonly size: string | undefined;
  readonly minConcurrency: number | undefined;
  readonly maxConcurrency: number | undefined;
  readonly workloadType: string | undefined;
  readonly scaleToZero: boolean | undefined;
  readonly compiledLane: string | undefined;
  readonly variables: Readonly<Record<string, string>>;
}

export interface WrittenConfig {
  readonly entities: readonly WrittenEntity[];
  /** Undefined where nothing was said of it. */
  readonly routes: readonly TrafficRoute[] | undefined;
  readonly capture: CaptureConfig | undefined;
}

/** @throws AppError InvalidArgument */
export function checkEndpointName(name: string): void {
  if (!NAME.test(name))
    throw invalidArgument(
      `Invalid endpoint name '${name.slice(0, 100)}': it has 1 to 63 letters, digits, '-' and '_', and begins with a letter or a digit.`,
      { field: 'name' },
    );
}

/**
 * Judges a configuration as far as that takes nothing but itself.
 * @param storedName the name under which a model is kept
 * @throws AppError InvalidArgument
 */
export function readConfig(written: WrittenConfig, storedName: (text: string) => string): EndpointConfig {
  const { entities: all, capture } = written;
  if (all.length === 0)
    throw invalidArgument(
      "Missing value for required parameter 'served_entities': name at least one model.",
      {
        field: 'served_entities',
      },
    );
  if (all.length > MAX_ENTITIES)
    throw invalidArgument(`An endpoint serves at most ${MAX_ENTITIES} entities.`, {
      field: 'served_entities',
    });
  const entities = all.map((entity, i) => readEntity(entity, { at: `served_entities[${i}]`, storedName }));
  const names = entities.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw invalidArgument(`Two served entities are named '${twice}': give each a name of its own.`, {
      field: 'served_entities',
    });
  return { entities, routes: readRoutes(written.routes, names), capture };
}

function readEntity(
  written: WrittenEntity,
  { at, storedName }: { readonly at: string; storedName(text: string): string },
): EntityConfig {
  const target = readTarget(written.version, at);
  const shownTarget = target.by === 'alias' ? target.alias : String(target.version);
  const lastLevel = written.model.split('.').at(-1)!;
  const name =
    written.name ??
    `${lastLevel}-${shownTarget}`
      .replace(/[^A-Za-z0-9_-]/g, '-')
      .replace(/^[^A-Za-z0-9]+/, '')
      .slice(0, 63);
  if (!NAME.test(name))
    throw invalidArgument(
      `Invalid name '${name.slice(0, 100)}' of a served entity: it has 1 to 63 letters, digits, '-' and '_'.`,
      { field: `${at}.name` },
    );
  const size = readSize(written, at);
  const scaleToZero = written.scaleToZero ?? (size.kind === 'bounds' && size.min === 0);
  if (!scaleToZero && size.kind === 'bounds' && size.min === 0)
    throw invalidArgument(
      `${at}: what does not scale to zero has a 'min_provisioned_concurrency' of at least 1.`,
      {
        field: `${at}.min_provisioned_concurrency`,
      },
    );
  return {
    name,
    model: storedName(written.model),
    writtenModel: written.model,
    target,
    size,
    workloadType: written.workloadType ?? 'CPU',
    scaleToZero,
    compiledLane: readCompiledLane(written.compiledLane, at),
    variables: readVariables(written.variables, `${at}.environment_vars`),
  };
}

function readCompiledLane(text: string | undefined, at: string): CompiledLaneMode {
  const modes = ['auto', 'force', 'never'] as const;
  const mode = modes.find((known) => known === (text ?? 'auto'));
  if (mode !== undefined) return mode;
  throw invalidArgument(`${at}.compiled_lane is 'auto', 'force' or 'never'.`, {
    field: `${at}.compiled_lane`,
  });
}

/** `7` is a version; `champion` and `@champion` are an alias. */
function readTarget(text: string, at: string): VersionTarget {
  const field = `${at}.entity_version`;
  if (/^[1-9]\d{0,9}$/.test(text)) return { by: 'version', version: Number(text) };
  const alias = text.replace(/^@/, '');
  const isAlias = /^@[\p{L}\p{N}_-]{1,255}$|^[\p{L}_][\p{L}\p{N}_-]{0,254}$/u.test(text);
  if (!isAlias || isLatestAlias(alias))
    throw invalidArgument(
      `${at}: '${text.slice(0, 100)}' is neither the number of a version nor an alias: 'latest' would change without anybody's word.`,
      { field },
    );
  return { by: 'alias', alias };
}

function readVariables(
  variables: Readonly<Record<string, string>>,
  field: string,
): Readonly<Record<string, string>> {
  const entries = Object.entries(variables);
  if (entries.length > MAX_VARIABLES)
    throw invalidArgument(`An entity has at most ${MAX_VARIABLES} environment variables.`, { field });
  for (const [name, value] of entries) {
    if (!VARIABLE.test(name) || RESERVED_VARIABLES.test(name))
      throw invalidArgument(`'${name.slice(0, 100)}' cannot be the name of an environment variable here.`, {
        field,
      });
    if (value.length > MAX_VARIABLE_CHARACTERS || value.includes('\0'))
      throw invalidArgument(`The value of the environment variable '${name}' is too long, or is no text.`, {
        field,
      });
  }
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Without routes the first entity gets everything. @throws AppError InvalidArgument */
function readRoutes(
  written: readonly TrafficRoute[] | undefined,
  names: readonly string[],
): readonly TrafficRoute[] {
  const field = 'traffic_config.routes';
  if (written === undefined || written.length === 0) {
    if (names.length > 1)
      throw invalidArgument(
        'Several entities are served: say in traffic_config.routes how the requests are split.',
        { field },
      );
    return [{ entity: names[0]!, percent: 100 }];
  }
  const unknown = written.find(({ entity }) => !names.includes(entity));
  if (unknown !== undefined)
    throw invalidArgument(
      `traffic_config.routes names '${unknown.entity.slice(0, 100)}', which is not served: it is one of ${names.join(', ')}.`,
      { field },
    );
  const routed = written.map(({ entity }) => entity);
  const twice = routed.find((name, i) => routed.indexOf(name) !== i);
  if (twice !== undefined) throw invalidArgument(`traffic_config.routes names '${twice}' twice.`, { field });
  if (written.some(({ percent }) => !Number.isInteger(percent) || percent < 0 || percent > 100))
    throw invalidArgument('Each traffic_percentage is a whole number from 0 to 100.', { field });
  const sum = written.reduce((total, { percent }) => total + percent, 0);
  if (sum !== 100)
    throw invalidArgument(`The traffic percentages add up to ${sum}: they must add up to 100.`, { field });
  return written;
}

const SECRET = /\{\{secrets\/([^/{}]{1,128})\/([^/{}]{1,128})\}\}/g;

export interface SecretReference {
  readonly scope: string;
  readonly key: string;
}

/** The secrets that the values name, each once. */
export function secretsIn(variables: Readonly<Record<string, string>>): readonly SecretReference[] {
  const found = new Map<string, SecretReference>();
  for (const value of Object.values(variables))
    for (const [whole, scope, key] of value.matchAll(SECRET)) found.set(whole, { scope: scope!, key: key! });
  return [...found.values()];
}

/** The values with each reference replaced by what `read` gives for it. */
export function withSecrets(
  variables: Readonly<Record<string, string>>,
  read: (reference: SecretReference) => string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [
      name,
      value.replace(SECRET, (_, scope: string, key: string) => read({ scope, key })),
    ]),
  );
}
