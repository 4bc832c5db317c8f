import type { Clock } from '../kernel/clock.ts';
import { randomHexId } from '../kernel/ids.ts';

export type LogKind = 'build' | 'server';

/** What was added to a log since somebody last looked. */
export interface LogPart {
  readonly text: string;
  /** To be asked from the next time. */
  readonly next: number;
  /** Whether something was forgotten between what was asked for and this text. */
  readonly isCut: boolean;
}

/** What an entity's environment build and its processes said last, in memory, bounded. */
export interface EntityLog {
  /** Another one is another log, whose places say nothing of this one's. */
  readonly id: string;
  /** One line, with the time. */
  build(line: string): void;
  /** As it was printed: pieces of lines. */
  server(text: string, options?: { readonly dropped?: number }): void;
  readonly buildText: string;
  readonly serverText: string;
  /** From the place `next` of the last part; all that is kept from 0. */
  since(kind: LogKind, from: number): LogPart;
}

const MAX_CHARACTERS = 512 * 1024;

export function createEntityLog(clock: Clock): EntityLog {
  const build = createTail();
  const server = createTail();
  return {
    id: randomHexId(),
    since: (kind, from) => (kind === 'build' ? build : server).since(from),
    build: (line) => build.add(`${new Date(clock.nowMs()).toISOString()} ${line}\n`),
    server(text, { dropped = 0 } = {}) {
      if (dropped > 0) server.add(`… ${dropped} bytes dropped\n`);
      server.add(text);
    },
    get buildText() {
      return build.text();
    },
    get serverText() {
      return server.text();
    },
  };
}

/** The last characters of all that was added; cheap for many small pieces. */
function createTail() {
  let pieces: string[] = [];
  let characters = 0;
  let added = 0;
  const text = (): string => {
    const whole = pieces.join('').slice(-MAX_CHARACTERS);
    pieces = [whole];
    characters = whole.length;
    return whole;
  };
  return {
    text,
    since(from: number): LogPart {
      const whole = text();
      const first = added - whole.length;
      return { text: whole.slice(Math.max(0, from - first)), next: added, isCut: from < first };
    },
    add(piece: string) {
      pieces.push(piece);
      added += piece.length;
      characters += piece.length;
      if (characters > 2 * MAX_CHARACTERS) text();
    },
  };
}
