import type { OutputLog } from './child-output.ts';
import type { Channel, GoneReason, ReplicaEvent, ReplicaUsage } from './port.ts';

/** One process that has, or is about to have, a model. */
export interface Replica {
  readonly id: string;
  /** Once it has loaded, until it is told to end or has ended. */
  readonly channel: Channel | undefined;
  /** It ends when it has done what it is doing. */
  drain(): void;
  /** It ends at once, for this reason. */
  kill(reason: GoneReason, message: string): void;
  usage(): Promise<ReplicaUsage>;
  /** Resolves when no process of it is left. */
  readonly ended: Promise<void>;
}

export interface ReplicaListener {
  ready(channel: Channel): void;
  /** Called once, with the channel if it had loaded. */
  gone(reason: GoneReason, message: string, channel: Channel | undefined): void;
  event(event: ReplicaEvent): void;
}

/** How a process ended, as its parent tells. */
export interface ProcessEnd {
  readonly status: number | null;
  readonly signal: number | null;
}

export interface Ending {
  readonly reason: GoneReason;
  readonly message: string;
}

const LOG_LINES = 30;

/** Why a replica is gone: what was decided by us, else how its process ended; with what it printed last. */
export function endingOf(
  replica: { readonly id: string; readonly draining: boolean; readonly log: OutputLog },
  { why, how }: { readonly why: Ending | undefined; readonly how: ProcessEnd | undefined },
): Ending {
  if (replica.draining) return { reason: 'closed', message: 'It was told to end.' };
  const { reason, message } =
    why === undefined || why.reason === 'exit'
      ? { reason: how?.signal ? ('signal' as const) : ('exit' as const), message: describeEnd(how) }
      : why;
  const lines = reason === 'closed' ? '' : replica.log.tail(LOG_LINES, replica.id);
  return { reason, message: lines === '' ? message : `${message}\n${lines}` };
}

function describeEnd(how: ProcessEnd | undefined): string {
  if (how?.signal) return `The model's process was ended by signal ${how.signal}.`;
  return `The model's process ended by itself${how?.status ? ` with status ${how.status}` : ''}.`;
}

const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
export const tooMuchMemory = (bytes: number, limit: number): string =>
  `The model's process took ${mebibytes(bytes)} of memory and may have ${mebibytes(limit)}.`;
