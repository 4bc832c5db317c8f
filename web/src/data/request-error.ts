/** An answer of the server that is not what was asked for, in words for the person at the screen. */
export class RequestError extends Error {
  /** MLflow's error code, or `UNREACHABLE` where no answer came. */
  readonly code: string;
  readonly status: number | undefined;
  /** To find the request in the server's log. */
  readonly requestId: string | undefined;
  /** Where in a filter or order the mistake stands, counted from 0, if the server says so. */
  readonly position: number | undefined;

  constructor(
    message: string,
    facts: { code: string; status?: number; requestId?: string | undefined; position?: number | undefined },
  ) {
    super(message);
    this.name = 'RequestError';
    this.code = facts.code;
    this.status = facts.status;
    this.requestId = facts.requestId;
    this.position = facts.position;
  }
}

/** The error that an answer tells. */
export async function readError(response: Response): Promise<RequestError> {
  const requestId = response.headers.get('x-request-id') ?? undefined;
  const text = await response.text();
  const { code, message } = parseError(text) ?? {
    code: 'INTERNAL_ERROR',
    message: `The server answered ${response.status} ${response.statusText}.`,
  };
  return new RequestError(message, {
    code,
    status: response.status,
    requestId,
    position: positionIn(message),
  });
}

function parseError(text: string): { code: string; message: string } | undefined {
  try {
    const { error_code, message, detail, scimType } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    // About users and groups the server answers in the form of SCIM.
    if (typeof detail === 'string')
      return { code: typeof scimType === 'string' ? scimType : 'SCIM', message: detail };
    if (typeof error_code !== 'string' || typeof message !== 'string') return undefined;
    return { code: error_code, message };
  } catch {
    // A proxy in between answers in HTML.
    return undefined;
  }
}

/** The filter language's messages name the place as "at position 17", counted from 0. */
function positionIn(message: string): number | undefined {
  const found = /\bposition (\d+)/.exec(message);
  return found ? Number(found[1]) : undefined;
}
