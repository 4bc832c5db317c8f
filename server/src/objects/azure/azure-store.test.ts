import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { startObjectServer } from '../../../../tools/object-servers.mjs';
import { systemClock } from '../../kernel/clock.ts';
import { openCuttingProxy } from '../conformance/cutting-proxy.ts';
import { describeNamedFiles } from '../conformance/named-files-suite.ts';
import { describeObjectStore } from '../conformance/object-store-suite.ts';
import { openAzureNamedFiles } from './azure-named-files.ts';
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

describeNamedFiles('Azure Blob Storage (azurite)', async () => {
  const { url, credentials, stop } = await startObjectServer('azurite');
  const account = credentials.accessKeyId;
  const accountKey = credentials.secretAccessKey;
  const endpoint = `${url}/${account}`;
  await new BlobServiceClient(endpoint, new StorageSharedKeyCredential(account, accountKey)).createContainer(
    'tables',
  );
  const files = await openAzureNamedFiles({
    account,
    accountKey,
    container: 'tables',
    prefix: 'team',
    endpoint,
    clock: systemClock,
  });
  return {
    files,
    async close() {
      await files.close();
      await stop();
    },
  };
});
