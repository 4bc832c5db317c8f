import type { TransferredModel } from '../registry/transfer-entities.ts';
import type {
  HistoryStretch,
  TransferredExperiment,
  TransferredLoggedModel,
  TransferredRun,
} from '../tracking/transfer-entities.ts';

/**
 * Another tracker, read whole. What every reader promises:
 * - Everything is there, the trash included, where the other side shows it.
 * - The order is the same each time while the source does not change, and no id comes twice.
 * - Memory is bounded by one page, whatever the size of the whole.
 * - Errors are AppErrors: InvalidArgument where the place is no such tracker or holds what cannot be read, Unavailable
 *   where it does not answer.
 */
export interface TrackerSource {
  /** Names the place, the same each time, without secrets. */
  readonly identity: string;
  experiments(): AsyncIterable<readonly TransferredExperiment[]>;
  runs(): AsyncIterable<RunPage>;
  loggedModels(): AsyncIterable<readonly TransferredLoggedModel[]>;
  registeredModels(): AsyncIterable<readonly TransferredModel[]>;
  close(): Promise<void>;
}

export interface RunPage {
  readonly runIds: readonly string[];
  /** The runs among `runIds`, all of this page, with everything but their histories. */
  load(runIds: readonly string[]): Promise<readonly TransferredRun[]>;
  /** The histories of runs of this page. */
  histories(runIds: readonly string[]): AsyncIterable<HistoryStretch>;
}

/** Runs of one page. */
export const PAGE_RUNS = 200;
/** Points of one stretch. */
export const STRETCH_POINTS = 20_000;
