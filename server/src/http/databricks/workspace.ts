import type { Workspace, WorkspaceObject } from '../../workspace-files/workspace.ts';
import { parseWorkspacePath, renderWorkspacePath } from '../../workspace-files/workspace-paths.ts';
import { optionalBoolean, requiredString } from '../mlflow/fields.ts';
import type { JsonObject } from '../mlflow/json.ts';
import type { DatabricksRoute } from './routes.ts';

const PATH = '/api/2.0/workspace';

export const pathOf = (fields: JsonObject) => parseWorkspacePath(requiredString(fields, 'path'));

/** Folders, files and notebooks of the workspace, and the experiments whose names are paths. */
export function workspaceRoutes(workspace: Workspace): readonly DatabricksRoute[] {
  return [
    {
      method: 'GET',
      path: `${PATH}/get-status`,
      summary: 'Describes what is at a path of the workspace',
      access: 'filtered',
      handle: async ({ query, caller }) => renderObject(await workspace.get(pathOf(query), caller.access)),
    },
    {
      method: 'GET',
      path: `${PATH}/list`,
      summary: 'Lists what lies in a folder of the workspace',
      access: 'filtered',
      async handle({ query, caller }) {
        const objects = await workspace.list(pathOf(query), caller.access);
        return objects.length === 0 ? {} : { objects: objects.map(renderObject) };
      },
    },
    {
      method: 'POST',
      path: `${PATH}/mkdirs`,
      summary: 'Makes a folder of the workspace and those above it',
      access: 'filtered',
      async handle({ body, caller }) {
        await workspace.makeFolder(pathOf(body), caller.access);
        return {};
      },
    },
    {
      method: 'POST',
      path: `${PATH}/delete`,
      summary: 'Removes a file or a folder of the workspace',
      access: 'filtered',
      async handle({ body, caller }) {
        const recursive = optionalBoolean(body, 'recursive') ?? false;
        await workspace.delete(pathOf(body), { access: caller.access, recursive });
        return {};
      },
    },
  ];
}

function renderObject(object: WorkspaceObject): object {
  return {
    object_type: object.kind,
    path: renderWorkspacePath(object.path),
    object_id: object.id,
    resource_id: String(object.id),
    ...(object.language !== undefined && { language: object.language }),
    // What the CLI asks to know how to export a notebook.
    ...(object.format !== undefined && { repos_export_format: object.format }),
    ...(object.sizeBytes !== undefined && { size: object.sizeBytes }),
    created_at: object.createdAtMs,
    modified_at: object.modifiedAtMs,
  };
}
