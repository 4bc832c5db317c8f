// The bare program: Node and onnxruntime-node, with requests of one turn in one call. Nothing is checked or kept.
// node node-onnx.ts MODEL PORT
import { createServer, type ServerResponse } from 'node:http';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const [, , file = '', port = ''] = process.argv;
const session = await InferenceSession.create(file, { intraOpNumThreads: 1, interOpNumThreads: 1 });

interface Waiting {
  readonly rows: readonly (readonly number[])[];
  readonly response: ServerResponse;
}
let waiting: Waiting[] = [];
let running = false;

async function runAll(): Promise<void> {
  if (running) return;
  running = true;
  while (waiting.length > 0) {
    const batch = waiting;
    waiting = [];
    const rows = batch.flatMap((one) => one.rows);
    const data = Float32Array.from(rows.flat());
    const input = new Tensor('float32', data, [rows.length, rows[0]!.length]);
    const { label } = await session.run({ rows: input }, ['label']);
    const labels = Array.from(label!.data as BigInt64Array, Number);
    let at = 0;
    for (const { rows: own, response } of batch) {
      const body = `{"predictions": [${labels.slice(at, at + own.length).join(', ')}]}`;
      at += own.length;
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
      response.end(body);
    }
  }
  running = false;
}

const server = createServer((request, response) => {
  if (request.url !== '/invocations') {
    response.end();
    return;
  }
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => {
    const body = JSON.parse(Buffer.concat(pieces).toString()) as { dataframe_split: { data: number[][] } };
    waiting.push({ rows: body.dataframe_split.data, response });
    setImmediate(() => void runAll());
  });
});
server.listen(Number(port), '127.0.0.1');
