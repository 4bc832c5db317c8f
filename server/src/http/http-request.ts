import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { RequestTrail } from './audit-trail.ts';

/** What guards, identities and the audit log look at of a request: those of the router have it, and those that go around it. */
export interface HttpRequest {
  readonly id: string;
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly raw: IncomingMessage;
  readonly socket: Socket;
  /** Of the peer, or of whom a trusted proxy names. */
  readonly ip: string;
  /** With the pattern of the route, where one was found. */
  readonly routeOptions: { readonly url?: string | undefined };
  trail: RequestTrail | undefined;
}
