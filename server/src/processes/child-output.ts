import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { LogChunk } from './port.ts';

/** What a set's replicas print, kept as far as it is recent. */
export interface OutputLog {
  append(chunk: LogChunk): void;
  /** The last lines, oldest first; of one replica if it is named. */
  tail(lines: number, replica?: string): string;
  /** What is kept, then what comes, until `close`. A reader who is slow misses the oldest, and is told how much. */
  read(): AsyncIterable<LogChunk>;
  close(): void;
}

const MAX_KEPT_BYTES = 2 ** 20;
/** More in a second is read and thrown away: a program that prints is neither held up nor does it fill a disk. */
const MAX_BYTES_A_SECOND = 8 * 2 ** 20;
/** A line longer than this is passed on in parts. */
const MAX_LINE_CHARACTERS = 65_536;
const MIN_MASKED_CHARACTERS = 6;
/** Of what is thrown away this much is kept, so that the last words are there. */
const END_BYTES = 4096;
const NOTHING = Buffer.alloc(0);
const MASK = '********';

export function createOutputLog(): OutputLog {
  const kept: LogChunk[] = [];
  let keptBytes = 0;
  /** Of the first chunk in `kept` since the beginning. */
  let first = 0;
  let closed = false;
  const waiting = new Set<() => void>();
  const wakeAll = () => {
    for (const wake of waiting) wake();
    waiting.clear();
  };

  return {
    append(chunk) {
      if (closed) return;
      kept.push(chunk);
      keptBytes += chunk.text.length;
      while (keptBytes > MAX_KEPT_BYTES && kept.length > 1) {
        keptBytes -= kept.shift()!.text.length;
        first += 1;
      }
      wakeAll();
    },
    tail(lines, replica) {
      const text = kept
        .filter((chunk) => replica === undefined || chunk.replica === replica)
        .map((chunk) => (chunk.dropped > 0 ? `… ${chunk.dropped} bytes dropped\n` : '') + chunk.text)
        .join('');
      return text.trimEnd().split('\n').slice(-lines).join('\n');
    },
    async *read() {
      let next = first;
      while (!closed || next < first + kept.length) {
        // The oldest may have gone while this reader was away.
        next = Math.max(next, first);
        const chunk = kept[next - first];
        if (chunk !== undefined) {
          next += 1;
          yield chunk;
        } else {
          await new Promise<void>((resolve) => waiting.add(resolve));
        }
      }
    },
    close() {
      closed = true;
      wakeAll();
    },
  };
}

/** Hides these values in a text; short ones are left, since they would be found everywhere. */
export function createMask(secrets: readonly string[]): (text: string) => string {
  const masked = secrets
    .filter((secret) => secret.length >= MIN_MASKED_CHARACTERS)
    .toSorted((a, b) => b.length - a.length);
  return (text) => masked.reduce((clean, secret) => clean.replaceAll(secret, MASK), text);
}

export interface OutputSource {
  readonly replica: string;
  readonly stream: LogChunk['stream'];
  /** Values that must not be seen; short ones are left, since they would be found everywhere. */
  readonly secrets: readonly string[];
  /** Milliseconds, never going back. */
  now(): number;
}

/**
 * Reads a program's output, always and at once, and writes whole lines of it to the log. Resolves at the output's end,
 * which is that of the last process that has it.
 */
export function followOutput(
  readable: Readable,
  log: OutputLog,
  { replica, stream, secrets, now }: OutputSource,
): Promise<void> {
  const mask = createMask(secrets);
  let decoder = new StringDecoder('utf8');
  let line = '';
  let second = 0;
  let bytesThisSecond = 0;
  let dropped = 0;
  /** The end of what is being dropped, which is shown when the second is over. */
  let end: Buffer = NOTHING;
  let settling: NodeJS.Timeout | undefined;

  function pass(text: string): void {
    log.append({ replica, stream, text: mask(text), dropped });
    dropped = 0;
  }

  function take(piece: Buffer): void {
    line += decoder.write(piece);
    const lineEnd = line.lastIndexOf('\n') + 1;
    if (lineEnd > 0) {
      pass(line.slice(0, lineEnd));
      line = line.slice(lineEnd);
    }
    if (line.length > MAX_LINE_CHARACTERS) {
      pass(line);
      line = '';
    }
  }

  function settle(): void {
    clearTimeout(settling);
    settling = undefined;
    // From its first whole line: what it begins with is a piece of one, perhaps of a secret.
    const whole = end.subarray(end.indexOf(0x0a) + 1);
    const shown = whole.length < end.length ? whole : NOTHING;
    end = NOTHING;
    if (shown.length === 0) return;
    dropped -= shown.length;
    decoder = new StringDecoder('utf8');
    line = '';
    take(shown);
  }

  readable.on('data', (piece: Buffer) => {
    const thisSecond = Math.floor(now() / 1000);
    if (thisSecond !== second) {
      second = thisSecond;
      bytesThisSecond = 0;
      settle();
    }
    bytesThisSecond += piece.length;
    if (bytesThisSecond <= MAX_BYTES_A_SECOND) {
      take(piece);
      return;
    }
    dropped += piece.length;
    end = (piece.length < END_BYTES ? Buffer.concat([end, piece]) : piece).subarray(-END_BYTES);
    settling ??= setTimeout(settle, 1000);
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  // A connection that breaks off is closed without an end; what was printed has been read.
  readable.on('error', () => undefined);
  readable.on('close', () => {
    settle();
    line += decoder.end();
    if (line.length > 0 || dropped > 0) pass(line);
    resolve();
  });
  return promise;
}
