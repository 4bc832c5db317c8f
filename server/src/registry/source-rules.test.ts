import { describe, expect, it } from 'vitest';
import { parseLocation } from '../objects/location.ts';
import { foreignHostScheme, type HostPolicy } from './source-hosts.ts';
import { checkPromptSource, checkSourceOwner, parseSource, type SourceOwner } from './source-rules.ts';

const RUN = 'a'.repeat(32);
const MODEL = `m-${'b'.repeat(32)}`;
const strict: HostPolicy = { allowedSchemes: [], ownStorage: [] };

const owner = (kind: SourceOwner['kind'], root: string | undefined): SourceOwner => ({
  kind,
  id: kind === 'run' ? RUN : MODEL,
  findLocation: async () => root,
});
const ofRun = owner('run', `mlflow-artifacts:/0/${RUN}/artifacts`);
const ofModel = owner('logged model', `mlflow-artifacts:/0/models/${MODEL}/artifacts`);

/** Whether a source may be registered for its owner. */
async function isAccepted(source: string, by?: SourceOwner): Promise<boolean> {
  try {
    const location = parseSource(source);
    if (foreignHostScheme(location, strict) !== undefined) return false;
    await checkSourceOwner(source, location, by);
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'InvalidArgument', field: 'source' });
    return false;
  }
}

describe('sources that leave the place they name', () => {
  it.each([
    // A local path, absolute, relative and as a URI (CVE-2023-1177, CVE-2023-1176).
    '/etc/passwd',
    'etc/passwd',
    'file:///etc/passwd',
    'file://localhost/etc/passwd',
    'file:/etc/passwd',
    // Relative parts in URIs (CVE-2023-2356), encoded once and more (CVE-2024-1560).
    `mlflow-artifacts:/0/${RUN}/artifacts/../../../etc`,
    `mlflow-artifacts:/0/${RUN}/artifacts/%2e%2e/x`,
    `mlflow-artifacts:/0/${RUN}/artifacts/%252e%252e/x`,
    `mlflow-artifacts:/0/${RUN}/artifacts/..%2f..%2fx`,
    's3://bucket/../x',
    's3://bucket/%2e%2e/x',
    's3://bucket/a/%25252e%25252e/x',
    // Backslashes (CVE-2023-2780, CVE-2023-6909).
    `mlflow-artifacts:/0/${RUN}/artifacts/..\\..\\x`,
    `mlflow-artifacts:/0/${RUN}/artifacts/..%5c..%5cx`,
    '\\..\\etc',
    // A double slash (CVE-2023-6977).
    '//proc/self/root/etc/passwd',
    `mlflow-artifacts://proc/self/root`,
    // Paths in fragments, parameters and queries (CVE-2024-1483, CVE-2024-3848, CVE-2024-1593).
    `mlflow-artifacts:/0/${RUN}/artifacts#/../../../etc`,
    `mlflow-artifacts:/0/${RUN}/artifacts;/../../../etc`,
    `mlflow-artifacts:/0/${RUN}/artifacts?/../../../etc`,
    's3://bucket/a#/../../etc/passwd',
    's3://bucket/a?b=/../../etc',
    // Bytes that end or break texts elsewhere.
    `mlflow-artifacts:/0/${RUN}/artifacts/a%00b`,
    `mlflow-artifacts:/0/${RUN}/artifacts/a\u0000b`,
    's3://bucket/a\nb',
    // Another's artifacts, the root of all, and a neighbour whose name begins alike.
    'mlflow-artifacts:/',
    'mlflow-artifacts:/0',
    `mlflow-artifacts:/0/${'c'.repeat(32)}/artifacts/model`,
    `mlflow-artifacts:/0/${RUN}/artifacts-of-another/model`,
    `mlflow-artifacts://other.host/0/${RUN}/artifacts/model`,
    // Another run's and another logged model's.
    `runs:/${'c'.repeat(32)}/model`,
    `runs://host/${RUN}/model`,
    `models:/m-${'c'.repeat(32)}`,
    `models://host/${MODEL}`,
    'models:/a/b/c',
    'models:/',
    // Hosts of the caller's choosing.
    'http://169.254.169.254/latest',
    'https://host/x',
    `http://127.0.0.1:5000/api/2.0/mlflow-artifacts/artifacts/0/${RUN}/artifacts`,
    'ftp://host/x',
    'ftp:/x',
    'sftp://host/x',
    'hdfs://host/x',
    'viewfs://host/x',
    'r2://bucket@host/x',
    'b2://bucket@host/x',
    'abfss://c@account.dfs.core.windows.net/x',
    's3://',
    '',
  ])('refuses %j, whoever asks', async (source) => {
    expect(await isAccepted(source)).toBe(false);
    expect(await isAccepted(source, ofRun)).toBe(false);
    expect(await isAccepted(source, ofModel)).toBe(false);
  });

  it('refuses the own artifacts of a run or logged model that does not exist', async () => {
    const source = `mlflow-artifacts:/0/${RUN}/artifacts/model`;
    expect(await isAccepted(source, owner('run', undefined))).toBe(false);
  });
});

