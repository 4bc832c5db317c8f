import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ADMIN,
  type Answer,
  type As,
  type GovernedServer,
  makeWorld,
  NOBODY,
  type Request,
  startGoverned,
  uniqueMarker,
  type World,
} from './authorization.fixture.ts';
import { testedDatabases } from './db/conformance/databases.ts';
import type { ListedRoute } from './http/routes.ts';

/** What never ends is tested for itself. */
const STREAMS = /\/slipway\/events$/;
/** Makes something anew: the numbers in the answers differ. What they say of names that are taken is tested below. */
const CREATES =
  /\/(experiments|registered-models|users|roles|token)\/create$|\/sessions$|\/serving-endpoints$/;
const READING = /^((experiment\.read|model\.see|model\.read-files)( \+ )?)+$/;
const OF_THINGS = /^((experiment|model)\.[a-z-]+( \+ )?)+$/;

/** Things that there are not, with names and ids of the same form and length. */
const absentWorld = (like: World): World => {
  const marker = uniqueMarker('gone');
  const digits = (length: number) => '9'.repeat(length);
  const hex = (text: string) =>
    text.replace(/[0-9a-f]/g, (digit) => ((Number.parseInt(digit, 16) + 7) % 16).toString(16));
  const experimentId = digits(like.experimentId.length + 3);
  const runId = hex(like.runId);
  return {
    marker,
    experimentId,
    experimentName: `experiment-${marker}`,
    runId,
    modelId: `m-${hex(like.modelId.slice(2))}`,
    traceId: `tr-${marker}`,
    assessmentId: `a-${hex(like.assessmentId.slice(2))}`,
    viewId: hex(like.viewId),
    name: `model-${marker}`,
    folder: `${experimentId}/${runId}/artifacts`,
  };
};

/** A message in which every route finds the fields that name its things. */
function fieldsFor(world: World, path: string): Record<string, unknown> {
  const { marker, experimentId, runId, modelId, traceId, name } = world;
  const file = `file-${marker}.txt`;
  const isExperiment = /\/experiments\//.test(path);
  return {
    experiment_id: experimentId,
    experiment_ids: [experimentId],
    experiment_name: world.experimentName,
    run_id: runId,
    run_uuid: runId,
    run_ids: [runId],
    source_run_id: runId,
    model_id: modelId,
    trace_id: traceId,
    request_id: traceId,
    trace_ids: [traceId],
    request_ids: [traceId],
    name: isExperiment
      ? world.experimentName
      : /unity-catalog/.test(path)
        ? `workspace.default.${name}`
        : name,
    catalog_name: 'workspace',
    schema_name: 'default',
    model_name: name,
    new_name: `renamed-${marker}`,
    full_name: `workspace.default.${name}`,
    version: '1',
    stage: 'Staging',
    stages: ['None'],
    alias: `alias-${marker}`,
    key: 'k',
    value: 'v',
    metric_key: `metric-${marker}`,
    keys: [`metric-${marker}`],
    timestamp: 1,
    step: 1,
    source: /model-versions\/create$/.test(path) ? `mlflow-artifacts:/${world.folder}` : marker,
    path: /mlflow-artifacts/.test(path) ? world.folder : file,
    artifact_file_path: file,
    artifact_directory_path: '',
    num_parts: 1,
    upload_id: 'u',
    scope: `experiment:${experimentId}`,
    state: {},
    status: /logged-models/.test(path) ? 'LOGGED_MODEL_READY' : 'FINISHED',
    action: 'set-tag',
    locked: false,
    model_json: JSON.stringify({ artifact_path: 'm', flavors: {}, utc_time_created: 1, run_id: runId }),
    models: [{ model_id: modelId, step: 1 }],
    datasets: [],
    prompt_versions: [{ name, version: '1' }],
    locations: [{ mlflow_experiment: { experiment_id: experimentId } }],
    trace: {
      trace_info: {
        trace_id: traceId,
        trace_location: { mlflow_experiment: { experiment_id: experimentId } },
        request_time: '2026-01-01T00:00:00Z',
      },
    },
    assessment: {
      assessment_name: 'seen',
      source: { source_type: 'HUMAN', source_id: 's' },
      feedback: { value: true },
    },
    update_mask: 'rationale',
    filter_string1: `tags.k = '${marker}'`,
    filter_string2: "tags.k = 'v'",
    view_type: /traces\/metrics/.test(path) ? 'TRACES' : 'ACTIVE_ONLY',
    metric_name: 'trace_count',
    aggregations: [{ aggregation_type: 'COUNT' }],
    group_by: ['attributes.status'],
    columns: ['attributes.run_id'],
    max_results: 100,
    max_timestamp_millis: undefined,
    q: marker,
    since: 1,
    from: `experiment-${marker}`,
    to: `moved-${marker}`,
    parent: '',
    username: marker,
    resource_type: 'experiment',
    resource_id: experimentId,
    permission: 'READ',
  };
}

