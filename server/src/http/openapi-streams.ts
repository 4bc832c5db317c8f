import { describeAccess } from './route-access.ts';
import type { DescribedBody, RawRoute, RouteDescription } from './routes.ts';

interface DescribedStream {
  readonly path: string;
  readonly method: string;
  readonly operation: object;
}

/**
 * The operations of an OpenAPI document for routes that move streams. What answers under both prefixes is told once.
 * @param errors what every route may answer besides its own, by status.
 */
export function describeStreams(
  routes: readonly RawRoute[],
  errors: Readonly<Record<string, object>>,
): readonly DescribedStream[] {
  const known = new Set(routes.map(({ method, path }) => `${method} ${path}`));
  const described: DescribedStream[] = [];
  for (const route of routes) {
    const { method, path, access, description } = route;
    const isTwin = path.startsWith('/ajax-api/') && known.has(`${method} ${path.replace('/ajax-', '/')}`);
    if (description === undefined || isTwin) continue;
    described.push({
      path: path.replace(/\*$/, ':artifact_path').replace(/:(\w+)/g, '{$1}'),
      method: method.toLowerCase(),
      operation: {
        operationId: `${method} ${path}`,
        'x-needs': describeAccess(access),
        ...describeRequest(withOpenEnd(path, description)),
        responses: { ...describeAnswers(description), ...errors },
      },
    });
  }
  return described;
}

/** The open end of a path is a parameter, whether its route says more of it or not. */
function withOpenEnd(path: string, description: RouteDescription): RouteDescription {
  const { parameters = [] } = description;
  if (!path.endsWith('*') || parameters.some(({ name }) => name === 'artifact_path')) return description;
  const openEnd = {
    name: 'artifact_path',
    in: 'path',
    required: true,
    description: 'The path of the file.',
  } as const;
  return { ...description, parameters: [openEnd, ...parameters] };
}

function describeRequest({ summary, tag, parameters = [], body }: RouteDescription): object {
  const text = { type: 'string' };
  return {
    summary,
    tags: [tag],
    ...(parameters.length > 0 && {
      parameters: parameters.map(({ name, in: place, required, repeated, description }) => ({
        name,
        in: place,
        description,
        ...(required && { required }),
        schema: repeated ? { type: 'array', items: text } : text,
      })),
    }),
    ...(body !== undefined && {
      requestBody: { description: body.description, required: true, content: contentOf(body) },
    }),
  };
}

function describeAnswers({ answers }: RouteDescription): Readonly<Record<string, object>> {
  return Object.fromEntries(
    Object.entries(answers).map(([status, answer]) => [
      status,
      {
        description: answer.description,
        ...(answer.headers !== undefined && {
          headers: Object.fromEntries(
            Object.entries(answer.headers).map(([name, description]) => [
              name,
              { description, schema: { type: 'string' } },
            ]),
          ),
        }),
        ...(answer.types !== undefined && { content: contentOf(answer) }),
      },
    ]),
  );
}

/** OpenAPI 3.1 has bytes as a media type without a schema. */
const contentOf = ({ types = [] }: DescribedBody): object =>
  Object.fromEntries(
    types.map((type) => [type, type === 'application/json' ? { schema: { type: 'object' } } : {}]),
  );
