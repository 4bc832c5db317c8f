/** One message of a stream of server-sent events. */
export interface StreamMessage {
  readonly event: string;
  readonly data: string;
  /** Where a later connection goes on behind it. */
  readonly id: string | undefined;
}

/**
 * Reads streams of server-sent events (WHATWG HTML, section 9.2.6), piece by piece as they arrive. `lastEventId` and
 * `retryMs` hold what was said last, over all connections.
 */
export class EventStreamParser {
  lastEventId: string | undefined;
  retryMs: number | undefined;
  #rest = '';
  #afterReturn = false;
  #event = '';
  #data: string[] = [];
  #id: string | undefined;

  constructor(lastEventId: string | undefined) {
    this.lastEventId = lastEventId;
    this.#id = lastEventId;
  }

  /** Begins a new connection: what was left of a half message is no part of it. */
  restart(): void {
    this.#rest = '';
    this.#afterReturn = false;
    this.#event = '';
    this.#data = [];
    this.#id = this.lastEventId;
  }

  /** The messages that a piece of text completes. */
  read(piece: string): StreamMessage[] {
    const messages: StreamMessage[] = [];
    // A line end of two characters may arrive in two pieces.
    const text = this.#rest + (this.#afterReturn && piece.startsWith('\n') ? piece.slice(1) : piece);
    if (piece !== '') this.#afterReturn = piece.endsWith('\r');
    const lines = text.split(/\r\n|\n|\r/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const message = this.#line(line);
      if (message !== undefined) messages.push(message);
    }
    return messages;
  }

  #line(line: string): StreamMessage | undefined {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    if (colon === 0) return undefined;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'data') this.#data.push(value);
    else if (name === 'event') this.#event = value;
    else if (name === 'id' && !value.includes('\0')) this.#id = value;
    else if (name === 'retry' && /^\d+$/.test(value)) this.retryMs = Number(value);
    return undefined;
  }

  #dispatch(): StreamMessage | undefined {
    const event = this.#event || 'message';
    const data = this.#data;
    this.#event = '';
    this.#data = [];
    // Not before: a message that was cut is to be sent again.
    this.lastEventId = this.#id;
    return data.length === 0 ? undefined : { event, data: data.join('\n'), id: this.#id };
  }
}
