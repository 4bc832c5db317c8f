export interface StallWatch {
  readonly stallMs: number;
  onStall(): void;
}

/** Bytes passed on; a source that gives nothing for so long while it is asked is stalled. */
export function watchSource(
  source: ReadableStream<Uint8Array<ArrayBuffer>>,
  { stallMs, onStall }: StallWatch,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = source.getReader();
  return new ReadableStream({
    async pull(controller) {
      const timer = setTimeout(onStall, stallMs);
      try {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      } finally {
        clearTimeout(timer);
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

/**
 * Bytes passed on to a receiver: one that takes nothing for so long, or does not answer when all is sent, is stalled. How
 * long the source takes is its own matter. `stop` ends the watch.
 */
export function watchReceiver(
  source: ReadableStream<Uint8Array<ArrayBuffer>>,
  { stallMs, onStall }: StallWatch,
): { readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>; stop(): void } {
  const reader = source.getReader();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = () => clearTimeout(timer);
  const wait = () => {
    stop();
    timer = setTimeout(onStall, stallMs);
  };
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        stop();
        const { done, value } = await reader.read();
        wait();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel(reason) {
        stop();
        return reader.cancel(reason);
      },
    },
    // Nothing is read ahead: that the next piece is asked for says that the last one was taken.
    { highWaterMark: 0 },
  );
  return { stream, stop };
}
