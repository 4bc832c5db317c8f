import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify';
import { AppError } from '../kernel/errors.ts';
import type { Authenticate } from './authenticate.ts';
import type { Caller } from './mlflow/routes.ts';
import type { RouteAccess } from './route-access.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls, known before a byte of the body is taken; undefined where no route was found. */
    caller: Caller | undefined;
  }
}

/** A body up to this size is let in and thrown away after a refusal: cheaper for both than another connection. */
const MAX_DISCARDED_BYTES = 1024 * 1024;
/** Of bodies that take longer the credentials are looked at again: they may have ended meanwhile. */
const LONG_BODY_MS = 500;

/** Who calls a route, asked as soon as its headers are there: a stranger's body is not read, of whatever length. */
export interface Admission {
  /** The hook of a route, and of every kind of route the same. */
  readonly onRequest: onRequestHookHandler;
  /** For the handler. @throws AppError Unauthenticated where the credentials ended while the body came. */
  callerOf(request: FastifyRequest, reply: FastifyReply): Caller | Promise<Caller>;
}

export function createAdmission(authenticate: Authenticate, rule: RouteAccess<never>): Admission {
  return {
    onRequest(request, reply, done) {
      const admit = (caller: Caller) => {
        request.caller = caller;
        done();
      };
      const refuse = (error: Error) => {
        if (isLong(request)) reply.header('connection', 'close');
        done(error);
      };
      let caller: Caller | Promise<Caller>;
      try {
        caller = authenticate(request, rule);
      } catch (error) {
        refuse(error as Error);
        return;
      }
      if (caller instanceof Promise) caller.then(admit, refuse);
      else admit(caller);
    },

    callerOf(request, reply) {
      const { caller } = request;
      if (caller === undefined) throw new AppError('Internal', 'The request passed no admission.');
      return reply.elapsedTime < LONG_BODY_MS ? caller : authenticate(request, rule);
    },
  };
}

function isLong({ headers }: FastifyRequest): boolean {
  const length = headers['content-length'];
  return length === undefined ? 'transfer-encoding' in headers : Number(length) > MAX_DISCARDED_BYTES;
}