function requestFor(route: ListedRoute, world: World): Request {
  const inPath: Readonly<Record<string, string>> = {
    model_id: world.modelId,
    trace_id: world.traceId,
    request_id: world.traceId,
    assessment_id: world.assessmentId,
    tag_key: 'k',
    view_id: world.viewId,
    name: /unity-catalog/.test(route.path) ? `workspace.default.${world.name}` : world.name,
    full_name: `workspace.default.${world.name}`,
    id: /registered-models/.test(route.path) ? world.name : world.experimentId,
    type: 'function',
    part: '1',
    '*': /mlflow-artifacts/.test(route.path) ? `${world.folder}/file-${world.marker}.txt` : world.marker,
  };
  const path = route.path
    .replace(/(?<=\/):(\w+)/g, (_, name: string) => encodeURIComponent(inPath[name] ?? world.marker))
    .replace(/\*$/, inPath['*']!);
  const fields = fieldsFor(world, route.path);
  const inQuery: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'string' || typeof value === 'number') inQuery[name] = String(value);
    if (Array.isArray(value) && value.every((one) => typeof one === 'string')) inQuery[name] = value;
  }
  const { method } = route;
  const headers = { 'x-mlflow-experiment-id': world.experimentId };
  if (method === 'GET' || method === 'HEAD') return { method, path, query: inQuery, headers };
  if (/upload-artifact|mlflow-artifacts\/artifacts/.test(path))
    return { method, path, query: inQuery, headers, body: 'bytes' };
  return { method, path, headers, body: fields };
}

/** What an answer says, with the names and ids of the world taken out. */
function said(answer: Answer, world: World): string {
  let text = `${answer.status} ${String(answer.headers['content-type'])} ${answer.text}`;
  const names = Object.entries(world).sort(([, a], [, b]) => (b as string).length - (a as string).length);
  for (const [name, value] of names) {
    text = text.replaceAll(value as string, `<${name}>`);
  }
  return text;
}

