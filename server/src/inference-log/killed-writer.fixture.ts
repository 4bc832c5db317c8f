// A program that records and hands over as quickly as it can, until it is killed; it tells its parent what it was
// promised.
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../kernel/clock.ts';
import { openLocalNamedFiles } from '../objects/local/local-named-files.ts';
import { openPipeline } from './pipeline.ts';
import { recordOf } from './records.fixture.ts';

const [folder = '', tableId = ''] = process.argv.slice(2);
const files = await openLocalNamedFiles({ folder: path.join(folder, 'tables'), clock: systemClock });
const pipeline = await openPipeline({
  journal: path.join(folder, 'journal'),
  files,
  clock: systemClock,
  isNodeAlive: async () => false,
  onFailed: async (_, error) => {
    process.send!({ error: error.message });
  },
  isKept: async () => true,
  // Of a child that the test has killed, whose work is done again.
  onError: () => undefined,
});
const log = await pipeline.recorder.open({ tableId, kind: 'legacy' });
pipeline.handOver.start();
process.on('disconnect', () => process.exit(0));
for (let turn = 0; ; turn++) {
  const records = Array.from({ length: 5 }, () =>
    recordOf({ timestampMs: Date.now() + (turn % 2) * 86_400_000 }),
  );
  await Promise.all(records.map((record) => log.append(record)));
  process.send!({ ids: records.map(({ requestId }) => requestId), children: pipeline.pids() });
  if (turn % 8 === 7) pipeline.recorder.rotate(tableId);
  await sleep(4);
}
