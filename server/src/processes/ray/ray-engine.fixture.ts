import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { OpenedEngine } from '../conformance/engine-suite.ts';
import { testedPython } from '../local/local-engine.fixture.ts';
import { processTree } from '../memory-watch.ts';
import { DEFAULT_REPLICA_LIMITS } from '../port.ts';
import { openRayEngine, type RayEngineOptions } from './ray-engine.ts';

const PROGRAMS = fileURLToPath(new URL('../../../../python', import.meta.url));

/** Of `tools/ray-head.mjs`. */
export type TestedHead = Pick<RayEngineOptions, 'address' | 'serveAddress' | 'token'>;

export async function openTestedRay(
  { address, serveAddress, token }: TestedHead,
  models: string,
  change: Partial<RayEngineOptions> = {},
): Promise<OpenedEngine> {
  const environment = await testedPython();
  const engine = await openRayEngine({
    address,
    serveAddress,
    token,
    programs: PROGRAMS,
    installation: `t${randomBytes(4).toString('hex')}`,
    isolation: 'auto',
    resourceClasses: { cpu: { num_cpus: 1 } },
    modelsMaxBytes: 2 ** 30,
    deployMs: 120_000,
    idleMs: 60_000,
    now: () => performance.now(),
    onError: (error) => {
      throw error;
    },
    ...change,
  });
  return {
    engine,
    spec: (model, { load, limits, ...rest } = {}) => ({
      key: `${model}-${randomBytes(4).toString('hex')}`,
      program: 'python',
      environment,
      model: { folder: path.join(models, model), digest: `${model}-${path.basename(models)}` },
      load: { path: 'auto', rowWise: 'prove', modelConfig: undefined, ...load },
      variables: {},
      limits: { ...DEFAULT_REPLICA_LIMITS, temporaryBytes: 64 * 2 ** 20, ...limits },
      network: 'none',
      resourceClass: 'cpu',
      evictable: true,
      ...rest,
    }),
    processes: replicasOfTheNode,
    remove: () => engine.close(),
  };
}

/** What the interpreters of the cluster's slots have forked; the cluster is on this machine. */
async function replicasOfTheNode(): Promise<number[]> {
  const found = new Set<number>();
  for (const name of await readdir('/proc')) {
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (!/working_dir_files.*scoring_worker\/zygote\.py/.test(command)) continue;
    for (const pid of (await processTree(Number(name))).slice(1)) found.add(pid);
  }
  return [...found];
}
