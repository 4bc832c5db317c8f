import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** One request, sent again and again. */
export interface Question {
  readonly path: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface LoadOrder extends Question {
  readonly port: number;
  readonly connections: number;
  readonly durationMs: number;
  /** It ends earlier, after so many answers. */
  readonly answers?: number;
}

export interface LoadReport {
  readonly answered: number;
  readonly failed: number;
  readonly firstFailure: string | undefined;
  readonly elapsedMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** User and system time of the tool itself. */
  readonly cpuMs: number;
}

/** The load tool, in a process of its own: what it takes of the machine can be told from what the servers take. */
export interface LoadTool {
  /** One at a time. */
  run(order: LoadOrder): Promise<LoadReport>;
  stop(): Promise<void>;
}

export function startLoadTool(): LoadTool {
  const child: ChildProcess = fork(fileURLToPath(new URL('load-process.ts', import.meta.url)));
  process.on('exit', () => child.kill('SIGKILL'));
  return {
    async run(order) {
      child.send(order);
      const [report] = (await once(child, 'message')) as [LoadReport];
      return report;
    },
    async stop() {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    },
  };
}
