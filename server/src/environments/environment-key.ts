import { createHash } from 'node:crypto';
import type { EnvironmentSpec } from './environments.ts';
import type { Interpreter } from './interpreters.ts';
import { renderRequirement } from './requirements.ts';

/** Counts up when environments of the same wish would be made in another way. */
const FORMAT = 1;

export interface KeyParts {
  readonly spec: EnvironmentSpec;
  readonly interpreter: Interpreter;
  readonly uvVersion: string;
  /** Where packages come from: other indexes may hold other files of the same name. */
  readonly index: { readonly url: string | undefined; readonly findLinks: readonly string[] };
}

/**
 * The name of an environment: 64 hex digits, equal exactly for equal wishes on equal machines. The order of lines and
 * the way a name is written make no difference. Conditions (`; python_version < "3.12"`) need no working out: the
 * interpreter and the platform are parts of the key.
 */
export function environmentKey({ spec, interpreter, uvVersion, index }: KeyParts): string {
  const canonical = {
    format: FORMAT,
    uv: uvVersion,
    platform: interpreter.platform,
    executable: interpreter.executable,
    version: interpreter.version,
    build: interpreter.build,
    requirements: [...new Set(spec.requirements.map(renderRequirement))].sort(),
    constraints: [...new Set(spec.constraints.map(renderRequirement))].sort(),
    wheels: [...new Set(spec.wheels.map(({ sha256 }) => sha256))].sort(),
    index: index.url ?? null,
    findLinks: index.findLinks,
  };
  return createHash('sha256').update(JSON.stringify(canonical)).digest('hex');
}
