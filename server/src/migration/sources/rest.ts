import type { TransferredExperiment } from '../../tracking/transfer-entities.ts';
import type { TrackerSource } from '../source.ts';
import type { RestClient } from './rest-client.ts';
import { keyed, objects, text, time, type WireObject } from './rest-json.ts';
import { readLoggedModels, readRegisteredModels } from './rest-models.ts';
import { readRunPages } from './rest-runs.ts';

const API = '/api/2.0/mlflow';

/**
 * A running MLflow server, by the protocol of its clients. Slower than its database by far: every history is a request.
 * What the protocol does not show is not there: deleted versions, and logged models in the trash.
 */
export function openRestSource(client: RestClient): TrackerSource {
  async function* experiments(): AsyncGenerator<TransferredExperiment[]> {
    let token: string | undefined;
    do {
      const answer = await client.post(`${API}/experiments/search`, {
        max_results: 1000,
        view_type: 'ALL',
        order_by: ['experiment_id ASC'],
        page_token: token,
      });
      const page = objects(answer.experiments).map(readExperiment);
      if (page.length > 0) yield page;
      token = text(answer.next_page_token);
    } while (token !== undefined);
  }

  async function* eachExperiment(): AsyncGenerator<string> {
    for await (const page of experiments()) for (const { experimentId } of page) yield experimentId;
  }

  async function hasLoggedModels(): Promise<boolean> {
    for await (const experimentId of eachExperiment()) {
      for await (const page of readLoggedModels(client, experimentId)) if (page.length > 0) return true;
    }
    return false;
  }

  return {
    identity: `server:${client.url}`,
    experiments,
    async *runs() {
      const withModelInputs = await hasLoggedModels();
      for await (const experimentId of eachExperiment()) {
        yield* readRunPages(client, { experimentId, withModelInputs });
      }
    },
    async *loggedModels() {
      for await (const experimentId of eachExperiment()) yield* readLoggedModels(client, experimentId);
    },
    registeredModels: () => readRegisteredModels(client),
    close: async () => {},
  };
}

function readExperiment(experiment: WireObject): TransferredExperiment {
  const creationTimeMs = time(experiment.creation_time);
  return {
    experimentId: text(experiment.experiment_id) ?? '',
    name: text(experiment.name) ?? '',
    artifactLocation: text(experiment.artifact_location) ?? '',
    stage: text(experiment.lifecycle_stage) === 'deleted' ? 'deleted' : 'active',
    creationTimeMs,
    lastUpdateTimeMs: time(experiment.last_update_time) || creationTimeMs,
    tags: keyed(experiment.tags),
  };
}
