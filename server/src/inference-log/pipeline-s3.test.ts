import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { isInstalled, startObjectServer } from '../../../tools/object-servers.mjs';
import { openS3NamedFiles } from '../objects/s3/s3-named-files.ts';
import { PAYLOAD_SCHEMAS, storedColumns } from './payload-schemas.ts';
import { recordOf } from './records.fixture.ts';
import { faultyFiles, openPlace, readWithDeltalake } from './tables.fixture.ts';

const region = 'us-east-1';
const server = isInstalled('versitygw') ? 'versitygw' : 'moto';

describe(`tables on S3 (${server})`, () => {
  it('have each row once, over lost answers, checkpoints and compaction, and deltalake reads them there', async () => {
    const { url, credentials, stop } = await startObjectServer(server);
    const admin = new S3Client({ endpoint: url, region, credentials, forcePathStyle: true });
    await admin.send(new CreateBucketCommand({ Bucket: 'lake' }));
    admin.destroy();
    const files = await openS3NamedFiles({
      bucket: 'lake',
      prefix: 'tables',
      region,
      credentials,
      endpoint: url,
    });
    const place = await openPlace(files);
    const errors: unknown[] = [];
    const pipeline = await place.open({
      // A commit among them is done, and its answer is lost: the next look at the log tells.
      files: faultyFiles(files, { at: 7, when: 'after', forever: false }),
      onError: (error) => errors.push(error),
    });
    const other = await place.open();
    const tableId = randomUUID();
    await pipeline.createTable(tableId, PAYLOAD_SCHEMAS.legacy);
    const ids: string[] = [];
    for (let segment = 0; segment < 22; segment++) {
      const writer = segment % 3 === 2 ? other : pipeline;
      const log = await writer.recorder.open({ tableId, kind: 'legacy' });
      const record = recordOf();
      ids.push(record.requestId);
      await log.append(record);
      writer.recorder.rotate(tableId);
      await writer.handOver.settle();
    }
    await Promise.all([pipeline, other].map(({ handOver }) => handOver.settle()));
    const options = {
      AWS_ENDPOINT_URL: url,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_ALLOW_HTTP: 'true',
    };
    const at = pipeline.locationOf(tableId);
    expect(at).toBe(`s3://lake/tables/${tableId}`);
    const idsIn = ({ rows }: Awaited<ReturnType<typeof readWithDeltalake>>) =>
      rows.map((row) => row.databricks_request_id).sort();
    const before = await readWithDeltalake(at, options);
    expect(idsIn(before)).toEqual([...ids].sort());
    expect(before.files).toBe(22);
    const shape = { ...PAYLOAD_SCHEMAS.legacy, columns: storedColumns(PAYLOAD_SCHEMAS.legacy) };
    await Promise.all([pipeline, other].map((each) => each.compact(tableId, shape)));
    await pipeline.vacuum(tableId);
    const after = await readWithDeltalake(at, options);
    expect(idsIn(after)).toEqual([...ids].sort());
    expect(after.files).toBe(1);
    // A process that has never seen the table begins with its checkpoint.
    const late = await place.open();
    const snapshot = await late.openTable(tableId).refresh();
    expect(snapshot.checkpointVersion).toBeGreaterThanOrEqual(20);
    expect(snapshot.files.size).toBe(1);
    expect(errors).toEqual([]);
    await place.remove();
    await files.close();
    await stop();
  }, 120_000);
});
