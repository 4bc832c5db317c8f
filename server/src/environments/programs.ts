import { spawn } from 'node:child_process';
import { EnvironmentFailure } from './environments.ts';

export interface ProgramEnd {
  /** Undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly stdout: string;
  /** The last part of it, where it is long. */
  readonly stderr: string;
}

const KEPT_CHARACTERS = 256 * 1024;

/**
 * Runs a program with exactly these variables and no input, and waits for its end. What it started goes with it: it is
 * the leader of a process group of its own.
 * @throws EnvironmentFailure when it cannot be started, or the signal's reason when that aborts
 */
export function runProgram(
  command: readonly string[],
  options: {
    readonly variables: Readonly<Record<string, string>>;
    readonly signal: AbortSignal;
    readonly folder?: string;
    /** One line each of what it writes to stderr. */
    onLine?(line: string): void;
  },
): Promise<ProgramEnd> {
  const [file, ...args] = command as [string, ...string[]];
  return new Promise((resolve, reject) => {
    if (options.signal.aborted) {
      reject(options.signal.reason as Error);
      return;
    }
    const child = spawn(file, args, {
      cwd: options.folder ?? '/',
      env: { ...options.variables },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const end = () => {
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch (error) {
        // It ended by itself just now.
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    };
    options.signal.addEventListener('abort', end, { once: true });
    let stdout = '';
    let stderr = '';
    let line = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout = (stdout + text).slice(-KEPT_CHARACTERS);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-KEPT_CHARACTERS);
      const lines = (line + text).split(/\r\n|\n|\r/);
      line = lines.pop()!.slice(-KEPT_CHARACTERS);
      for (const whole of lines) options.onLine?.(whole);
    });
    child.on('error', (cause) => {
      options.signal.removeEventListener('abort', end);
      reject(
        new EnvironmentFailure('InvalidArgument', `${file} cannot be started: ${cause.message}.`, { cause }),
      );
    });
    child.on('close', (code) => {
      options.signal.removeEventListener('abort', end);
      if (line !== '') options.onLine?.(line);
      if (options.signal.aborted) reject(options.signal.reason as Error);
      else resolve({ code: code ?? undefined, stdout, stderr });
    });
  });
}
