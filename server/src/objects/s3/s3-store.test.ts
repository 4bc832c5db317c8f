import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { isInstalled, startObjectServer } from '../../../../tools/object-servers.mjs';
import { openCuttingProxy } from '../conformance/cutting-proxy.ts';
import { describeNamedFiles } from '../conformance/named-files-suite.ts';
import { describeObjectStore, type StoreUnderTest } from '../conformance/object-store-suite.ts';
import { parseObjectKey } from '../object-key.ts';
import { openS3NamedFiles } from './s3-named-files.ts';
import { openS3Store } from './s3-store.ts';

async function open(server: 'versitygw' | 'moto'): Promise<StoreUnderTest> {
  const { url, credentials, stop } = await startObjectServer(server);
  const region = 'us-east-1';
  const admin = new S3Client({ endpoint: url, region, credentials, forcePathStyle: true });
  await admin.send(new CreateBucketCommand({ Bucket: 'artifacts' }));
  admin.destroy();
  const proxy = await openCuttingProxy(url);
  const options = { bucket: 'artifacts', prefix: 'team a/slipway', region, credentials };
  const store = await openS3Store({ ...options, endpoint: url });
  const unreliable = { store: await openS3Store({ ...options, endpoint: proxy.url }), proxy };
  return {
    store,
    unreliable,
    async close() {
      await store.close();
      await unreliable.store.close();
      await proxy.close();
      await stop();
    },
  };
}

async function openNamed(server: 'versitygw' | 'moto') {
  const { url, credentials, stop } = await startObjectServer(server);
  const region = 'us-east-1';
  const admin = new S3Client({ endpoint: url, region, credentials, forcePathStyle: true });
  await admin.send(new CreateBucketCommand({ Bucket: 'tables' }));
  admin.destroy();
  const files = await openS3NamedFiles({
    bucket: 'tables',
    prefix: 'team a/tables',
    region,
    credentials,
    endpoint: url,
  });
  return {
    files,
    async close() {
      await files.close();
      await stop();
    },
  };
}

const traits = { network: true, smallParts: false } as const;

describeObjectStore('S3 (moto)', { ...traits, knowsUploads: false, signing: 'unchecked' }, () =>
  open('moto'),
);

describeNamedFiles('S3 (moto)', () => openNamed('moto'));

if (isInstalled('versitygw')) {
  describeNamedFiles('S3 (versitygw)', () => openNamed('versitygw'));
  const strict = { ...traits, knowsUploads: true, signing: 'checked' } as const;
  describeObjectStore('S3 (versitygw)', strict, () => open('versitygw'));

  describe('openS3Store', () => {
    it('says Unavailable for a bucket that is not there and for credentials that are wrong', async () => {
      const { url, credentials, stop } = await startObjectServer('versitygw');
      const options = { bucket: 'nowhere', region: 'us-east-1', endpoint: url };
      const missing = await openS3Store({ ...options, credentials });
      const stranger = await openS3Store({
        ...options,
        credentials: { accessKeyId: credentials.accessKeyId, secretAccessKey: 'wrong' },
      });
      const key = parseObjectKey('a');
      await expect(missing.get(key)).rejects.toMatchObject({ name: 'AppError', code: 'Unavailable' });
      await expect(stranger.get(key)).rejects.toMatchObject({ name: 'AppError', code: 'Unavailable' });
      await stop();
    });
  });
} else {
  console.warn('S3 on versitygw is NOT tested: run `node tools/object-servers.mjs install versitygw`.');
  describe.skip('S3 (versitygw)', () => it('keeps the promises of the port', () => undefined));
}
