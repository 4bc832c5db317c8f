import { AppError } from './kernel/errors.ts';

/** What a fault of Node.js or of the operating system carries besides its message. */
interface SystemFault extends Error {
  readonly code: string;
  readonly syscall: string;
  readonly path?: string;
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
}

/** What an operator reads when a command ends early: a sentence that says what to do, a stack only for defects of ours. */
export function describeStartFault(error: unknown): string {
  if (error instanceof AppError && error.code !== 'Internal') return error.message;
  if (isSystemFault(error)) {
    return error.syscall === 'listen' || error.syscall === 'getaddrinfo'
      ? describeListenFault(error)
      : describeFileFault(error);
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function isSystemFault(error: unknown): error is SystemFault {
  return error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string';
}

function describeListenFault({ code, address, hostname, port, message }: SystemFault): string {
  const host = address ?? hostname ?? '';
  switch (code) {
    case 'EADDRINUSE':
      return `Another program listens on ${host}:${port}: stop it, or choose another --port.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${host} is no address of this machine: choose another --host.`;
    case 'EACCES':
      return `This user may not listen on ${host}:${port}: choose a --port of 1024 or more.`;
    default:
      return `The server cannot listen: ${message}`;
  }
}

function describeFileFault({ code, path, message }: SystemFault): string {
  const what = path ?? 'A file';
  switch (code) {
    case 'EEXIST':
    case 'ENOTDIR':
      return `${what} is not a folder: choose another place.`;
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return `${what} cannot be read or written by this user: give it the right, or choose another place.`;
    case 'ENOENT':
      return `${what} does not exist, or cannot be made there: choose another place.`;
    case 'ENOSPC':
      return `${what} cannot be written: the disk is full.`;
    default:
      return message;
  }
}
