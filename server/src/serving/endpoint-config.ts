import type { Size } from './workload-sizes.ts';

/** What an endpoint is to serve, as it is kept: read and judged once (`endpoint-rules.ts`). */
export interface EndpointConfig {
  readonly entities: readonly EntityConfig[];
  /** Each entity once; together 100. */
  readonly routes: readonly TrafficRoute[];
  readonly capture: CaptureConfig | undefined;
}

export interface EntityConfig {
  /** Unique in the configuration; what requests and logs name. */
  readonly name: string;
  /** The stored name of the model. */
  readonly model: string;
  /** All that its owner wrote: `prod.ml.fraud_score`. */
  readonly writtenModel: string;
  readonly target: VersionTarget;
  readonly size: Size;
  readonly workloadType: string;
  readonly scaleToZero: boolean;
  /** Whether a compiled form of the model may answer; `auto` where left out, in what was kept before there were any. */
  readonly compiledLane?: CompiledLaneMode;
  /** Values may hold `{{secrets/scope/key}}`. */
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * `auto`: when it is proven to decide as the model itself. `force`: also where it was seen to differ. `never`: Python alone.
 */
export type CompiledLaneMode = 'auto' | 'force' | 'never';

/** An alias is followed: when it moves, so does the endpoint. */
export type VersionTarget =
  | { readonly by: 'version'; readonly version: number }
  | { readonly by: 'alias'; readonly alias: string };

export interface TrafficRoute {
  readonly entity: string;
  readonly percent: number;
}

/** Where requests and answers are kept as rows: `<catalog>.<schema>.<prefix>_payload`. */
export interface CaptureConfig {
  /** Whose columns: those of auto capture, or those that came with the AI gateway. */
  readonly kind: 'legacy' | 'gateway';
  readonly catalog: string | undefined;
  readonly schema: string | undefined;
  readonly prefix: string | undefined;
  readonly enabled: boolean;
}

/** Per endpoint, changed without a new configuration. */
export interface EndpointSettings {
  readonly rateLimits: readonly RateLimitSetting[];
  /** As it was sent; it comes back so. */
  readonly aiGateway: Readonly<Record<string, unknown>> | undefined;
  readonly notifications: Readonly<Record<string, unknown>> | undefined;
  readonly strict: boolean;
}

export interface RateLimitSetting {
  readonly calls: number;
  readonly key: 'user' | 'endpoint';
  readonly renewalPeriod: 'minute';
}

export const NO_SETTINGS: EndpointSettings = {
  rateLimits: [],
  aiGateway: undefined,
  notifications: undefined,
  strict: false,
};
