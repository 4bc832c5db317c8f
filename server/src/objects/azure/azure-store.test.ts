import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { startObjectServer } from '../../../../tools/object-servers.mjs';
import { systemClock } from '../../kernel/clock.ts';
import { openCuttingProxy } from '../conformance/cutting-proxy.ts';
import { describeObjectStore } from '../conformance/object-store-suite.ts';
import { openAzureStore } from './azure-store.ts';

const traits = { network: true, smallParts: true, knowsUploads: true, signing: 'checked' } as const;

describeObjectStore('Azure Blob Storage (azurite)', traits, async () => {
  const { url, credentials, stop } = await startObjectServer('azurite');
  const account = credentials.accessKeyId;
  const accountKey = credentials.secretAccessKey;
  const admin = new BlobServiceClient(
    `${url}/${account}`,
    new StorageSharedKeyCredential(account, accountKey),
  );
  await admin.createContainer('artifacts');
  const proxy = await openCuttingProxy(url);
  const options = {
    account,
    accountKey,
    container: 'artifacts',
    prefix: 'team a/slipway',
    clock: systemClock,
  };
  const store = await openAzureStore({ ...options, endpoint: `${url}/${account}` });
  const unreliable = {
    store: await openAzureStore({ ...options, endpoint: `${proxy.url}/${account}` }),
    proxy,
  };
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
});
