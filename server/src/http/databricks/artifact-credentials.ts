import type { PartUploads } from '../../artifacts/part-uploads.ts';
import type { SignedGrant, SignedUrls } from '../../artifacts/signed-urls.ts';
import { invalidArgument } from '../../kernel/errors.ts';
import { type ArtifactPath, parseArtifactPath } from '../../objects/artifact-path.ts';
import { type LoggedModels, modelArtifactLocation } from '../../tracking/logged-models.ts';
import { runArtifactLocation } from '../../tracking/run-details.ts';
import type { Runs } from '../../tracking/runs.ts';
import { managedPath } from '../mlflow/artifact-paths.ts';
import {
  invalid,
  objectList,
  optionalInt32,
  parseRunId,
  requiredString,
  stringList,
} from '../mlflow/fields.ts';
import type { Targets } from '../mlflow/targets.ts';
import type { Need } from '../route-access.ts';
import { parsePart } from './files.ts';
import type { DatabricksCall, DatabricksRoute } from './routes.ts';
import { signedUrl } from './signed-files.ts';

export interface ArtifactCredentialServices {
  readonly runs: Pick<Runs, 'get'>;
  readonly loggedModels: Pick<LoggedModels, 'get'>;
  readonly uploads: PartUploads;
  readonly urls: SignedUrls;
  readonly targets: Pick<Targets, 'runTarget' | 'loggedModelTarget'>;
}

const below = (root: string, path: string): ArtifactPath => managedPath(root, parseArtifactPath(path));

const PATH = '/api/2.0/mlflow';
const MAX_PATHS = 2000;
const MAX_PARTS = 10_000;

/** Signed URLs for the files of runs and logged models, for clients that find the Files API closed. */
export function artifactCredentialRoutes({
  runs,
  loggedModels,
  uploads,
  urls,
  targets,
}: ArtifactCredentialServices): readonly DatabricksRoute[] {
  const ofRun = (action: 'experiment.read' | 'experiment.edit'): readonly Need<DatabricksCall>[] => [
    { action, target: ({ body }) => targets.runTarget(parseRunId(body)) },
  ];
  const ofModel = (action: 'experiment.read' | 'experiment.edit'): readonly Need<DatabricksCall>[] => [
    { action, target: ({ path }) => targets.loggedModelTarget(path.model_id!) },
  ];

  const rootOfRun = async ({ body }: DatabricksCall): Promise<string> =>
    runArtifactLocation((await runs.get(parseRunId(body))).run);

  const rootOfModel = async ({ path }: DatabricksCall): Promise<string> =>
    modelArtifactLocation((await loggedModels.get(path.model_id!, { allowDeleted: false })).row);

  const fileOfRun = async (call: DatabricksCall): Promise<ArtifactPath> =>
    below(await rootOfRun(call), requiredString(call.body, 'path'));

  /** As the clients know the signed requests of one cloud, which are plain GETs and PUTs. */
  const credential = (call: DatabricksCall, grant: SignedGrant, fields: object = {}) => ({
    ...fields,
    signed_uri: signedUrl(call.caller.origin, urls.sign({ grant, holder: call.caller.access.principal.id })),
    headers: [],
    type: 'AWS_PRESIGNED_URL',
  });

  function pathsOf(call: DatabricksCall, field: string): readonly string[] {
    const paths = stringList(call.body, field);
    if (paths.length === 0 || paths.length > MAX_PATHS)
      throw invalid(field, paths.length, `expected 1 to ${MAX_PATHS} paths.`);
    return paths;
  }

  const forRun =
    (does: 'read' | 'write'): DatabricksRoute['handle'] =>
    async (call) => {
      const runId = parseRunId(call.body);
      const root = await rootOfRun(call);
      return {
        credential_infos: pathsOf(call, 'path').map((path) =>
          credential(call, { does, path: below(root, path) }, { run_id: runId, path }),
        ),
      };
    };

  const forModel =
    (does: 'read' | 'write'): DatabricksRoute['handle'] =>
    async (call) => {
      const root = await rootOfModel(call);
      return {
        credentials: pathsOf(call, 'paths').map((path) => ({
          credential_info: credential(call, { does, path: below(root, path) }, { path }),
        })),
      };
    };

  return [
    {
      method: 'POST',
      path: `${PATH}/artifacts/credentials-for-read`,
      summary: 'Signs URLs that read files of a run',
      access: ofRun('experiment.read'),
      handle: forRun('read'),
    },
    {
      method: 'POST',
      path: `${PATH}/artifacts/credentials-for-write`,
      summary: 'Signs URLs that write files of a run',
      access: ofRun('experiment.edit'),
      handle: forRun('write'),
    },
    {
      method: 'POST',
      path: `${PATH}/logged-models/:model_id/artifacts/credentials-for-download`,
      summary: 'Signs URLs that read files of a logged model',
      access: ofModel('experiment.read'),
      handle: forModel('read'),
    },
    {
      method: 'POST',
      path: `${PATH}/logged-models/:model_id/artifacts/credentials-for-upload`,
      summary: 'Signs URLs that write files of a logged model',
      access: ofModel('experiment.edit'),
      handle: forModel('write'),
    },
    {
      method: 'POST',
      path: `${PATH}/artifacts/create-multipart-upload`,
      summary: 'Begins an upload of a file of a run in parts, and signs a URL for each',
      access: ofRun('experiment.edit'),
      async handle(call) {
        const count = optionalInt32(call.body, 'num_parts') ?? 1;
        if (count < 1 || count > MAX_PARTS) throw invalid('num_parts', count, `expected 1 to ${MAX_PARTS}.`);
        const path = await fileOfRun(call);
        const { uploadId } = await uploads.start(path);
        return {
          upload_id: uploadId,
          upload_credential_infos: Array.from({ length: count }, (_, i) =>
            credential(call, { does: 'write part', path, uploadId, partNumber: i + 1 }),
          ),
          abort_credential_info: credential(call, { does: 'abort', path, uploadId }),
        };
      },
    },
    {
      method: 'POST',
      path: `${PATH}/artifacts/get-presigned-upload-part-url`,
      summary: 'Signs a URL for a part of an upload anew',
      access: ofRun('experiment.edit'),
      async handle(call) {
        const path = await fileOfRun(call);
        const uploadId = requiredString(call.body, 'upload_id');
        const partNumber = optionalInt32(call.body, 'part_number') ?? 0;
        if (partNumber < 1) throw invalid('part_number', partNumber, 'expected 1 or more.');
        await uploads.require(path, uploadId);
        return {
          upload_credential_info: credential(call, { does: 'write part', path, uploadId, partNumber }),
        };
      },
    },
    {
      method: 'POST',
      path: `${PATH}/artifacts/complete-multipart-upload`,
      summary: 'Makes a file of a run of the parts of an upload',
      access: ofRun('experiment.edit'),
      async handle(call) {
        const path = await fileOfRun(call);
        const parts = objectList(call.body, 'part_etags').map((part, i) =>
          parsePart(part, `part_etags[${i}].`),
        );
        if (parts.length === 0) throw invalidArgument('No parts are named.', { field: 'part_etags' });
        await uploads.complete(path, requiredString(call.body, 'upload_id'), { parts });
        return {};
      },
    },
  ];
}
