import { SlipwayClient } from '@slipway/client';
import { fetchSignedIn } from './session.ts';

/** The server that these pages came from. */
export const client = new SlipwayClient({ baseUrl: '/', retries: 2, fetch: fetchSignedIn });

/** The address of the server as Python's `mlflow.set_tracking_uri` and a shell need it. */
export const serverUrl = window.location.origin;
