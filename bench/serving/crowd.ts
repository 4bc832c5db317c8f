import { setTimeout as sleep } from 'node:timers/promises';
import type { Finding } from '../scenarios/alone.ts';
import { proportionalBytesOf } from '../targets/server-process.ts';
import { isAtZero } from './lifecycle.ts';
import type { LaneChoice, Slipway } from './slipway.ts';

const BAR_MIB = 1536;
/** What tells the environments apart, beside MLflow and scikit-learn. */
const ENVIRONMENTS = [[], ['tabulate==0.9.0'], ['toolz==1.0.0']];
/** Endpoints that are brought up at once. */
const AT_ONCE = 4;
const SETTLED_MS = 5000;

/** Memory of many endpoints that have all answered once and been scaled to zero, each with a version of its own. */
export async function measureCrowd(
  slipway: Slipway,
  { lane, count }: { readonly lane: LaneChoice; readonly count: number },
): Promise<Finding[]> {
  const models = ENVIRONMENTS.map((requirements, i) => ({
    name: `crowd-${lane.name}-${i}`,
    versions: Math.ceil((count - i) / ENVIRONMENTS.length),
    requirements,
  }));
  await slipway.register(Object.fromEntries(models.map(({ name, ...model }) => [name, model])));
  const wanted = models.flatMap(({ name, versions }) =>
    Array.from({ length: versions }, (_, i) => ({ model: name, version: `${i + 1}` })),
  );
  const names: string[] = [];
  for (let at = 0; at < wanted.length; at += AT_ONCE) {
    const some = wanted
      .slice(at, at + AT_ONCE)
      .map((one) => ({ ...one, name: `${one.model}-${one.version}` }));
    for (const one of some) await slipway.create({ ...one, lane, scaleToZero: true, isLogged: false });
    for (const { name } of some) await slipway.answers(name);
    names.push(...some.map(({ name }) => name));
  }
  for (const name of names) await isAtZero(slipway, name);
  await sleep(SETTLED_MS);
  const { bytes, processes } = proportionalBytesOf(slipway.server.pid);
  const mib = bytes / 2 ** 20;
  return [
    {
      title: `${lane.title}: memory of ${names.length} endpoints scaled to zero over ${ENVIRONMENTS.length} environments`,
      value: `${mib.toFixed(0)} MiB in ${processes} processes`,
      bar: `≤ ${BAR_MIB} MiB`,
      isMet: mib <= BAR_MIB,
    },
  ];
}
