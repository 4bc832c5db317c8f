import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type RayHead, startRayHead } from '../../../../tools/ray-head.mjs';
import { packBatch, unpackAnswer } from '../conformance/batches.fixture.ts';
import type { OpenedEngine, SpecChange } from '../conformance/engine-suite.ts';
import { removeModels, saveModels, testedPython } from '../local/local-engine.fixture.ts';
import type { Channel, ReplicaSet, SetChange } from '../port.ts';
import { documentOf } from './applications.ts';
import { type Cluster, createCluster } from './cluster.ts';
import { createExchange } from './exchange.ts';
import { packPrograms } from './package.ts';
import { openTestedRay } from './ray-engine.fixture.ts';
import type { RayEngineOptions } from './ray-engine.ts';

const WAIT = { timeout: 180_000, interval: 200 };
const exchange = createExchange();
let head: RayHead;
let models: string;
let cluster: Cluster;
let opened: OpenedEngine | undefined;

beforeAll(async () => {
  head = await startRayHead();
  models = await saveModels((await testedPython()).python);
  cluster = createCluster({ address: head.address, token: head.token, exchange });
});
afterEach(async () => {
  await opened?.remove();
  opened = undefined;
});
afterAll(async () => {
  await head?.stop();
  await removeModels(models);
  exchange.close();
});

async function openSet(
  change: SpecChange = {},
  options: Partial<RayEngineOptions> = {},
): Promise<{ readonly set: ReplicaSet; readonly changes: SetChange[] }> {
  opened ??= await openTestedRay(head, models, options);
  const set = opened.engine.ensure(opened.spec('faults', change));
  const changes: SetChange[] = [];
  set.onChange((told) => changes.push(told));
  set.scale(1);
  return { set, changes };
}

async function ready(set: ReplicaSet): Promise<Channel> {
  await expect.poll(() => set.channels.length, WAIT).toBe(1);
  return set.channels[0]!;
}

async function tell(channel: Channel, text: string): Promise<string> {
  const options = { deadlineMs: 60_000, signal: undefined };
  const { payload } = await channel.send(packBatch([{ texts: [text] }], [1]), options);
  return (JSON.parse(unpackAnswer(payload, 1).texts[0]!) as string[])[0]!;
}

/** Another one comes by itself, and answers. */
async function recovers(set: ReplicaSet, lost: Channel): Promise<void> {
  await expect.poll(() => set.channels.some(({ id }) => id !== lost.id), WAIT).toBe(true);
  expect(await tell(set.channels[0]!, 'hello')).toBe('hello');
}

/** Puts the application of another team beside ours, and answers how to ask it which process it is. */
async function deployOther(): Promise<() => Promise<string>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'slipway-other-'));
  await mkdir(path.join(folder, 'other_team'));
  const program = [
    'import uuid',
    'from ray import serve',
    '@serve.deployment',
    'class Other:',
    '    def __init__(self, text): self.text = text + uuid.uuid4().hex',
    '    async def __call__(self, request): return self.text',
    'def build(args): return Other.bind(args["text"])',
  ].join('\n');
  await writeFile(path.join(folder, 'other_team', 'app.py'), program);
  const programs = await packPrograms(folder, ['other_team']);
  await rm(folder, { recursive: true });
  await cluster.upload(programs);
  const other = {
    name: 'other-team',
    route_prefix: '/other',
    import_path: 'other_team.app:build',
    args: { text: 'other ' },
    runtime_env: { working_dir: `gcs://${programs.name}`, env_vars: { THEIR_TOKEN: 'their-secret' } },
    deployments: [{ name: 'Other', ray_actor_options: { num_cpus: 0.1 } }],
  };
  const port = Number(new URL(head.serveAddress).port);
  const wish = { prefix: 'other-team', applications: [other], orphans: new Set<string>(), port };
  await cluster.put(documentOf(await cluster.details(), wish));
  const ask = async () => (await fetch(`${head.serveAddress}/other`)).text();
  await expect.poll(() => ask().catch(() => ''), WAIT).toMatch(/^other [0-9a-f]{32}$/);
  return ask;
}

it('leaves the applications of others as they are, while its own come and go', async () => {
  const ask = await deployOther();
  const before = await ask();
  const configured = (await cluster.details()).applications['other-team']!.config;
  const { set } = await openSet();
  expect(await tell(await ready(set), 'hello')).toBe('hello');
  set.scale(2);
  await expect.poll(() => set.channels.length, WAIT).toBe(2);
  expect(await ask()).toBe(before);
  await opened!.remove();
  opened = undefined;
  await expect
    .poll(async () => Object.keys((await cluster.details()).applications), WAIT)
    .toEqual(['other-team']);
  expect(await ask()).toBe(before);
  expect((await cluster.details()).applications['other-team']!.config).toEqual(configured);
});

it('comes back when somebody deletes its applications', async () => {
  const { set, changes } = await openSet();
  const channel = await ready(set);
  const details = await cluster.details();
  const port = Number(new URL(head.serveAddress).port);
  await cluster.put(documentOf(details, { prefix: 'slipway-', applications: [], orphans: new Set(), port }));
  await expect.poll(() => changes.some(({ kind }) => kind === 'gone'), WAIT).toBe(true);
  await recovers(set, channel);
});

