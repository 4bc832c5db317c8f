import { parentPort } from 'node:worker_threads';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { FromOnnxThread, OnnxData, OnnxTensor, ToOnnxThread } from './onnx-messages.ts';
import type { OnnxElement } from './onnx-model.ts';

/** The program of a thread: models of onnxruntime, asked one batch after the other. */
const port = parentPort!;
const sessions = new Map<number, InferenceSession>();

/** One core each: sums in several threads are added in another order, and the batches of a busy endpoint queue anyway. */
const OPTIONS: InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  logSeverityLevel: 3,
};

const tell = (message: FromOnnxThread, moved: readonly ArrayBuffer[] = []): void =>
  port.postMessage(message, moved);

let turn: Promise<void> = Promise.resolve();
port.on('message', (message: ToOnnxThread) => {
  turn = turn.then(() => work(message));
});

async function work(message: ToOnnxThread): Promise<void> {
  if (message.kind === 'drop') {
    await sessions.get(message.session)?.release();
    sessions.delete(message.session);
    return;
  }
  const { id } = message;
  try {
    if (message.kind === 'load') {
      sessions.set(message.session, await InferenceSession.create(message.file, OPTIONS));
      tell({ kind: 'loaded', id });
    } else {
      await run(message);
    }
  } catch (error) {
    tell({ kind: 'failed', id, message: error instanceof Error ? error.message : String(error) });
  }
}

async function run({ id, session, feeds }: Extract<ToOnnxThread, { kind: 'run' }>): Promise<void> {
  const began = performance.now();
  const given = Object.fromEntries(
    Object.entries(feeds).map(([name, { element, shape, data }]) => [
      name,
      new Tensor(element, data as Float64Array, shape),
    ]),
  );
  const answer = await sessions.get(session)!.run(given);
  const outputs: Record<string, OnnxTensor> = {};
  const moved: ArrayBuffer[] = [];
  for (const [name, { type, dims, data }] of Object.entries(answer)) {
    // The runtime's memory is its own: what leaves the thread is a copy.
    const own = (Array.isArray(data) ? data : (data as Float64Array).slice()) as OnnxData;
    outputs[name] = { element: type as OnnxElement, shape: dims, data: own };
    if ('buffer' in own) moved.push(own.buffer);
  }
  tell({ kind: 'ran', id, outputs, micros: Math.round((performance.now() - began) * 1000) }, moved);
}
