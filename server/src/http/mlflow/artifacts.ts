import type { ArtifactEntry, Files, ListPage } from '../../artifacts/files.ts';
import { invalidArgument } from '../../kernel/errors.ts';
import { parsePageToken, renderPageToken } from '../../kernel/page-token.ts';
import { type ArtifactPath, parseArtifactPath } from '../../objects/artifact-path.ts';
import { modelArtifactLocation } from '../../tracking/logged-models.ts';
import { runArtifactLocation } from '../../tracking/run-details.ts';
import { managedFolder } from './artifact-paths.ts';
import type { ArtifactServices } from './artifact-proxy.ts';
import { invalid, optionalInt32, optionalString, parseRunId, requiredString } from './fields.ts';
import type { JsonObject } from './json.ts';
import { JsonText, type MlflowRoute } from './routes.ts';
import { type Named, needs } from './targets.ts';

const MAX_PAGE = 1000;

/** The routes that tell what there is, and those that would sign URLs of a store that clients use directly. */
export function artifactRoutes({
  files,
  runs,
  loggedModels,
  targets,
}: ArtifactServices): readonly MlflowRoute[] {
  /** A listing below a root; paths are relative to the root. */
  async function listBelow(location: string, message: JsonObject, field: string): Promise<object> {
    const root = managedFolder(location);
    const inside = folderOf(message, field);
    const folder = [root, inside].filter((part) => part !== '').join('/') as ArtifactPath | '';
    return list(files, folder, {
      message,
      fields: { root_uri: location },
      pathOf: (name) => (inside === '' ? name : `${inside}/${name}`),
    });
  }

  return [
    {
      method: 'GET',
      path: '2.0/mlflow-artifacts/artifacts',
      access: needs('experiment.read', ({ message, caller }: Named) =>
        targets.ofReadablePath(folderOf(message, 'path'), caller.access),
      ),
      handle: ({ message }) =>
        list(files, folderOf(message, 'path'), { message, fields: {}, pathOf: (name) => name }),
    },
    {
      method: 'GET',
      path: '2.0/mlflow/artifacts/list',
      access: needs('experiment.read', targets.ofRun),
      async handle({ message }) {
        const { run } = await runs.get(parseRunId(message));
        return listBelow(runArtifactLocation(run), message, 'path');
      },
    },
    {
      method: 'GET',
      path: '2.0/mlflow/logged-models/:model_id/artifacts/directories',
      access: needs('experiment.read', targets.ofLoggedModel),
      async handle({ message, path }) {
        const { row } = await loggedModels.get(path.model_id!, { allowDeleted: false });
        return listBelow(modelArtifactLocation(row), message, 'artifact_directory_path');
      },
    },
    {
      method: 'POST',
      path: '2.0/mlflow/artifacts/presigned-upload-url',
      access: [
        ...needs('experiment.edit', targets.ofOptionalRun('run_id')),
        ...needs('experiment.edit', targets.ofOptionalLoggedModel('model_id')),
      ],
      async handle({ message }) {
        const hasRun = Boolean(message.run_id);
        if (hasRun === Boolean(message.model_id)) {
          throw invalidArgument('Exactly one of run_id and model_id must be given.', { field: 'run_id' });
        }
        return refuseDirect(hasRun ? await runLocation(message) : await modelLocation(message));
      },
    },
    {
      method: 'POST',
      path: '2.0/mlflow/artifacts/presigned-download-url',
      access: needs('experiment.read', targets.ofRun),
      handle: async ({ message }) => refuseDirect(await runLocation(message)),
    },
  ];

  async function runLocation(message: JsonObject): Promise<string> {
    parseArtifactPath(requiredString(message, 'path'));
    return runArtifactLocation((await runs.get(parseRunId(message))).run);
  }

  async function modelLocation(message: JsonObject): Promise<string> {
    parseArtifactPath(requiredString(message, 'path'));
    const modelId = requiredString(message, 'model_id');
    return modelArtifactLocation((await loggedModels.get(modelId, { allowDeleted: false })).row);
  }
}

function folderOf(message: JsonObject, field: string): ArtifactPath | '' {
  const text = optionalString(message, field);
  return text ? parseArtifactPath(text.replace(/(?<=[^/])\/$/, ''), field) : '';
}

interface Listing {
  readonly message: JsonObject;
  /** What the answer says besides. */
  readonly fields: object;
  pathOf(name: string): string;
}

/**
 * What lies in a folder. Clients know no pages here and get everything, however much it is; who asks for pages
 * (`max_results`, then `page_token`) gets them.
 */
async function list(files: Files, folder: ArtifactPath | '', listing: Listing): Promise<object | JsonText> {
  const { message, fields, pathOf } = listing;
  const maxResults = optionalInt32(message, 'max_results');
  if (maxResults !== undefined && maxResults < 1) {
    throw invalid('max_results', maxResults, 'expected a positive integer.');
  }
  const token = parsePageToken(optionalString(message, 'page_token'));
  const after = token.after?.[0];
  if (after !== undefined && typeof after !== 'string')
    throw invalidArgument('Invalid page token, it belongs to another list.', { field: 'page_token' });
  const page = await files.list(folder, { after, limit: Math.min(maxResults ?? MAX_PAGE, MAX_PAGE) });
  if (page.next !== undefined && maxResults === undefined) {
    return new JsonText(renderAll(files, { folder, first: page, listing }));
  }
  return {
    ...fields,
    ...(page.entries.length > 0 && { files: page.entries.map((entry) => renderEntry(entry, pathOf)) }),
    ...(page.next !== undefined && {
      next_page_token: renderPageToken({
        offset: token.offset + page.entries.length,
        after: [page.next],
      }),
    }),
  };
}

interface LongListing {
  readonly folder: ArtifactPath | '';
  readonly first: ListPage;
  readonly listing: Listing;
}

/** A folder of any size, read and written page by page. */
async function* renderAll(
  files: Files,
  { folder, first, listing }: LongListing,
): AsyncGenerator<string, void, undefined> {
  const { fields, pathOf } = listing;
  const head = JSON.stringify(fields).slice(0, -1);
  yield `${head}${head === '{' ? '' : ','}"files":[`;
  for (let page = first; ; page = await files.list(folder, { after: page.next })) {
    const entries = page.entries.map((entry) => JSON.stringify(renderEntry(entry, pathOf))).join(',');
    // What was deleted meanwhile may leave a later page empty.
    yield page === first || entries === '' ? entries : `,${entries}`;
    if (page.next === undefined) break;
  }
  yield ']}';
}

function renderEntry({ name, sizeBytes }: ArtifactEntry, pathOf: (name: string) => string): object {
  return {
    path: pathOf(name),
    is_dir: sizeBytes === undefined,
    ...(sizeBytes !== undefined && { file_size: sizeBytes }),
  };
}

/** Only a location that clients reach with credentials of their own can have a signed URL of its store. */
function refuseDirect(location: string): never {
  throw invalidArgument(
    `Signed URLs exist for artifacts in an object store that clients use directly; these lie at ${location.slice(0, 200)}: send them through the server.`,
    { field: 'path' },
  );
}
