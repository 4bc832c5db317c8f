import type { TransferredModel } from '../registry/transfer-entities.ts';
import { modelArtifactLocation } from '../tracking/logged-models.ts';
import { runArtifactLocation } from '../tracking/run-details.ts';
import type {
  TransferredExperiment,
  TransferredLoggedModel,
  TransferredRun,
} from '../tracking/transfer-entities.ts';
import { type ArtifactMode, createLocationMap } from './location-map.ts';

/** An experiment of the source and its place here. */
export interface PlacedExperiment {
  readonly experiment: TransferredExperiment;
  readonly experimentNo: number;
  readonly artifactLocation: string;
}

/**
 * How entities of the source are to be here: with our numbers of experiments, and with our locations where artifacts
 * do not stay where they are. The writer writes these and the verification compares with these.
 */
export function createExpectations(placed: readonly PlacedExperiment[], artifacts: ArtifactMode) {
  const places = new Map(placed.map((place) => [place.experiment.experimentId, place]));
  const locations = createLocationMap(
    artifacts === 'reference'
      ? []
      : placed.map(
          ({ experiment, artifactLocation }) => [experiment.artifactLocation, artifactLocation] as const,
        ),
  );
  const move = (uri: string | null) => (uri === null ? null : locations.place(uri));

  return {
    /** The number here; undefined for experiments that the source does not have. */
    experimentNoOf: (experimentId: string): number | undefined => places.get(experimentId)?.experimentNo,

    experiment(experiment: TransferredExperiment): TransferredExperiment {
      const place = places.get(experiment.experimentId);
      if (place === undefined) return experiment;
      return {
        ...experiment,
        experimentId: String(place.experimentNo),
        artifactLocation: place.artifactLocation,
      };
    },

    run(run: TransferredRun): TransferredRun {
      const place = places.get(run.experimentId);
      if (place === undefined) return run;
      const { artifactLocation } = place;
      return {
        ...run,
        experimentId: String(place.experimentNo),
        // A run's location follows from its experiment's here; a referred one must be there already.
        artifactLocation:
          artifacts === 'reference'
            ? run.artifactLocation
            : runArtifactLocation({ artifactLocation, runId: run.runId }),
      };
    },

    loggedModel(model: TransferredLoggedModel): TransferredLoggedModel {
      const place = places.get(model.experimentId);
      if (place === undefined) return model;
      return {
        ...model,
        experimentId: String(place.experimentNo),
        artifactLocation:
          artifacts === 'reference'
            ? model.artifactLocation
            : modelArtifactLocation({ artifact_location: place.artifactLocation, model_id: model.modelId }),
      };
    },

    model(model: TransferredModel): TransferredModel {
      return {
        ...model,
        versions: model.versions.map((version) => ({
          ...version,
          source: move(version.source),
          storageLocation: move(version.storageLocation),
        })),
      };
    },
  };
}

export type Expectations = ReturnType<typeof createExpectations>;
