import { invalidArgument } from '../kernel/errors.ts';
import type { TrackingServer } from './model-sources.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The server that a command asks, from its flags and the variables that clients of MLflow and Databricks know. Without
 * any there is none: a folder can be served all the same.
 * @throws AppError InvalidArgument
 */
export function readTrackingServer(
  flags: { readonly url?: string | undefined; readonly token?: string | undefined },
  environment: Variables,
): TrackingServer {
  const tracking = environment.MLFLOW_TRACKING_URI;
  const isDatabricks = /^databricks(-uc)?(:\/\/|$)/.test(tracking ?? '');
  const written = flags.url ?? (isDatabricks ? environment.DATABRICKS_HOST : tracking);
  if (written === undefined || written === '') return { url: undefined, authorization: undefined };
  if (!/^https?:\/\//i.test(written) || !URL.canParse(written)) {
    if (flags.url === undefined) return { url: undefined, authorization: undefined };
    throw invalidArgument(
      `--url is the address of a server, such as http://127.0.0.1:5000; got '${written}'.`,
      {
        field: 'url',
      },
    );
  }
  const url = new URL(written);
  const user = decodeURIComponent(url.username) || environment.MLFLOW_TRACKING_USERNAME;
  const password = decodeURIComponent(url.password) || environment.MLFLOW_TRACKING_PASSWORD;
  const token =
    flags.token ??
    environment.SLIPWAY_TOKEN ??
    environment.MLFLOW_TRACKING_TOKEN ??
    environment.DATABRICKS_TOKEN;
  // Credentials are sent as a header and never stand in messages.
  url.username = '';
  url.password = '';
  return { url: url.href.replace(/\/+$/, ''), authorization: authorizationOf({ user, password, token }) };
}

function authorizationOf(credentials: {
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly token: string | undefined;
}): string | undefined {
  const { user, password, token } = credentials;
  if (user !== undefined && user !== '')
    return `Basic ${Buffer.from(`${user}:${password ?? ''}`).toString('base64')}`;
  return token === undefined || token === '' ? undefined : `Bearer ${token}`;
}
