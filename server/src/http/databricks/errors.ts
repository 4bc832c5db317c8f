import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AppError, ErrorCode } from '../../kernel/errors.ts';
import type { RenderedError } from '../mlflow/errors.ts';

interface Rendering {
  readonly status: number;
  readonly code: string;
}

/**
 * The one table of the Databricks surface from the program's error codes to its codes and statuses. The SDKs look at
 * the code first; an error's own `reason` (`CATALOG_DOES_NOT_EXIST`) stands in its place.
 */
const table: Readonly<Record<ErrorCode, Rendering>> = {
  NotFound: { status: 404, code: 'RESOURCE_DOES_NOT_EXIST' },
  EndpointNotFound: { status: 404, code: 'ENDPOINT_NOT_FOUND' },
  AlreadyExists: { status: 409, code: 'RESOURCE_ALREADY_EXISTS' },
  InvalidArgument: { status: 400, code: 'INVALID_PARAMETER_VALUE' },
  InvalidState: { status: 400, code: 'INVALID_STATE' },
  Contradictory: { status: 400, code: 'INVALID_PARAMETER_VALUE' },
  MethodNotAllowed: { status: 405, code: 'ENDPOINT_NOT_FOUND' },
  PermissionDenied: { status: 403, code: 'PERMISSION_DENIED' },
  Unauthenticated: { status: 401, code: 'UNAUTHENTICATED' },
  Conflict: { status: 409, code: 'RESOURCE_CONFLICT' },
  LimitExceeded: { status: 429, code: 'REQUEST_LIMIT_EXCEEDED' },
  PayloadTooLarge: { status: 413, code: 'INVALID_PARAMETER_VALUE' },
  RangeNotSatisfiable: { status: 416, code: 'INVALID_PARAMETER_VALUE' },
  PreconditionFailed: { status: 412, code: 'RESOURCE_CONFLICT' },
  NotSupported: { status: 501, code: 'NOT_IMPLEMENTED' },
  Unavailable: { status: 503, code: 'TEMPORARILY_UNAVAILABLE' },
  DeadlineExceeded: { status: 504, code: 'DEADLINE_EXCEEDED' },
  Internal: { status: 500, code: 'INTERNAL_ERROR' },
};

function renderDatabricksError(error: AppError): RenderedError {
  const { status, code } = table[error.code];
  return { status, body: { error_code: error.reason ?? code, message: error.message } };
}

/** As RFC 7644, section 3.12, has it. */
function renderScimError(error: AppError): object {
  const type = scimTypeOf(error);
  return {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
    detail: error.message,
    status: String(table[error.code].status),
    ...(type !== undefined && { scimType: type }),
  };
}

function scimTypeOf({ code, field }: AppError): string | undefined {
  if (code === 'AlreadyExists') return 'uniqueness';
  if (code !== 'InvalidArgument') return undefined;
  return field === 'filter' ? 'invalidFilter' : 'invalidValue';
}

const SCIM_PATHS = /^\/api\/2\.\d\/(preview|account)\/scim\//;

/** Paths whose errors have this surface's form, though no route of it may answer there. */
export const isDatabricksPath = (path: string): boolean =>
  /^\/(api\/2\.\d\/|\.well-known\/databricks|telemetry-ext|dbfs\/|serving-endpoints\/)/.test(path) &&
  !/^\/api\/2\.\d\/mlflow(-artifacts)?\//.test(path);

export function sendDatabricksError(
  error: AppError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const { status, body } = renderDatabricksError(error);
  reply.code(status);
  // An answer to HEAD has no body that could say more.
  if (request.method === 'HEAD') return reply.send();
  const shown = SCIM_PATHS.test(request.url) ? renderScimError(error) : body;
  return reply.header('content-type', 'application/json').send(JSON.stringify(shown));
}
