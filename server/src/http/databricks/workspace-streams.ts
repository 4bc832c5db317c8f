import type { FastifyReply, FastifyRequest } from 'fastify';
import { once } from '../../artifacts/block-writes.ts';
import type { Access } from '../../governance/access.ts';
import { AppError, invalidArgument } from '../../kernel/errors.ts';
import type { ObjectBody } from '../../objects/port.ts';
import { FIRST_LINE_BYTES, formOf, recognize } from '../../workspace-files/notebooks.ts';
import type { Workspace } from '../../workspace-files/workspace.ts';
import {
  childOf,
  parseWorkspacePath,
  placeOf,
  type WorkspacePath,
} from '../../workspace-files/workspace-paths.ts';
import { optionalBoolean, optionalString, requiredString } from '../mlflow/fields.ts';
import { type JsonObject, parseJson } from '../mlflow/json.ts';
import { bodyOf } from '../request-body.ts';
import type { RawRoute } from '../routes.ts';
import { readWholeBody } from '../whole-body.ts';
import { pathOf } from './workspace.ts';

/** Of what comes and goes within JSON or a form, and so through memory. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;
const MAX_EXPORT_BYTES = 10 * 1024 * 1024;

/** What sends and receives the contents of files of the workspace. */
export function workspaceStreamRoutes(workspace: Workspace): readonly RawRoute[] {
  async function send(
    reply: FastifyReply,
    { path, access }: { readonly path: WorkspacePath; readonly access: Access },
  ): Promise<FastifyReply> {
    const { read } = await workspace.open(path, access);
    return reply
      .headers({
        'content-type': 'application/octet-stream',
        'content-length': read.lengthBytes,
        'content-disposition': 'attachment',
        'x-content-type-options': 'nosniff',
      })
      .send(read.stream);
  }

  return [
    {
      method: 'POST',
      path: '/api/2.0/workspace/import',
      access: 'filtered',
      description: describe('Stores a file or a notebook, from JSON or from a form'),
      async handle(request, reply, caller) {
        const { fields, content } = await readImport(request);
        const path = pathOf(fields);
        const asked = formOf(optionalString(fields, 'format') ?? '', optionalString(fields, 'language'));
        const { name, form } =
          asked === 'AUTO' ? recognize(placeOf(path).name, content) : { ...placeOf(path), form: asked };
        try {
          await workspace.write(childOf(placeOf(path).parent, name), once(content), {
            access: caller.access,
            form,
            overwrite: optionalBoolean(fields, 'overwrite') ?? false,
          });
        } catch (error) {
          if (!(error instanceof AppError) || error.code !== 'AlreadyExists') throw error;
          // Here, and only here, clients look for it under 400.
          reply.code(400);
          return reply
            .type('application/json')
            .send(JSON.stringify({ error_code: 'RESOURCE_ALREADY_EXISTS', message: error.message }));
        }
        return reply.type('application/json').send('{}');
      },
    },
    {
      method: 'POST',
      path: '/api/2.0/workspace-files/import-file/*',
      access: 'filtered',
      description: describe(
        'Stores the body as a file or a notebook; where it must be new, of several one wins',
      ),
      async handle(request, reply, caller) {
        const query = request.query as JsonObject;
        const path = inUrl(request);
        const { beginning, body } = await peek(request);
        const { name, form } = recognize(placeOf(path).name, beginning);
        await writeWhole(request, () =>
          workspace.write(childOf(placeOf(path).parent, name), body, {
            access: caller.access,
            form,
            overwrite: optionalBoolean(query, 'overwrite') ?? false,
          }),
        );
        return reply.type('application/json').send('{}');
      },
    },
    {
      method: 'GET',
      path: '/api/2.0/workspace-files/*',
      access: 'filtered',
      description: describe('Sends a file of the workspace'),
      handle: async (request, reply, caller) => send(reply, { path: inUrl(request), access: caller.access }),
    },
    {
      method: 'GET',
      path: '/api/2.0/workspace/export',
      access: 'filtered',
      description: describe('Sends a file or a notebook, as bytes or within JSON'),
      async handle(request, reply, { access }) {
        const query = request.query as JsonObject;
        const path = pathOf(query);
        const object = await workspace.get(path, access);
        refuseConversion(optionalString(query, 'format'), object.format);
        if (optionalBoolean(query, 'direct_download') ?? false) return send(reply, { path, access });
        if ((object.sizeBytes ?? 0) > MAX_EXPORT_BYTES) {
          throw invalidArgument('The file has more than 10 MiB: export it with direct_download=true.', {
            reason: 'MAX_NOTEBOOK_SIZE_EXCEEDED',
          });
        }
        const { read } = await workspace.open(path, access);
        const content = Buffer.concat(await read.stream.toArray()).toString('base64');
        return reply.type('application/json').send(JSON.stringify({ content }));
      },
    },
  ];
}

