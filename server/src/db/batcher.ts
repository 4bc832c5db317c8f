import { AppError } from '../kernel/errors.ts';
import type { Database, Transaction } from './port.ts';

/** Handles the commands of many requests in one transaction; answers each with its result or its own error. */
export type BatchHandler<Command, Result> = (
  tx: Transaction,
  commands: readonly Command[],
) => Promise<readonly (Result | AppError)[]>;

export interface BatcherOptions {
  /** The most commands handled in one transaction. */
  readonly maxCommands?: number;
}

interface Waiting<Command, Result> {
  readonly command: Command;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/**
 * Group commit for one kind of command: requests that arrive while a transaction runs are handled together in the
 * next one, set-wise, so that their cost and their wait for the disk are shared. A command that fails by the
 * handler's verdict fails alone. When the transaction itself fails, each command is tried once on its own, so that
 * one which the database refuses does not take its neighbours with it.
 */
export function createBatcher<Command, Result>(
  db: Database,
  handle: BatchHandler<Command, Result>,
  options: BatcherOptions = {},
): (command: Command) => Promise<Result> {
  const maxCommands = options.maxCommands ?? 256;
  const waiting: Waiting<Command, Result>[] = [];
  let running = false;

  async function runAlone(entry: Waiting<Command, Result>): Promise<void> {
    try {
      const results = await db.write((tx) => handle(tx, [entry.command]));
      settle(entry, results[0]!);
    } catch (error) {
      entry.reject(error);
    }
  }

  async function runTogether(): Promise<void> {
    let taken: Waiting<Command, Result>[] = [];
    try {
      const results = await db.write((tx) => {
        // Taken only now: everything that arrived while the transaction was waiting for its turn goes along.
        // Only once, though: the database may run the operation again.
        if (taken.length === 0) taken = waiting.splice(0, maxCommands);
        return handle(
          tx,
          taken.map((entry) => entry.command),
        );
      });
      for (let i = 0; i < taken.length; i += 1) settle(taken[i]!, results[i]!);
    } catch (error) {
      if (taken.length === 0) taken = waiting.splice(0, maxCommands);
      if (taken.length === 1 || isOutage(error)) for (const entry of taken) entry.reject(error);
      else for (const entry of taken) await runAlone(entry);
    }
  }

  async function drain(): Promise<void> {
    running = true;
    try {
      while (waiting.length > 0) await runTogether();
    } finally {
      running = false;
    }
  }

  return (command) =>
    new Promise<Result>((resolve, reject) => {
      waiting.push({ command, resolve, reject });
      if (!running) void drain();
    });
}

function settle<Result>(entry: Waiting<unknown, Result>, outcome: Result | AppError): void {
  if (outcome instanceof AppError) entry.reject(outcome);
  else entry.resolve(outcome);
}

function isOutage(error: unknown): boolean {
  return error instanceof AppError && error.code === 'Unavailable';
}
