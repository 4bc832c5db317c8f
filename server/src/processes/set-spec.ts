import { AppError, invalidArgument } from '../kernel/errors.ts';
import type { EnvironmentRef, SetSpec } from './port.ts';

const KEY = /^[a-z0-9-]{1,60}$/;

/**
 * The environment of a set that an engine with these classes of resources can run.
 * @throws AppError InvalidArgument; NotSupported for a program other than Python
 */
export function checkedEnvironment(spec: SetSpec, resourceClasses: readonly string[]): EnvironmentRef {
  if (!KEY.test(spec.key))
    throw invalidArgument(`A set of replicas cannot be named ${JSON.stringify(spec.key)}.`);
  if (!resourceClasses.includes(spec.resourceClass))
    throw invalidArgument(
      `There is no resource class ${spec.resourceClass} here: this installation has ${resourceClasses.join(', ')}.`,
    );
  if (spec.program !== 'python' || spec.environment === undefined)
    throw new AppError('NotSupported', `This engine cannot run the program ${spec.program}.`);
  return spec.environment;
}
