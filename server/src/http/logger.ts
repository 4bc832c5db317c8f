export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface RequestLine {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly ms: number;
}

/** Structured lines on a stream, one JSON object each; no bodies, no query strings, no headers. */
export interface Logger {
  request(line: RequestLine): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
  /** Writes what is buffered. */
  flush(): void;
}

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3, silent: 4 };
const FLUSH_MS = 200;

/**
 * @param level requests are told from `debug` on, their failures (5xx) always.
 * @param write receives whole lines; many at a time, so that a line costs no system call of its own.
 */
export function createLogger(level: LogLevel, write: (text: string) => void): Logger {
  let buffer = '';
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (buffer === '') return;
    const text = buffer;
    buffer = '';
    write(text);
  }

  function log(lineLevel: LogLevel, fields: Record<string, unknown>): void {
    if (RANK[lineLevel] < RANK[level]) return;
    buffer += `${JSON.stringify({ time: new Date().toISOString(), level: lineLevel, ...fields })}\n`;
    timer ??= setTimeout(flush, FLUSH_MS).unref();
  }

  return {
    request(line) {
      const failed = line.status >= 500;
      if (!failed && level !== 'debug') return;
      log(failed ? 'error' : 'debug', { message: 'request', ...line, ms: Math.round(line.ms * 100) / 100 });
    },
    info: (message, fields) => log('info', { message, ...fields }),
    warn: (message, fields) => log('warn', { message, ...fields }),
    error: (message, fields) => log('error', { message, ...fields }),
    flush,
  };
}

/** An error as log fields: its message, stack and causes, never its arguments. */
export function errorFields(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: String(error) };
  return {
    error: error.message,
    stack: error.stack,
    ...(error.cause !== undefined && { cause: String(error.cause) }),
  };
}