describe('sources that are the caller’s', () => {
  it.each([
    ['an object of S3', 's3://bucket/a', undefined],
    ['an object of GCS', 'gs://bucket/a', undefined],
    ['a blob of Azure', 'wasbs://c@a.blob.core.windows.net/x', undefined],
    ['a file of DBFS', 'dbfs:/x', undefined],
    ['the artifacts of its run', `mlflow-artifacts:/0/${RUN}/artifacts/model`, ofRun],
    ['a file with a space in its encoded name', `mlflow-artifacts:/0/${RUN}/artifacts/a%20b`, ofRun],
    ['its run by id', `runs:/${RUN}/model`, ofRun],
    ['its logged model by id', `models:/${MODEL}`, ofModel],
    ['the artifacts of its logged model', `mlflow-artifacts:/0/models/${MODEL}/artifacts`, ofModel],
    ['a folder of its run on the disk', '/data/0/run/artifacts/model', owner('run', '/data/0/run/artifacts')],
  ] as const)('accepts %s', async (_, source, by) => {
    expect(await isAccepted(source, by)).toBe(true);
  });

  it('does not take a run for the logged model, nor the model for the run', async () => {
    expect(await isAccepted(`runs:/${RUN}/model`, ofModel)).toBe(false);
    expect(await isAccepted(`models:/${MODEL}`, ofRun)).toBe(false);
  });
});

describe('hosts that the operator trusts', () => {
  const policy = (ownStorage: readonly string[], allowedSchemes: readonly string[] = []): HostPolicy => ({
    allowedSchemes,
    ownStorage: ownStorage.map((text) => parseLocation(text)),
  });

  it.each([
    ['an allowed scheme', 'http://host/x', policy([], ['HTTP']), undefined],
    ['another scheme than the allowed', 'https://host/x', policy([], ['http']), 'https'],
    ['the own store', 'hdfs://name:9000/x', policy(['hdfs://name:9000/root']), undefined],
    ['the own store by its other name', 'viewfs://name:9000/x', policy(['hdfs://name:9000/root']), undefined],
    ['another port of the own host', 'hdfs://name:9001/x', policy(['hdfs://name:9000/root']), 'hdfs'],
    ['the default port written out', 'ftp://h:21/x', policy(['ftp://h/root']), undefined],
    ['a host behind credentials', 'ftp://h@evil/x', policy(['ftp://h/root']), 'ftp'],
    ['a host with a space', 'http://h /x', policy(['http://h/root']), 'http'],
    [
      'Azure where the own store is there',
      'abfss://c@other.dfs.core.windows.net/x',
      policy(['wasbs://c@a.blob.core.windows.net/root']),
      undefined,
    ],
  ] as const)('judges %s', (_, source, hosts, scheme) => {
    expect(foreignHostScheme(parseSource(source), hosts)).toBe(scheme);
  });
});

describe('sources of prompts', () => {
  it('accepts the placeholders and nothing else (CVE-2026-2614)', () => {
    expect(() => checkPromptSource('dummy-source')).not.toThrow();
    expect(() => checkPromptSource('prompt-template')).not.toThrow();
    for (const source of ['/etc/passwd', 's3://bucket/x', 'dummy-source/../x', '']) {
      expect(() => checkPromptSource(source)).toThrow(expect.objectContaining({ code: 'InvalidArgument' }));
    }
  });
});
