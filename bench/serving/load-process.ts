// The load tool of `load.ts`: keep-alive connections in a closed loop, as the orders say that come from the parent.
import { runClosedLoop } from '../load/closed-loop.ts';
import { addHeader, openConnection, prepareRequest } from '../load/connection.ts';
import { quantile } from '../measure.ts';
import type { LoadOrder, LoadReport } from './load.ts';

async function run(order: LoadOrder): Promise<LoadReport> {
  const { port, path, body, headers = {}, durationMs, answers = Number.POSITIVE_INFINITY } = order;
  const bytes = Object.entries(headers).reduce(
    (request, [name, value]) => addHeader(request, name, value),
    prepareRequest('POST', path, body),
  );
  const request = { bytes, minBytes: 1 };
  const connections = Array.from({ length: order.connections }, () => openConnection(port));
  let left = answers;
  try {
    const before = process.cpuUsage();
    const result = await runClosedLoop({
      connections,
      durationMs,
      next() {
        left -= 1;
        return request;
      },
      isOver: () => left <= 0,
    });
    const { user, system } = process.cpuUsage(before);
    return {
      answered: result.answered,
      failed: result.failed,
      firstFailure: result.firstFailure,
      elapsedMs: result.elapsedMs,
      p50Ms: quantile(result.latenciesMs, 0.5),
      p99Ms: quantile(result.latenciesMs, 0.99),
      cpuMs: (user + system) / 1000,
    };
  } finally {
    for (const connection of connections) connection.close();
  }
}

process.on('message', (order: LoadOrder) => {
  void run(order).then((report) => process.send!(report));
});
