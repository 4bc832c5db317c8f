import type { JsonObject } from '../mlflow/json.ts';
import type { Caller } from '../mlflow/routes.ts';
import type { RouteAccess } from '../route-access.ts';
import type { Method } from '../routes.ts';

/** One call of Databricks' JSON protocol, decoded. */
export interface DatabricksCall {
  /** Parameters of the address, each name once; of repeated ones all are in `queryLists`. */
  readonly query: Readonly<Record<string, string>>;
  readonly queryLists: Readonly<Record<string, readonly string[]>>;
  /** The fields of the JSON body, whatever the method and the content type; `{}` for none. */
  readonly body: JsonObject;
  /** Parameters of the path, percent-decoded once: `%2F` within one is a slash. */
  readonly path: Readonly<Record<string, string>>;
  readonly caller: Caller;
  /** Ends when the caller goes away before it has the answer. */
  readonly signal: AbortSignal;
}

/** An answer other than 200 with a JSON object. */
export class Answer {
  readonly status: number;
  readonly body: object | undefined;
  readonly headers: Readonly<Record<string, string>>;
  constructor(status: number, body?: object, headers: Readonly<Record<string, string>> = {}) {
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

export interface DatabricksRoute {
  readonly method: Method;
  /** From the root, with `:name` for parameters and `*` for an open end (in `path['*']`): `/api/2.0/token/create`. */
  readonly path: string;
  /** Shown in the list of routes and in the program's own description. */
  readonly summary: string;
  readonly access: RouteAccess<DatabricksCall>;
  handle(call: DatabricksCall): Promise<object | Answer>;
}
