import { readFileSync } from 'node:fs';
import { invalidArgument } from '../kernel/errors.ts';
import { readDeclaration } from './declaration.ts';
import type { Door } from './door.ts';
import { makePlan } from './plan.ts';
import type { Step } from './step.ts';
import { WORKSPACE_TEMPLATE } from './template.ts';

export const APPLY_FLAGS = ['file', 'url', 'token'] as const;

type Flags = Partial<Record<(typeof APPLY_FLAGS)[number], string>>;

export interface ApplyCommand {
  /** How the declaration is called in messages. */
  readonly file: string;
  readonly text: string;
  /** Of a running server; undefined for the database that the settings name. */
  readonly url: string | undefined;
  readonly token: string | undefined;
  readonly yes: boolean;
}

export interface CommandInput {
  readonly flags: Flags;
  readonly yes: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** @throws AppError InvalidArgument naming the flag. */
export function readApplyCommand({ flags, yes, environment }: CommandInput): ApplyCommand {
  const { file } = flags;
  if (file === undefined) throw invalidArgument('`slipway apply` needs -f FILE.', { field: 'file' });
  return { ...readPlace(flags, environment), file, text: readFileSync(file, 'utf8'), yes };
}

/** The same for what `slipway init-workspace` makes. */
export function readInitCommand({ flags, yes, environment }: CommandInput): ApplyCommand {
  if (flags.file !== undefined)
    throw invalidArgument(
      '`slipway init-workspace` takes no file: print the template, change it, and `slipway apply` it.',
      {
        field: 'file',
      },
    );
  return { ...readPlace(flags, environment), file: 'the template', text: WORKSPACE_TEMPLATE, yes };
}

function readPlace(flags: Flags, environment: CommandInput['environment']) {
  const { url } = flags;
  if (url !== undefined && !/^https?:\/\/[^/]/.test(url))
    throw invalidArgument(`--url ${url}: expected an address such as https://mlops.example:5000.`, {
      field: 'url',
    });
  const token = flags.token ?? (environment.SLIPWAY_TOKEN || undefined);
  if (url === undefined && flags.token !== undefined)
    throw invalidArgument('--token goes with --url: a database is worked on without one.', {
      field: 'token',
    });
  return { url, token };
}

export interface ApplyServices {
  readonly door: Door;
  /** The value of an environment variable. */
  variable(name: string): string | undefined;
  write(text: string): void;
  /** Whether a person at the terminal agrees; undefined where there is none. */
  readonly confirm: ((question: string) => Promise<boolean>) | undefined;
}

/**
 * Tells what would change, asks, and changes it. What failed on its way can be applied again: what is done already is
 * no change any more.
 * @returns whether everything is as declared now.
 */
export async function runApplyCommand(services: ApplyServices, command: ApplyCommand): Promise<boolean> {
  const { write, confirm } = services;
  const declaration = readDeclaration(command.text, command.file);
  const steps = await makePlan(declaration, services);
  if (steps.length === 0) {
    write(`Nothing to change: everything is as ${command.file} says.\n`);
    return true;
  }
  write(renderPlan(steps, command.file));
  if (!command.yes) {
    if (confirm === undefined)
      throw invalidArgument(
        'Nothing was changed. Nobody can be asked here: run it again with --yes to apply the plan.',
      );
    if (!(await confirm('Apply this plan? (yes/no) '))) {
      write('Nothing was changed.\n');
      return false;
    }
  }
  let done = 0;
  try {
    for (const step of steps) {
      await step.run();
      done += 1;
    }
  } catch (error) {
    write(`Stopped after ${done} of ${steps.length} changes, at: ${steps[done]!.what}\n`);
    throw error;
  }
  write(`Done: ${done} ${done === 1 ? 'change' : 'changes'}.\n`);
  return true;
}

function renderPlan(steps: readonly Step[], file: string): string {
  const created = steps.filter(({ kind }) => kind === 'create').length;
  const lines = steps.map(({ kind, what }) => `  ${kind === 'create' ? '+' : '~'} ${what}\n`);
  return `Plan for ${file}: ${created} to create, ${steps.length - created} to change.\n${lines.join('')}`;
}
