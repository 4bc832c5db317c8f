import type { Int64 } from '../kernel/int64.ts';
import type { LifecycleStage } from './experiments-repository.ts';
import type { LoggedModelStatus } from './logged-models-repository.ts';
import type { MetricPoint } from './metric-rules.ts';
import type { DatasetInput } from './run-inputs-repository.ts';
import type { Param, Tag } from './run-rules.ts';
import type { RunStatus } from './runs-repository.ts';

/** Whole entities as they move between trackers: nothing is derived, and nothing is looked up elsewhere. */
export interface TransferredExperiment {
  /** As its tracker numbers it, in decimal. */
  readonly experimentId: string;
  readonly name: string;
  readonly artifactLocation: string;
  readonly stage: LifecycleStage;
  readonly creationTimeMs: number;
  readonly lastUpdateTimeMs: number;
  readonly tags: readonly Tag[];
}

export interface TransferredRun {
  readonly runId: string;
  readonly experimentId: string;
  readonly name: string;
  readonly userId: string | null;
  readonly status: RunStatus;
  readonly startTimeMs: Int64;
  readonly endTimeMs: Int64 | null;
  readonly stage: LifecycleStage;
  readonly artifactLocation: string;
  readonly params: readonly Param[];
  readonly tags: readonly Tag[];
  readonly datasets: readonly DatasetInput[];
  readonly models: readonly TransferredModelLink[];
}

export interface TransferredModelLink {
  readonly direction: 'input' | 'output';
  readonly modelId: string;
  readonly step: Int64;
}

/**
 * A stretch of one metric's history, by (step, timestamp, value). The stretches of one history come one after another
 * and repeat no point.
 */
export interface HistoryStretch {
  readonly runId: string;
  readonly key: string;
  readonly points: readonly MetricPoint[];
}

export interface TransferredLoggedModel {
  readonly modelId: string;
  readonly experimentId: string;
  readonly name: string;
  readonly modelType: string | null;
  readonly sourceRunId: string | null;
  readonly status: LoggedModelStatus;
  readonly statusMessage: string | null;
  readonly creationTimeMs: number;
  readonly lastUpdateTimeMs: number;
  readonly stage: LifecycleStage;
  readonly artifactLocation: string;
  readonly params: readonly Param[];
  readonly tags: readonly Tag[];
  readonly metrics: readonly TransferredModelMetric[];
}

export interface TransferredModelMetric extends MetricPoint {
  readonly key: string;
  readonly runId: string;
  readonly datasetName: string | null;
  readonly datasetDigest: string | null;
}