// Each test walks through all routes: on a machine that does much else besides, that takes its time.
describe.each(testedDatabases())('every route asks for rights on $name', { timeout: 180_000 }, (database) => {
  let server: GovernedServer;
  let routes: readonly ListedRoute[];
  /** Owned by `owner`, shared with the group `readers`. */
  let shared: World;
  /** Owned by `owner`, shared with nobody. */
  let hidden: World;

  beforeAll(async () => {
    server = await startGoverned(database);
    routes = server.program.server.routeTable.filter(({ path }) => !STREAMS.test(path));
    for (const name of ['owner', 'none', 'elsewhere', 'reader', 'heir']) await server.addUser(name);
    shared = await makeWorld(server, 'owner', uniqueMarker('shared'));
    hidden = await makeWorld(server, 'owner', uniqueMarker('hidden'));
    await makeWorld(server, 'elsewhere', uniqueMarker('mine'));
    const { role } = await server.post<{ role: { id: number } }>(ADMIN, '/api/3.0/mlflow/roles/create', {
      name: 'readers',
      workspace: 'default',
    });
    for (const [type, pattern] of [
      ['experiment', shared.experimentId],
      ['registered_model', shared.name],
    ]) {
      await server.post(ADMIN, '/api/3.0/mlflow/roles/permissions/add', {
        role_id: role.id,
        resource_type: type,
        resource_pattern: pattern,
        permission: 'READ',
      });
    }
    await server.post(ADMIN, '/api/3.0/mlflow/roles/assign', { username: 'reader', role_id: role.id });
    for (const [type, permission] of [
      ['workspace', 'MANAGE'],
      ['registered_model', 'MANAGE'],
    ]) {
      await server.post(ADMIN, '/api/3.0/mlflow/users/permissions/grant', {
        username: 'heir',
        resource_type: type,
        resource_id: '*',
        permission,
      });
    }
  });
  afterAll(() => server.close());

  const walk = async (
    as: As,
    among: (route: ListedRoute) => boolean,
    check: (route: ListedRoute) => Promise<string | undefined>,
  ): Promise<readonly string[]> => {
    const wrong: string[] = [];
    for (const route of routes.filter(among)) {
      const fault = await check(route);
      if (fault !== undefined)
        wrong.push(`${route.method} ${route.path} (${route.needs}) as ${String(as)}: ${fault}`);
    }
    return wrong;
  };
  const isGuarded = ({ needs }: ListedRoute) => needs !== 'open' && needs !== 'signed';

  it('states a rule for every route of every surface', () => {
    expect(routes.length).toBeGreaterThan(150);
    expect(routes.filter(({ needs }) => needs === '')).toEqual([]);
  });

  it('answers nothing without credentials', async () => {
    const wrong = await walk(NOBODY, isGuarded, async (route) => {
      const answer = await server.call(NOBODY, requestFor(route, hidden));
      return answer.status === 401 ? undefined : `${answer.status} ${answer.text.slice(0, 200)}`;
    });
    expect(wrong).toEqual([]);
  });

  it.each(['none', 'elsewhere'])(
    'tells %s of hidden things what it tells of things that there are not',
    async (as) => {
      const absent = absentWorld(hidden);
      const wrong = await walk(
        as,
        (route) => isGuarded(route) && !CREATES.test(route.path),
        async (route) => {
          const ofHidden = await server.call(as, requestFor(route, hidden));
          const ofAbsent = await server.call(as, requestFor(route, absent));
          const [first, second] = [said(ofHidden, hidden), said(ofAbsent, absent)];
          if (first !== second) return `hidden: ${first.slice(0, 300)} absent: ${second.slice(0, 300)}`;
          if (OF_THINGS.test(route.needs) && ofHidden.status < 400)
            return `done: ${ofHidden.text.slice(0, 200)}`;
          if (route.needs === 'admin' && ofHidden.status !== 403)
            return `${ofHidden.status} for an administrator's route`;
          return ofHidden.status >= 500 && ofHidden.status !== 501 ? ofHidden.text : undefined;
        },
      );
      expect(wrong).toEqual([]);
    },
  );

  it('shows nothing hidden to who asks for nothing in particular', async () => {
    const absent = absentWorld(hidden);
    const secrets = [hidden.marker, hidden.runId, hidden.modelId, hidden.viewId, hidden.assessmentId];
    const wrong = await walk(
      'none',
      ({ needs }) => needs === 'filtered',
      async (route) => {
        const { text } = await server.call('none', requestFor(route, absent));
        const shown = secrets.filter((secret) => text.includes(secret));
        return shown.length === 0 ? undefined : `shows ${shown.join(', ')}`;
      },
    );
    expect(wrong).toEqual([]);
  });

  it('lets members of a group read what the group may, and change nothing', async () => {
    const wrong = await walk(
      'reader',
      ({ needs }) => OF_THINGS.test(needs),
      async (route) => {
        const { status, text } = await server.call('reader', requestFor(route, shared));
        if (READING.test(route.needs)) {
          return status === 401 || status === 403 ? `${status} ${text.slice(0, 200)}` : undefined;
        }
        return status === 403 ? undefined : `${status} ${text.slice(0, 200)}`;
      },
    );
    expect(wrong).toEqual([]);
    const { run } = await server.done<{ run: { data: { tags: object[] } } }>(ADMIN, {
      path: '/api/2.0/mlflow/runs/get',
      query: { run_id: shared.runId },
    });
    expect(run.data.tags).toContainEqual({ key: 'k', value: shared.marker });
  });

  /** What takes things away comes last, experiments and models at the very end. */
  const ORDER = [
    /experiments\/(delete|restore)|registered-models\/(delete|rename)$/,
    /delete|rename|restore/,
  ];
  const destructiveness = ({ method, path }: ListedRoute): number =>
    ORDER[0]!.test(path) ? 2 : ORDER[1]!.test(path) || method === 'DELETE' ? 1 : 0;

  it.each(['heir', 'owner', ADMIN])('lets %s do everything to the things that are theirs', async (as) => {
    const world = await makeWorld(server, as === 'heir' ? 'owner' : as, uniqueMarker('theirs'));
    const inOrder = routes
      .filter(({ needs }) => OF_THINGS.test(needs))
      .sort((a, b) => destructiveness(a) - destructiveness(b));
    const wrong: string[] = [];
    for (const route of inOrder) {
      const { status, text } = await server.call(as, requestFor(route, world));
      const isFault = status === 401 || status === 403 || (status >= 500 && status !== 501);
      if (isFault)
        wrong.push(`${route.method} ${route.path} (${route.needs}): ${status} ${text.slice(0, 200)}`);
    }
    expect(wrong).toEqual([]);
  });

  it('keeps the routes of administrators for them', async () => {
    const wrong = await walk(
      'owner',
      ({ needs }) => needs === 'admin',
      async (route) => {
        const { status } = await server.call('owner', requestFor(route, shared));
        return status === 403 ? undefined : String(status);
      },
    );
    expect(wrong).toEqual([]);
  });

  it('forgets at once what was taken away', async () => {
    const of = { username: 'none', resource_type: 'experiment', resource_id: shared.experimentId };
    const get: Request = { path: '/api/2.0/mlflow/runs/get', query: { run_id: shared.runId } };
    await server.post('owner', '/api/3.0/mlflow/users/permissions/grant', { ...of, permission: 'READ' });
    expect((await server.call('none', get)).status).toBe(200);
    await server.post('owner', '/api/3.0/mlflow/users/permissions/revoke', of);
    const answer = await server.call('none', get);
    const absent = absentWorld(shared);
    const ofAbsent = await server.call('none', { ...get, query: { run_id: absent.runId } });
    expect(said(answer, shared)).toBe(said(ofAbsent, absent));
  });
});