it('comes back when the process of its place is killed, and refuses what ran in it', async () => {
  const { set } = await openSet();
  const channel = await ready(set);
  const running = expect(tell(channel, 'sleep 600')).rejects.toMatchObject({ reason: 'replica-gone' });
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid,ppid,args']);
  const interpreters = stdout.split('\n').filter((line) => line.includes('scoring_worker/zygote.py'));
  const pids = new Set(interpreters.map((line) => line.trim().split(/\s+/)[0]!));
  const places = interpreters
    .map((line) => line.trim().split(/\s+/)[1]!)
    .filter((parent) => !pids.has(parent));
  const commands = await Promise.all(
    places.map(async (pid) => [pid, await readFile(`/proc/${pid}/cmdline`, 'utf8')] as const),
  );
  for (const [pid, command] of commands) if (command.includes('ray::')) process.kill(Number(pid), 'SIGKILL');
  await running;
  await recovers(set, channel);
});

it('says that its token is refused, and nothing of the token', async () => {
  const token = 'planted-wrong-token';
  const { set } = await openSet({}, { token });
  await expect.poll(() => set.status.failure, WAIT).toBeDefined();
  expect(set.status.failure!.message).toContain('refuses the token');
  expect(set.status.failure!.message).not.toContain(token);
});

it('waits for a place while the cluster has none, and says for what when it gives up', async () => {
  const { set, changes } = await openSet(
    { resourceClass: 'huge' },
    // Ray says what it waits for after half a minute.
    { resourceClasses: { cpu: { num_cpus: 1 }, huge: { num_cpus: 1000 } }, deployMs: 50_000 },
  );
  const small = opened!.engine.ensure(opened!.spec('faults'));
  small.scale(1);
  expect(await tell(await ready(small), 'hello')).toBe('hello');
  await expect.poll(() => changes.some(({ kind }) => kind === 'gone'), WAIT).toBe(true);
  expect(changes.find(({ kind }) => kind === 'gone')).toMatchObject({
    reason: 'start-timeout',
    message: expect.stringMatching(/no place for the model within 50 s[\s\S]*"CPU": 1000/),
  });
  expect(set.channels).toEqual([]);
});

it('shows neither its token nor the variables of a model in what the cluster tells and logs', async () => {
  const { set } = await openSet({ variables: { PASSWORD: 'planted-password' } });
  const channel = await ready(set);
  expect(await tell(channel, 'environment PASSWORD')).toBe('planted-password');
  await tell(channel, 'say it is planted-password');
  expect(JSON.stringify(await cluster.details())).not.toContain('planted-password');
  const search = [
    '-rlE',
    `planted-password|${head.token}`,
    path.join(head.folder, 'ray', 'session_latest', 'logs'),
  ];
  // grep ends with 1 where it finds nothing.
  await expect(promisify(execFile)('grep', search)).rejects.toMatchObject({ code: 1 });
});

it('gives a model neither the token of the cluster nor what its place has in its environment', async () => {
  const { set } = await openSet();
  const everything = await tell(await ready(set), 'all-environment');
  expect(everything).not.toContain(head.token);
  expect(everything).not.toContain('RAY_');
});

const VERSIONS = `
import importlib.metadata as metadata, json, sys
found = {one.metadata["Name"]: one.version for one in metadata.distributions()}
for tool in ("pip", "setuptools", "wheel", "uv"): found.pop(tool, None)
json.dump({"versions": found, "python": "%d.%d.%d" % sys.version_info[:3]}, sys.stdout)
`;

it('makes the environment of a model on a node that does not have it', async () => {
  opened = await openTestedRay(head, models);
  const spec = opened.spec('iris', { limits: { startMs: 600_000 } });
  const { stdout } = await promisify(execFile)(spec.environment!.python, ['-c', VERSIONS]);
  const { versions, python: pythonVersion } = JSON.parse(stdout) as {
    readonly versions: Record<string, string>;
    readonly python: string;
  };
  const own = { key: `own-${Date.now()}`, python: '/nowhere/bin/python', preload: ['mlflow.pyfunc'] };
  const set = opened.engine.ensure({ ...spec, environment: { ...own, versions, pythonVersion } });
  set.scale(1);
  await expect.poll(() => set.channels.length, { ...WAIT, timeout: 600_000 }).toBe(1);
  expect(set.channels[0]!.loaded.versions).toMatchObject({ mlflow: versions.mlflow });
}, 700_000);

it('names what cannot be installed on a node, and the Python that a node does not have', async () => {
  opened = await openTestedRay(head, models);
  const attempts = [
    [{ 'no-package-of-that-name': '1.2.3' }, '3.11.7', 'no-package-of-that-name'],
    [{ mlflow: '3.17.2' }, '3.2.1', 'The model needs Python 3.2'],
  ] as const;
  for (const [versions, pythonVersion, said] of attempts) {
    const own = { key: `own-${Date.now()}`, python: '/nowhere/bin/python', preload: [] };
    const environment = { ...own, versions, pythonVersion };
    const set = opened.engine.ensure({ ...opened.spec('iris'), environment });
    set.scale(1);
    await expect.poll(() => set.status.failure?.message, WAIT).toContain(said);
    await set.close({ drainMs: 0 });
  }
});

it('comes back when the head was gone and is there again, knowing nothing', async () => {
  const { set } = await openSet();
  const channel = await ready(set);
  const running = expect(tell(channel, 'sleep 600')).rejects.toMatchObject({ reason: 'replica-gone' });
  await head.kill();
  await running;
  await expect.poll(() => set.channels.length, WAIT).toBe(0);
  await head.restart();
  await recovers(set, channel);
});
