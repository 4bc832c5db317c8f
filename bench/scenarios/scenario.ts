import type { Request } from '../load/closed-loop.ts';
import type { Connection } from '../load/connection.ts';

/** A server under measurement, filled with the fixed data: what a scenario must know to speak to it. */
export interface Subject {
  readonly port: number;
  /** The experiment with the fixed runs; nothing writes to it while others measure reads. */
  readonly experimentId: string;
  /** The ids of the fixed runs, by their index. */
  readonly runIds: readonly string[];
  /** The experiment that scenarios write to. */
  readonly writeExperimentId: string;
  readonly writeRunIds: readonly string[];
  /** A run whose metric `loss` has `historyPoints` points. */
  readonly historyRunId: string;
  readonly historyPoints: number;
  /** Registered models with one version each, which bears the alias `champion`. */
  readonly modelNames: readonly string[];
  readonly artifactBytes: number;
}

/** Independent requests, sent by every connection as soon as its last one was answered. */
export interface Requests {
  readonly kind: 'requests';
  readonly connections: number;
  /** What one answer is worth in the scenario's unit. */
  readonly unitsPerAnswer: number;
  next(): Request;
}

/** A sequence on one connection where a request depends on the answer before it. */
export interface Sequence {
  readonly kind: 'sequence';
  /** Runs it once from its beginning; returns how many units it moved. Throws when an answer is wrong. */
  run(connection: Connection): Promise<number>;
}

export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  /** The least acceptable ratio to `mlflow server` (undefined: reported only) and to the bare program. */
  readonly bar: { readonly peer: number | undefined; readonly bare: number };
  plan(subject: Subject): Requests | Sequence;
  /**
   * One request and what its answer says, without the ids that a server chooses: the answers of all servers must
   * say the same before their speed is compared. Absent where the answer says nothing.
   */
  readonly probe?: {
    request(subject: Subject): Buffer;
    summarise(answer: unknown): string;
  };
}
