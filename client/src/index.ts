export { ActiveRun, type LoggingOptions, type ParamValue, type RunEnd } from './active-run.ts';
export type { ArtifactRoot } from './artifact-roots.ts';
export type {
  ArtifactBody,
  ArtifactEntry,
  ArtifactListing,
  Artifacts,
  DownloadOptions,
  UploadOptions,
} from './artifacts.ts';
export { type ServerInfo, SlipwayClient, type SlipwayClientOptions } from './client.ts';
export { SlipwayError, type SlipwayErrorCode } from './errors.ts';
export type { ExperimentFolder, FolderDeletion, FolderSearch, ViewType } from './experiment-folders.ts';
export type {
  DatasetSummary,
  Experiment,
  ExperimentSearch,
  Experiments,
  FinishedRunsLock,
  LifecycleStage,
  NewExperiment,
} from './experiments.ts';
export type { Texts } from './fields.ts';
export type { CallOptions, Fetch } from './http.ts';
export type { Int64 } from './json.ts';
export type { LiveEvent, LiveEventKind, LiveEventSubscription, LiveEvents } from './live-events.ts';
export type {
  LoggedModel,
  LoggedModelMetric,
  LoggedModelOrder,
  LoggedModelSearch,
  LoggedModelStatus,
  LoggedModels,
  NewLoggedModel,
} from './logged-models.ts';
export type {
  ChartQuery,
  ChartSeries,
  HistorySearch,
  IntervalQuery,
  MetricOfRun,
  Metrics,
  StepRange,
} from './metrics.ts';
export type {
  ModelStage,
  ModelVersion,
  ModelVersionStatus,
  ModelVersions,
  NewModelVersion,
  RegistrySearch,
} from './model-versions.ts';
export { type Page, Paged } from './paged.ts';
export type { NewRegisteredModel, RegisteredModel, RegisteredModels } from './registered-models.ts';
export type {
  Dataset,
  DatasetInput,
  Metric,
  ModelOutput,
  NewDatasetInput,
  NewMetric,
  Run,
  RunInfo,
  RunStatus,
} from './run-messages.ts';
export type { NewRun, RunBatch, RunInputs, RunSearch, Runs, RunUpdate } from './runs.ts';
export type {
  AutoCapture,
  ConfigUpdate,
  DeploymentState,
  EndpointConfig,
  NewEndpoint,
  NewEndpointConfig,
  NewServedEntity,
  Prediction,
  QueryOptions,
  ServedEntity,
  ServingEndpoint,
  ServingEndpoints,
  TrafficShare,
  WorkloadSize,
} from './serving-endpoints.ts';
export type { Trace, TraceDeletion, TraceSearch, TraceState, Traces } from './traces.ts';
export type {
  NewWebhook,
  Webhook,
  WebhookAttempt,
  WebhookDelivery,
  WebhookEvent,
  WebhookStatus,
  Webhooks,
  WebhookTest,
} from './webhooks.ts';
