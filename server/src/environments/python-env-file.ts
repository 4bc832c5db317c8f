import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { invalidArgument } from '../kernel/errors.ts';
import type { EnvironmentSpec, ModelWheel, Requirement } from './environments.ts';
import { type JudgedLine, judgeLine, type SourceLine, splitRequirementsFile } from './requirements.ts';

const MAX_FILE_BYTES = 1 << 20;
const PYTHON = /^\d+\.\d+(?:\.\d+)?(?:[A-Za-z0-9.+]*)$/;
/** Of what MLflow notes for building, only this is imported by models at run time (`pkg_resources`). */
const KEPT_BUILD_PACKAGES: ReadonlySet<string> = new Set(['setuptools']);
const MLFLOW: ReadonlySet<string> = new Set(['mlflow', 'mlflow-skinny']);

interface Wish {
  readonly python: string | undefined;
  readonly lines: readonly SourceLine[];
}

/**
 * Reads what a model in a folder asks for. MLflow writes all of `python_env.yaml`, `conda.yaml` and
 * `requirements.txt`; older versions only some. `MLmodel` adds the Python and the MLflow that it was logged with.
 * @throws AppError InvalidArgument, naming the file and the line that is refused
 */
export async function readEnvironmentSpec(modelFolder: string): Promise<EnvironmentSpec> {
  const model = await readModelFacts(modelFolder);
  const wish =
    (await readPythonEnv(modelFolder)) ??
    (await readConda(modelFolder)) ??
    (await readRequirements(modelFolder)) ??
    nothingAsked();
  const judged = await judge(modelFolder, wish.lines);
  const requirements = [...judged.requirements];
  if (!requirements.some(({ name }) => MLFLOW.has(name))) requirements.push(mlflowOf(model.mlflowVersion));
  return {
    python: wish.python ?? model.python,
    requirements,
    constraints: judged.constraints,
    wheels: judged.wheels,
  };
}

interface Judged {
  readonly requirements: Requirement[];
  readonly constraints: Requirement[];
  readonly wheels: ModelWheel[];
}

async function judge(modelFolder: string, lines: readonly SourceLine[]): Promise<Judged> {
  const found: Judged = { requirements: [], constraints: [], wheels: [] };
  let constrained = false;
  const take = async (source: SourceLine, judged: JudgedLine, within: 'env' | 'requirements') => {
    switch (judged.kind) {
      case 'requirement':
        found.requirements.push(judged.requirement);
        return;
      case 'wheel':
        found.wheels.push(await readWheel(modelFolder, source, judged.path));
        return;
      case 'constraints-file':
        constrained = true;
        return;
      case 'requirements-file': {
        if (within === 'requirements')
          throw invalidArgument(`${source.file}, line ${source.line}: it refers to itself.`);
        for (const inner of await readLines(modelFolder, 'requirements.txt', source))
          await take(inner, judgeLine(inner), 'requirements');
      }
    }
  };
  for (const source of lines) {
    await take(source, judgeLine(source), source.file === 'requirements.txt' ? 'requirements' : 'env');
  }
  if (constrained) {
    for (const source of await readLines(modelFolder, 'constraints.txt', undefined)) {
      const judged = judgeLine(source);
      if (judged.kind !== 'requirement')
        throw invalidArgument(`${source.file}, line ${source.line}: '${source.text}' bounds no version.`);
      found.constraints.push(judged.requirement);
    }
  }
  return found;
}

async function readPythonEnv(modelFolder: string): Promise<Wish | undefined> {
  const file = 'python_env.yaml';
  const text = await readModelFile(modelFolder, file);
  if (text === undefined) return undefined;
  const document = readYaml(file, text);
  const build = textList(file, 'build_dependencies', document.build_dependencies)
    .map((line, index) => ({ file, line: index + 1, text: line }))
    .filter((source) => {
      const judged = judgeLine(source);
      return judged.kind === 'requirement' && KEPT_BUILD_PACKAGES.has(judged.requirement.name);
    });
  const wanted = textList(file, 'dependencies', document.dependencies);
  return { python: readPython(file, document.python), lines: [...build, ...listed(file, wanted)] };
}

