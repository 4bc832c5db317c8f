import { generateKeyPairSync } from 'node:crypto';
import { Storage } from '@google-cloud/storage';
import { describe, it } from 'vitest';
import { isInstalled, startObjectServer } from '../../../../tools/object-servers.mjs';
import { systemClock } from '../../kernel/clock.ts';
import { openCuttingProxy } from '../conformance/cutting-proxy.ts';
import { describeNamedFiles } from '../conformance/named-files-suite.ts';
import { describeObjectStore, type StoreUnderTest } from '../conformance/object-store-suite.ts';
import { openGcsNamedFiles } from './gcs-named-files.ts';
import { openGcsStore } from './gcs-store.ts';

async function open(): Promise<StoreUnderTest> {
  const { url, stop } = await startObjectServer('fake-gcs-server');
  const admin = new Storage({ apiEndpoint: url, projectId: 'unused', useAuthWithCustomEndpoint: false });
  await admin.createBucket('artifacts');
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const proxy = await openCuttingProxy(url);
  const options = {
    bucket: 'artifacts',
    prefix: 'team-a/slipway',
    credentials: { clientEmail: 'tests@slipway.invalid', privateKey },
    clock: systemClock,
  };
  const store = await openGcsStore({ ...options, endpoint: url });
  const unreliable = { store: await openGcsStore({ ...options, endpoint: proxy.url }), proxy };
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

async function openNamed() {
  const { url, stop } = await startObjectServer('fake-gcs-server');
  const admin = new Storage({ apiEndpoint: url, projectId: 'unused', useAuthWithCustomEndpoint: false });
  await admin.createBucket('tables');
  const files = await openGcsNamedFiles({
    bucket: 'tables',
    prefix: 'team',
    clock: systemClock,
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

if (isInstalled('fake-gcs-server')) {
  describeNamedFiles('Google Cloud Storage (fake-gcs-server)', openNamed);
  const traits = { network: true, smallParts: true, knowsUploads: true, signing: 'unchecked' } as const;
  describeObjectStore('Google Cloud Storage (fake-gcs-server)', traits, open);
} else {
  console.warn('GCS is NOT tested: run `node tools/object-servers.mjs install fake-gcs-server`.');
  describe.skip('Google Cloud Storage (fake-gcs-server)', () =>
    it('keeps the promises of the port', () => undefined));
}
