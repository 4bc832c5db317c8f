import type { Access } from '../../governance/access.ts';
import type { RouteAccess } from '../route-access.ts';
import type { Method } from '../routes.ts';
import type { JsonObject } from './json.ts';

/** One call of the MLflow protocol, decoded. */
export interface MlflowCall {
  /** The fields: of the JSON body, or of the query string for GET (of the body when a GET has no query string). */
  readonly message: JsonObject;
  /** Parameters of the path, percent-decoded once. */
  readonly path: Readonly<Record<string, string>>;
  readonly caller: Caller;
  /** Ends when the caller goes away before it has the answer. */
  readonly signal: AbortSignal;
  /** Calls `action` with whether the answer reached the caller's socket whole. */
  onAnswered(action: (delivered: boolean) => void): void;
}

export interface Caller {
  /** Who calls, by name; `anonymous` where the server runs without identities. */
  readonly principal: string;
  readonly access: Access;
  /**
   * Which family of clients calls: `databricks` ones cannot use `mlflow-artifacts:` locations, and are shown `dbfs:`
   * ones (the contract of that client, section 2).
   */
  readonly client: 'mlflow' | 'databricks';
  /** Scheme and host as the caller reached us (`http://host:port`), for links that it must be able to open. */
  readonly origin: string;
  readonly userAgent: string;
}

/** JSON text that is ready to send, for answers whose rendering is worth doing by hand. */
export class JsonText {
  readonly chunks: Iterable<string> | AsyncIterable<string>;
  constructor(chunks: Iterable<string> | AsyncIterable<string>) {
    this.chunks = chunks;
  }
}

/** A field of a request, for the document that describes the protocol. Handlers read and check by themselves. */
export interface RequestField {
  readonly name: string;
  readonly type: 'string' | 'boolean' | 'int32' | 'int64' | 'double' | 'any';
  readonly required?: boolean;
  readonly repeated?: boolean;
}

export interface MlflowRoute {
  readonly method: Method;
  /** Below the prefix, with `:name` for path parameters: `2.0/mlflow/runs/create`. */
  readonly path: string;
  /** `both` = `/api` and `/ajax-api`; some routes exist for the web page alone. */
  readonly prefixes?: 'both' | 'ajax';
  readonly access: RouteAccess<MlflowCall>;
  /** What a request may hold besides the path, where MLflow's own description (`request-fields.json`) does not say it. */
  readonly request?: readonly RequestField[];
  /** Whether large answers are compressed for callers that take it: the web page, that is; Python gains nothing. */
  readonly compressed?: boolean;
  /** Answers an object (rendered as JSON) or text. `{}` where the protocol has an empty message. */
  handle(call: MlflowCall): Promise<object | JsonText>;
}
