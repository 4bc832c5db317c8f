import {
  SETTING_NAMES,
  type SettingName,
  type WorkspaceSettings,
} from '../../governance/workspace-settings.ts';
import { invalidArgument } from '../../kernel/errors.ts';
import { Answer, type DatabricksRoute } from './routes.ts';

const PATH = '/api/2.0/workspace-conf';

/** Settings of the workspace, as `databricks workspace-conf` and Terraform's `databricks_workspace_conf` know them. */
export function workspaceConfRoutes(settings: WorkspaceSettings): readonly DatabricksRoute[] {
  return [
    {
      method: 'GET',
      path: PATH,
      summary: 'Tells settings of the workspace',
      access: 'admin',
      async handle({ query }) {
        const names = readNames((query.keys ?? '').split(',').filter((key) => key !== ''));
        if (names.length === 0) throw invalidArgument("'keys' is required.", { field: 'keys' });
        const values: [string, string | null][] = [];
        for (const name of names) values.push([name, (await settings.get(name)) ?? null]);
        return Object.fromEntries(values);
      },
    },
    {
      method: 'PATCH',
      path: PATH,
      summary: 'Changes settings of the workspace',
      access: 'admin',
      async handle({ body }) {
        const changes: [SettingName, string][] = readNames(Object.keys(body)).map((name) => {
          const value = body[name];
          if (typeof value === 'string' || typeof value === 'number') return [name, String(value)];
          throw invalidArgument(`'${name}' must be a text.`, { field: name });
        });
        await settings.set(Object.fromEntries(changes));
        return new Answer(204);
      },
    },
  ];
}

function readNames(keys: readonly string[]): readonly SettingName[] {
  return keys.map((key) => {
    const name = SETTING_NAMES.find((known) => known === key);
    if (name !== undefined) return name;
    throw invalidArgument(`Invalid keys: ["${key.slice(0, 100)}"]. Known are ${SETTING_NAMES.join(', ')}.`, {
      field: 'keys',
    });
  });
}