async function readConda(modelFolder: string): Promise<Wish | undefined> {
  const file = 'conda.yaml';
  const text = await readModelFile(modelFolder, file);
  if (text === undefined) return undefined;
  const document = readYaml(file, text);
  const dependencies: unknown = document.dependencies ?? [];
  if (!Array.isArray(dependencies)) throw invalidArgument(`${file}: 'dependencies' must be a list.`);
  let python: string | undefined;
  const wanted: string[] = [];
  for (const entry of dependencies as unknown[]) {
    if (typeof entry === 'string') {
      // Conda's own packages other than Python are not for uv; MLflow's virtualenv leaves them out too.
      const found = /^python\s*(?:=|==|<=|>=)\s*(\d[\w.]*)/.exec(entry);
      python ??= found?.[1];
    } else if (typeof entry === 'object' && entry !== null && 'pip' in entry) {
      wanted.push(...textList(file, 'pip', entry.pip));
    }
  }
  return { python: readPython(file, python), lines: listed(file, wanted) };
}

async function readRequirements(modelFolder: string): Promise<Wish | undefined> {
  const text = await readModelFile(modelFolder, 'requirements.txt');
  return text === undefined
    ? undefined
    : { python: undefined, lines: splitRequirementsFile('requirements.txt', text) };
}

const nothingAsked = (): Wish => ({ python: undefined, lines: [] });

interface ModelFacts {
  readonly python: string | undefined;
  readonly mlflowVersion: string | undefined;
}

async function readModelFacts(modelFolder: string): Promise<ModelFacts> {
  const text = await readModelFile(modelFolder, 'MLmodel');
  if (text === undefined)
    throw invalidArgument('The folder holds no file MLmodel, so it is no model of MLflow.');
  const document = readYaml('MLmodel', text);
  const flavors = record(document.flavors);
  const pyfunc = record(flavors.python_function);
  const { mlflow_version: version } = document;
  return {
    python: readPython('MLmodel', pyfunc.python_version),
    mlflowVersion: typeof version === 'string' ? version : undefined,
  };
}

/** A version under development is in no index: then any. */
function mlflowOf(version: string | undefined): Requirement {
  const released = version !== undefined && /^\d+(\.\d+)*(rc\d+)?$/.test(version);
  return { name: 'mlflow', extras: [], specifier: released ? `==${version}` : '', marker: undefined };
}

function readPython(file: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string' || !PYTHON.test(value))
    throw invalidArgument(`${file}: the Python version must be like 3.11.7.`);
  return value;
}

/** Entries of a list in a YAML file: pip would read each as lines of a file. */
function listed(file: string, entries: readonly string[]): SourceLine[] {
  return entries.flatMap((entry, index) =>
    splitRequirementsFile(file, entry).map(({ text }) => ({ file, line: index + 1, text })),
  );
}

function textList(file: string, field: string, value: unknown): string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || !value.every((entry) => typeof entry === 'string'))
    throw invalidArgument(`${file}: '${field}' must be a list of texts.`);
  return value;
}

async function readLines(
  modelFolder: string,
  file: string,
  named: SourceLine | undefined,
): Promise<SourceLine[]> {
  const text = await readModelFile(modelFolder, file);
  if (text === undefined) {
    const where = named === undefined ? '' : `${named.file}, line ${named.line}: `;
    throw invalidArgument(`${where}the model has no file ${file}.`);
  }
  return splitRequirementsFile(file, text);
}

/**
 * All scalars stay texts: as a number, Python 3.10 would be 3.1. Aliases multiply, and the files that MLflow writes have
 * few.
 */
function readYaml(file: string, text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = parse(text, { schema: 'failsafe', maxAliasCount: 100, logLevel: 'error' });
  } catch (cause) {
    throw invalidArgument(`${file} cannot be read as YAML.`, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidArgument(`${file} must be a mapping.`);
  return value as Record<string, unknown>;
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

async function readModelFile(modelFolder: string, file: string): Promise<string | undefined> {
  const full = path.join(modelFolder, file);
  let size: number;
  try {
    const found = await lstat(full);
    // A link could name any file of the machine.
    if (!found.isFile()) throw invalidArgument(`${file} of the model is not a file.`);
    size = found.size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  if (size > MAX_FILE_BYTES)
    throw invalidArgument(`${file} of the model has ${size} bytes; at most ${MAX_FILE_BYTES} are read.`);
  return readFile(full, 'utf8');
}

async function readWheel(modelFolder: string, source: SourceLine, inside: string): Promise<ModelWheel> {
  const where = `${source.file}, line ${source.line}`;
  let real: string;
  try {
    real = await realpath(path.join(modelFolder, inside));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw invalidArgument(`${where}: the model has no file ${inside}.`);
  }
  if (!real.startsWith((await realpath(modelFolder)) + path.sep))
    throw invalidArgument(`${where}: ${inside} lies outside the model.`);
  return { path: real, sha256: await digestOf(real) };
}

export async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
