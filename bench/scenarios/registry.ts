import { prepareRequest } from '../load/connection.ts';
import type { Scenario } from './scenario.ts';

const API = '/api/2.0/mlflow';
const CONNECTIONS = 16;
const ALIAS = 'champion';

interface WireVersion {
  readonly name: string;
  readonly version: string;
  readonly source: string;
  readonly run_id: string;
  readonly current_stage: string;
  readonly status: string;
}

/** The source of a version must lie in its run's artifacts; all servers name those alike. */
export function versionRequest(name: string, experimentId: string, runId: string): Buffer {
  return prepareRequest(
    'POST',
    `${API}/model-versions/create`,
    JSON.stringify({
      name,
      source: `mlflow-artifacts:/${experimentId}/${runId}/artifacts/model`,
      run_id: runId,
      tags: [{ key: 'framework', value: 'sklearn' }],
    }),
  );
}

export const aliasRequest = (name: string, version: string): Buffer =>
  prepareRequest('POST', `${API}/registered-models/alias`, JSON.stringify({ name, alias: ALIAS, version }));

const aliasQuery = (name: string): Buffer =>
  prepareRequest('GET', `${API}/registered-models/alias?name=${name}&alias=${ALIAS}`);

export const registry: readonly Scenario[] = [
  {
    name: 'alias-get',
    title: 'version behind an alias',
    unit: 'requests/s',
    bar: { peer: 40, bare: 0.5 },
    plan({ modelNames }) {
      let count = 0;
      return {
        kind: 'requests',
        connections: CONNECTIONS,
        unitsPerAnswer: 1,
        next: () => ({ bytes: aliasQuery(modelNames[count++ % modelNames.length]!), minBytes: 150 }),
      };
    },
    probe: {
      request: ({ modelNames }) => aliasQuery(modelNames[3]!),
      summarise: (answer) => {
        const { name, version, current_stage, status } = (answer as { model_version: WireVersion })
          .model_version;
        return `${name} ${version} ${current_stage} ${status}`;
      },
    },
  },
  {
    name: 'alias-set',
    title: 'set an alias',
    unit: 'requests/s',
    bar: { peer: 40, bare: 0.5 },
    plan({ modelNames }) {
      let count = 0;
      return {
        kind: 'requests',
        connections: CONNECTIONS,
        unitsPerAnswer: 1,
        next: () => {
          const i = count++;
          // To and fro between two versions, so that every request changes something.
          const version = String((Math.floor(i / modelNames.length) % 2) + 1);
          return { bytes: aliasRequest(modelNames[i % modelNames.length]!, version), minBytes: 2 };
        },
      };
    },
  },
  {
    name: 'new-version',
    title: 'new model version',
    unit: 'requests/s',
    bar: { peer: 40, bare: 0.5 },
    plan({ modelNames, experimentId, runIds }) {
      let count = 0;
      return {
        kind: 'requests',
        connections: CONNECTIONS,
        unitsPerAnswer: 1,
        next: () => {
          const i = count++;
          const name = modelNames[i % modelNames.length]!;
          return { bytes: versionRequest(name, experimentId, runIds[i % runIds.length]!), minBytes: 150 };
        },
      };
    },
  },
];
