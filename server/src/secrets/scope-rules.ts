import { invalidArgument } from '../kernel/errors.ts';

const NAME = /^[\w.@-]{1,128}$/;
const MAX_VALUE_BYTES = 128 * 1024;
/** Of one scope, and scopes of one workspace. */
export const MAX_SECRETS = 1000;
export const MAX_SCOPES = 1000;

/** @throws AppError InvalidArgument */
export function checkScopeName(name: string): void {
  if (!NAME.test(name)) throw badName('scope', name);
}

/** @throws AppError InvalidArgument */
export function checkSecretKey(key: string): void {
  if (!NAME.test(key)) throw badName('key', key);
}

const badName = (field: string, name: string) =>
  invalidArgument(
    `'${name.slice(0, 150)}' cannot be the name of a ${field}: up to 128 letters, digits, and any of _ . @ -`,
    { field },
  );

/** The message says nothing of what the value is. @throws AppError InvalidArgument */
export function checkSecretValue(value: Uint8Array): void {
  if (value.length > MAX_VALUE_BYTES)
    throw invalidArgument(`The secret is larger than ${MAX_VALUE_BYTES / 1024} KiB.`, {
      field: 'string_value',
    });
}
