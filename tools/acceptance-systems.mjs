// What the acceptance suites run against: our server on each kind of storage that it has.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { startAlternatingProxy } from './alternating-proxy.mjs';
import { isInstalled, startObjectServer } from './object-servers.mjs';
import { ensurePostgres, startPostgres } from './postgres.mjs';
import { modelEnvironments } from './python-env.mjs';
import { startServer } from './server-process.mjs';

/**
 * @typedef {object} SystemOptions
 * @property {'sqlite' | 'postgres'} database
 * @property {'folder' | 's3'} artifacts
 * @property {number} [servers] how many processes serve in turn; one without it
 * @property {readonly string[]} [flags] what they are started with besides
 * @property {NodeJS.ProcessEnv} [env] variables that they are started with besides
 * @property {boolean} [auth] whether they ask who calls; `token` is an administrator's then
 */
/**
 * @typedef {object} System
 * @property {string} url of all its servers, in turn
 * @property {string[]} urls each server's own
 * @property {string} [token]
 * @property {() => Promise<void>} stop
 */

const REGION = 'us-east-1';
const BUCKET = 'artifacts';
// The suite receives webhooks on this machine.
const WEBHOOK_FLAGS = ['--webhooks-allow-http', 'true', '--webhooks-allow-private', 'true'];

/**
 * Starts servers with fresh storage, or answers undefined where this machine cannot have that storage.
 * @param {SystemOptions} options
 * @returns {Promise<System | undefined>}
 */
export async function startSystem({
  database,
  artifacts,
  servers = 1,
  auth = false,
  flags = [],
  env: given = {},
}) {
  if (database === 'postgres' && ensurePostgres() === undefined) return undefined;
  /** @type {Array<() => unknown>} */
  const stops = [];
  const stop = async () => {
    for (const next of stops.splice(0).reverse()) await next();
  };
  try {
    // Processes that serve the same things share the folder with the key of what is sealed.
    const home = mkdtempSync(path.join(tmpdir(), 'slipway-acceptance-'));
    stops.push(() => rmSync(home, { recursive: true, force: true }));
    const args = [...WEBHOOK_FLAGS, '--environments', modelEnvironments, ...flags];
    /** @type {NodeJS.ProcessEnv} */
    let env = given;
    const token = auth ? `slipway-${randomBytes(20).toString('hex')}` : undefined;
    if (token !== undefined) args.push('--auth', 'true');
    if (database === 'postgres') {
      const postgres = await startPostgres();
      stops.push(postgres.stop);
      args.push('--database', postgres.url);
    }
    if (artifacts === 's3') {
      const store = await startBucket();
      stops.push(store.stop);
      args.push('--artifacts', `s3://${BUCKET}/slipway`, '--store-endpoint', store.url);
      env = { ...env, ...store.env };
    }
    if (token !== undefined) env = { ...env, SLIPWAY_ADMIN_TOKEN: token };
    const urls = [];
    for (let number = 0; number < servers; number++) {
      const server = await startServer({ args, env, home });
      stops.push(server.stop);
      urls.push(server.url);
    }
    const [url] = urls;
    if (urls.length === 1 && url !== undefined) return { url, urls, stop, ...(token && { token }) };
    const proxy = await startAlternatingProxy(urls);
    stops.push(proxy.stop);
    return { url: proxy.url, urls, stop, ...(token && { token }) };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * An S3 server with one bucket: versitygw, which is strict, and moto where there is no Go to build it with.
 * @returns {Promise<{url: string, bucket: string, env: NodeJS.ProcessEnv, stop: () => Promise<void>}>}
 */
export async function startBucket() {
  const server = await startObjectServer(isInstalled('versitygw') ? 'versitygw' : 'moto');
  const admin = new S3Client({
    region: REGION,
    endpoint: server.url,
    forcePathStyle: true,
    credentials: server.credentials,
  });
  try {
    await admin.send(new CreateBucketCommand({ Bucket: BUCKET }));
  } catch (error) {
    await server.stop();
    throw error;
  } finally {
    admin.destroy();
  }
  const env = {
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
  };
  return { url: server.url, bucket: BUCKET, env, stop: server.stop };
}