function inUrl(request: FastifyRequest): WorkspacePath {
  const path = (request.params as Record<string, string>)['*']!;
  return parseWorkspacePath(path.startsWith('/') ? path : `/${path}`);
}

/** Notebooks leave as they came. @throws AppError InvalidArgument */
function refuseConversion(asked: string | undefined, kept: string | undefined): void {
  const format = asked?.toUpperCase() ?? 'AUTO';
  if (kept === undefined || ['', 'AUTO', 'RAW', kept].includes(format)) return;
  // What nobody asked for by name is the default of the clients.
  if (format === 'SOURCE' && kept === 'JUPYTER') return;
  throw invalidArgument(`The notebook is kept as ${kept}: export it as that, or as AUTO.`, {
    field: 'format',
  });
}

interface Import {
  readonly fields: JsonObject;
  readonly content: Uint8Array;
}

async function readImport(request: FastifyRequest): Promise<Import> {
  const type = request.headers['content-type'] ?? '';
  const bytes = await readWhole(request);
  if (!/^multipart\/form-data\b/i.test(type)) {
    const fields = parseJson(bytes);
    if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
      throw invalidArgument('The request body must be a JSON object.');
    }
    return { fields, content: Buffer.from(optionalString(fields, 'content') ?? '', 'base64') };
  }
  let form: Awaited<ReturnType<Response['formData']>>;
  try {
    form = await new Response(bytes, { headers: { 'content-type': type } }).formData();
  } catch (cause) {
    throw invalidArgument('The form cannot be read.', { cause });
  }
  const fields: JsonObject = {};
  let content: Uint8Array | undefined;
  for (const [name, value] of form) {
    if (name === 'content') {
      content = typeof value === 'string' ? Buffer.from(value) : Buffer.from(await value.arrayBuffer());
    } else if (typeof value === 'string') fields[name] = value;
  }
  requiredString(fields, 'path');
  if (content === undefined) throw invalidArgument("The form has no part 'content'.", { field: 'content' });
  return { fields, content };
}

const readWhole = (request: FastifyRequest) =>
  readWholeBody(
    request,
    MAX_BODY_BYTES,
    () => new AppError('PayloadTooLarge', 'The body has more than 64 MiB: import the file as plain bytes.'),
  );

/** The first bytes of a body, and the whole of it. */
async function peek(
  request: FastifyRequest,
): Promise<{ readonly beginning: Uint8Array; readonly body: ObjectBody }> {
  const source = bodyOf(request);
  const first: Uint8Array[] = [];
  let sizeBytes = 0;
  let ended = false;
  while (sizeBytes < FIRST_LINE_BYTES && !ended) {
    const next = await source.next();
    if (next.done) ended = true;
    else {
      first.push(next.value);
      sizeBytes += next.value.length;
    }
  }
  const beginning = Buffer.concat(first).subarray(0, FIRST_LINE_BYTES);
  async function* body(): AsyncGenerator<Uint8Array, void, undefined> {
    yield* first;
    while (!ended) {
      const next = await source.next();
      if (next.done) return;
      yield next.value;
    }
  }
  return { beginning, body: body() };
}

/** What is left of a body that was refused is read away: a sender listens only when all is sent. */
async function writeWhole(request: FastifyRequest, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    request.raw.resume();
    throw error;
  }
}

function describe(summary: string): NonNullable<RawRoute['description']> {
  return { summary, tag: 'databricks-workspace', answers: { 200: { description: 'The bytes, or JSON.' } } };
}
