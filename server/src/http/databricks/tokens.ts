import { type Access, LOCAL_USER } from '../../governance/access.ts';
import type { Principals } from '../../governance/principals.ts';
import type { TokenInfo, Tokens } from '../../governance/tokens.ts';
import { AppError, invalidArgument, notFound } from '../../kernel/errors.ts';
import { missing, optionalInt64, optionalObject, optionalString, requiredString } from '../mlflow/fields.ts';
import type { JsonObject } from '../mlflow/json.ts';
import { asAbsent } from './absent.ts';
import type { DatabricksRoute } from './routes.ts';

const OWN = '/api/2.0/token';
const ALL = '/api/2.0/token-management';

export interface TokenRoutesDependencies {
  readonly tokens: Tokens;
  readonly principals: Pick<Principals, 'get' | 'findByName'>;
  readonly workspaceId: string;
}

/** Personal access tokens: one's own, and for administrators everybody's. A value is told once, when it is made. */
export function tokenRoutes({
  tokens,
  principals,
  workspaceId,
}: TokenRoutesDependencies): readonly DatabricksRoute[] {
  async function describeAll(infos: readonly TokenInfo[]): Promise<readonly object[]> {
    const names = new Map<string, string>([[LOCAL_USER.id, LOCAL_USER.name]]);
    for (const id of new Set(infos.map(({ createdById }) => createdById))) {
      if (names.has(id)) continue;
      const creator = await principals.get(id).catch(asAbsent);
      if (creator !== undefined) names.set(id, creator.name);
    }
    return infos.map((info) => ({
      ...publicInfo(info),
      created_by_id: Number(info.createdById),
      ...(names.has(info.createdById) && { created_by_username: names.get(info.createdById) }),
      owner_id: Number(info.principalId),
      workspace_id: Number(workspaceId),
    }));
  }
  const describe = async (info: TokenInfo): Promise<object> => (await describeAll([info]))[0]!;

  async function getToken(id: string): Promise<TokenInfo> {
    const info = (await tokens.listAll()).find((each) => each.id === id);
    if (info === undefined) throw notFound(`Token ${id.slice(0, 100)} does not exist.`);
    return info;
  }

  return [
    {
      method: 'POST',
      path: `${OWN}/create`,
      summary: 'Makes a token of the caller',
      access: 'filtered',
      async handle({ body, caller }) {
        const { id } = signedIn(caller.access);
        const { value, info } = await tokens.create({
          ...readNewToken(body),
          principalId: id,
          createdById: id,
        });
        return { token_value: value, token_info: publicInfo(info) };
      },
    },
    {
      method: 'GET',
      path: `${OWN}/list`,
      summary: "Lists the caller's tokens",
      access: 'filtered',
      async handle({ caller }) {
        const { principal } = caller.access;
        if (principal.kind === 'local') return { token_infos: [] };
        return { token_infos: (await tokens.list(principal.id)).map(publicInfo) };
      },
    },
    {
      method: 'POST',
      path: `${OWN}/delete`,
      summary: 'Revokes a token of the caller',
      access: 'filtered',
      async handle({ body, caller }) {
        await tokens.revoke(requiredString(body, 'token_id'), signedIn(caller.access).id);
        return {};
      },
    },
    {
      method: 'PATCH',
      path: `${OWN}/:id`,
      summary: 'Changes the comment of a token of the caller',
      access: 'filtered',
      async handle({ path, body, caller }) {
        await tokens.describe(path.id!, readComment(body), signedIn(caller.access).id);
        return {};
      },
    },
    {
      method: 'GET',
      path: `${ALL}/tokens`,
      summary: 'Lists the tokens of everybody, or of whoever made them',
      access: 'admin',
      async handle({ query }) {
        const makers: string[] = [];
        const { created_by_id: id, created_by_username: name } = query;
        if (id !== undefined) makers.push(id);
        if (name !== undefined) makers.push((await principals.findByName(name))?.id ?? '');
        const infos = await tokens.listAll();
        return {
          token_infos: await describeAll(
            infos.filter(({ createdById }) => makers.every((maker) => maker === createdById)),
          ),
        };
      },
    },
    {
      method: 'GET',
      path: `${ALL}/tokens/:id`,
      summary: 'Describes a token',
      access: 'admin',
      handle: async ({ path }) => ({ token_info: await describe(await getToken(path.id!)) }),
    },
    {
      method: 'PATCH',
      path: `${ALL}/tokens/:id`,
      summary: "Changes the comment of anybody's token",
      access: 'admin',
      handle: async ({ path, body }) => describe(await tokens.describe(path.id!, readComment(body))),
    },
    {
      method: 'DELETE',
      path: `${ALL}/tokens/:id`,
      summary: "Revokes anybody's token",
      access: 'admin',
      async handle({ path }) {
        await tokens.revoke(path.id!);
        return {};
      },
    },
    {
      method: 'POST',
      path: `${ALL}/on-behalf-of/tokens`,
      summary: 'Makes a token of a service principal',
      access: 'admin',
      async handle({ body, caller }) {
        const applicationId = requiredString(body, 'application_id');
        const owner = await principals.findByName(applicationId);
        if (owner?.kind !== 'service-principal')
          throw notFound(`Service principal ${applicationId.slice(0, 100)} does not exist.`);
        const { value, info } = await tokens.create({
          ...readNewToken(body),
          principalId: owner.id,
          createdById: caller.access.principal.id,
        });
        return { token_value: value, token_info: await describe(info) };
      },
    },
  ];
}

/** @throws AppError InvalidState where the server runs without identities. */
function signedIn({ principal }: Access): Access['principal'] {
  if (principal.kind === 'local')
    throw new AppError(
      'InvalidState',
      'This server runs without identities, so that nobody needs a token: start it with --auth to have them.',
    );
  return principal;
}

/** What a token was made for is all that can be changed of it. @throws AppError InvalidArgument */
function readComment(body: JsonObject): string {
  const fields = requiredString(body, 'update_mask').split(',');
  const other = fields.find((field) => field !== 'comment' && field !== '*');
  if (other !== undefined)
    throw invalidArgument(`'${other.slice(0, 50)}' of a token cannot be changed: only its comment can.`, {
      field: 'update_mask',
    });
  const token = optionalObject(body, 'token');
  if (token === undefined) throw missing('token');
  return optionalString(token, 'comment', 'token.comment') ?? '';
}

function readNewToken(body: JsonObject): { comment: string | undefined; lifetimeMs: number | undefined } {
  const seconds = optionalInt64(body, 'lifetime_seconds');
  // Without end, as Databricks has it too: -1.
  const ends = seconds !== undefined && Number(seconds) !== -1;
  return {
    comment: optionalString(body, 'comment'),
    lifetimeMs: ends ? Number(seconds) * 1000 : undefined,
  };
}

const publicInfo = (info: TokenInfo) => ({
  token_id: info.id,
  creation_time: info.createdAtMs,
  expiry_time: info.expiresAtMs ?? -1,
  comment: info.comment,
});
