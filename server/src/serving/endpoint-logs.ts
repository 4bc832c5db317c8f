import type { Clock } from '../kernel/clock.ts';

/** What an entity's environment build and its processes said last, in memory, bounded. */
export interface EntityLog {
  /** One line, with the time. */
  build(line: string): void;
  /** As it was printed: pieces of lines. */
  server(text: string, options?: { readonly dropped?: number }): void;
  readonly buildText: string;
  readonly serverText: string;
}

const MAX_CHARACTERS = 512 * 1024;

export function createEntityLog(clock: Clock): EntityLog {
  const build = createTail();
  const server = createTail();
  return {
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
  const text = (): string => {
    const whole = pieces.join('').slice(-MAX_CHARACTERS);
    pieces = [whole];
    characters = whole.length;
    return whole;
  };
  return {
    text,
    add(piece: string) {
      pieces.push(piece);
      characters += piece.length;
      if (characters > 2 * MAX_CHARACTERS) text();
    },
  };
}
