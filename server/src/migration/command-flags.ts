import { invalidArgument } from '../kernel/errors.ts';

/**
 * Takes the flags of a command out of its arguments: `--name value` or `--name=value`, each once. The rest goes on to
 * whoever reads the program's settings.
 * @throws AppError InvalidArgument for a flag without a value, or given twice.
 */
export function takeFlags<Name extends string>(
  args: readonly string[],
  names: readonly Name[],
): { readonly flags: Partial<Record<Name, string>>; readonly rest: readonly string[] } {
  const flags: Partial<Record<Name, string>> = {};
  const rest: string[] = [];
  for (let i = 0; i < args.length; i += 1) {
    const [, flag, inline] = /^--([a-z-]+)(?:=(.*))?$/s.exec(args[i]!) ?? [];
    const name = names.find((known) => known === flag);
    if (name === undefined) {
      rest.push(args[i]!);
      continue;
    }
    const value = inline ?? args[i + 1];
    if (value === undefined) throw invalidArgument(`--${name} needs a value.`, { field: name });
    if (flags[name] !== undefined) throw invalidArgument(`--${name} is given twice.`, { field: name });
    if (inline === undefined) i += 1;
    flags[name] = value;
  }
  return { flags, rest };
}
