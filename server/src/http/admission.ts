import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify';
import { AppError } from '../kernel/errors.ts';
import type { Authenticate } from './authenticate.ts';
import type { Caller } from './mlflow/routes.ts';
import type { RouteAccess } from './route-access.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls, known before a byte of the body is taken; undefined where no route was found. */
    caller: Caller | undefined;
    /** Of a raw route: asks anew who calls and what they may, where the call has taken long. @throws AppError */
    judgeAgain: (() => Promise<void>) | undefined;
  }
}

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
        if (awaitsLeave(request)) reply.raw.writeContinue();
        done();
      };
      let caller: Caller | Promise<Caller>;
      try {
        caller = authenticate(request, rule);
      } catch (error) {
        done(error as Error);
        return;
      }
      if (caller instanceof Promise) caller.then(admit, done);
      else admit(caller);
    },

    callerOf(request, reply) {
      const { caller } = request;
      if (caller === undefined) throw new AppError('Internal', 'The request passed no admission.');
      return reply.elapsedTime < LONG_BODY_MS ? caller : authenticate(request, rule);
    },
  };
}

/** Who sends `Expect: 100-continue` waits with the body. To the first version of HTTP the header means nothing. */
const awaitsLeave = ({ headers, raw }: FastifyRequest): boolean =>
  headers.expect !== undefined && raw.httpVersion === '1.1';
