import { type AppError, notFound } from '../kernel/errors.ts';
import { secretsIn, withSecrets } from './endpoint-rules.ts';

export interface VariablesDependencies {
  /** The secret as base64. @throws AppError NotFound */
  readSecret(scope: string, key: string): Promise<string>;
  /** Whether the maker of the configuration may read the scope's secrets at this moment. */
  mayRead(makerId: string, scope: string): boolean;
}

export type ReadVariables = ReturnType<typeof createVariableReader>;

/**
 * The values of an entity's environment variables, with their secrets, read anew at each start and kept nowhere.
 * @throws AppError NotFound for a secret that is not there, or that the configuration's maker may not read (any more).
 */
export function createVariableReader({ readSecret, mayRead }: VariablesDependencies) {
  return async (
    variables: Readonly<Record<string, string>>,
    makerId: string,
  ): Promise<Readonly<Record<string, string>>> => {
    const values = new Map<string, string>();
    for (const { scope, key } of secretsIn(variables)) {
      if (!mayRead(makerId, scope)) throw missingSecret(scope, key);
      values.set(`${scope}/${key}`, Buffer.from(await readSecret(scope, key), 'base64').toString('utf8'));
    }
    return withSecrets(variables, ({ scope, key }) => values.get(`${scope}/${key}`)!);
  };
}

const missingSecret = (scope: string, key: string): AppError =>
  notFound(
    `The secret {{secrets/${scope}/${key}}} is not there, or whoever configured the endpoint may not read it.`,
    { field: 'environment_vars' },
  );
