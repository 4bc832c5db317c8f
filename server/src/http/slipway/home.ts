import type { RecentModels } from '../../registry/recent-models.ts';
import type { ActiveRun, ActivityReader } from '../../tracking/activity.ts';
import type { ExperimentOverview, OverviewEntry } from '../../tracking/experiment-overview.ts';
import { parseFolder } from '../../tracking/experiment-path.ts';
import type { ExperimentTree } from '../../tracking/experiment-tree.ts';
import type { Finder } from '../../tracking/finder.ts';
import { parseViewType } from '../mlflow/experiments.ts';
import { invalid, optionalInt32, optionalInt64, optionalString } from '../mlflow/fields.ts';
import type { MlflowRoute } from '../mlflow/routes.ts';

export interface HomeServices {
  readonly activity: ActivityReader;
  readonly overview: ExperimentOverview;
  readonly tree: ExperimentTree;
  readonly finder: Finder;
  readonly recentModels: RecentModels;
}

const SHOWN = 10;
const FOUND = 8;
const DEFAULT_WINDOW = 100;

const renderRun = (run: ActiveRun): object => ({
  run_id: run.runId,
  run_name: run.name,
  experiment_id: String(run.experimentNo),
  experiment_name: run.experimentName,
  user_id: run.userId,
  status: run.status,
  start_time: run.startTimeMs,
  end_time: run.endTimeMs,
  last_step: run.lastStep,
  last_point_time: run.lastPointMs,
});

const renderEntry = (entry: OverviewEntry): object => ({
  experiment_id: String(entry.experimentNo),
  name: entry.name,
  folder: entry.folder,
  lifecycle_stage: entry.lifecycleStage,
  creation_time: entry.creationTimeMs,
  last_update_time: entry.lastUpdateTimeMs,
  last_activity: entry.lastActivityMs,
  run_count: entry.runs,
  running_count: entry.running,
  note: entry.note,
});

/** What the pages show before anybody has chosen an experiment: the latest of everything, lists, and a search. */
export function homeRoutes({
  activity,
  overview,
  tree,
  finder,
  recentModels,
}: HomeServices): readonly MlflowRoute[] {
  return [
    {
      method: 'GET',
      path: 'slipway/v1/home',
      access: 'filtered',
      request: [{ name: 'since', type: 'int64' }],
      async handle({ message, caller }) {
        const since = optionalInt64(message, 'since');
        if (typeof since === 'bigint') throw invalid('since', since, 'expected milliseconds since 1970.');
        const { experiments, running, ended } = await activity.latest(
          SHOWN,
          caller.access.visibleExperiments(),
        );
        const models = await recentModels.latest(SHOWN, caller.access.visibleModels());
        return {
          experiments: experiments.map((experiment) => ({
            experiment_id: String(experiment.experimentNo),
            name: experiment.name,
            run_count: experiment.runs,
            running_count: experiment.running,
            last_activity: experiment.lastActivityMs,
          })),
          running: running.map(renderRun),
          finished: ended.map(renderRun),
          models: models.map((model) => ({
            name: model.name,
            latest_version: model.latestVersion === undefined ? undefined : String(model.latestVersion),
            last_update_time: model.lastUpdateTimeMs,
            aliases: model.aliases.map(({ alias, version }) => ({ alias, version: String(version) })),
          })),
          ...(since !== undefined && {
            changes: {
              since,
              ...(await activity.since(since, caller.access.visibleExperiments())),
              model_versions: await recentModels.versionsSince(since, caller.access.visibleModels()),
            },
          }),
        };
      },
    },
    {
      method: 'GET',
      path: 'slipway/v1/experiments/overview',
      access: 'filtered',
      request: [
        { name: 'folder', type: 'string' },
        { name: 'within', type: 'string' },
        { name: 'contains', type: 'string' },
        { name: 'view_type', type: 'string' },
        { name: 'order_by', type: 'string' },
        { name: 'offset', type: 'int32' },
        { name: 'limit', type: 'int32' },
      ],
      async handle({ message, caller }) {
        const folder = optionalString(message, 'folder');
        const within = optionalString(message, 'within');
        const offset = optionalInt32(message, 'offset') ?? 0;
        const { total, experiments } = await overview.list({
          folder: folder === undefined ? undefined : parseFolder(folder, 'folder'),
          within: within === undefined ? undefined : parseFolder(within, 'within'),
          contains: optionalString(message, 'contains'),
          viewType: parseViewType(message, 'view_type'),
          order: optionalString(message, 'order_by'),
          offset,
          limit: optionalInt32(message, 'limit') ?? DEFAULT_WINDOW,
          visible: caller.access.visibleExperiments(),
        });
        return {
          total,
          offset,
          experiments: experiments.map(renderEntry),
        };
      },
    },
    {
      method: 'GET',
      path: 'slipway/v1/experiments/tree',
      access: 'filtered',
      request: [
        { name: 'parent', type: 'string' },
        { name: 'view_type', type: 'string' },
      ],
      async handle({ message, caller }) {
        const parent = parseFolder(optionalString(message, 'parent') ?? '', 'parent');
        const viewType = parseViewType(message, 'view_type');
        const folders = await tree.list(parent, {
          stage: viewType === 'DELETED_ONLY' ? 'deleted' : 'active',
          visible: caller.access.visibleExperiments(),
        });
        return {
          parent,
          folders: folders.map(({ runs, only, ...folder }) => ({
            path: folder.path,
            name: folder.name,
            active_experiments: folder.activeExperiments,
            deleted_experiments: folder.deletedExperiments,
            last_update_time: folder.lastUpdateTimeMs,
            ...(runs && {
              run_count: runs.total,
              running_count: runs.running,
              last_activity: runs.lastStartMs || folder.lastUpdateTimeMs,
            }),
            ...(only && { only_experiment: renderEntry(only) }),
          })),
        };
      },
    },
    {
      method: 'GET',
      path: 'slipway/v1/find',
      access: 'filtered',
      request: [{ name: 'q', type: 'string' }],
      async handle({ message, caller }) {
        const text = (optionalString(message, 'q') ?? '').slice(0, 500);
        const { experiments, runs, moreRuns, loggedModels } = await finder.find(text, {
          limit: FOUND,
          visible: caller.access.visibleExperiments(),
        });
        const ofModels = { limit: FOUND, visible: caller.access.visibleModels() };
        const aliases = await recentModels.findAliases(text, ofModels);
        return {
          experiments: experiments.map((row) => ({
            experiment_id: String(row.experiment_no),
            name: row.name,
          })),
          runs: runs.map((row) => ({
            run_id: row.run_id,
            run_name: row.name,
            experiment_id: String(row.experiment_no),
            experiment_name: row.experiment_name,
            status: row.status,
            start_time: row.start_time,
          })),
          ...(moreRuns && {
            more_runs: { total: moreRuns.total, experiment_ids: moreRuns.experimentNos.map(String) },
          }),
          logged_models: loggedModels.map((row) => ({
            model_id: row.model_id,
            name: row.name,
            experiment_id: String(row.experiment_no),
          })),
          models: (await recentModels.find(text, ofModels)).map((name) => ({ name })),
          aliases: aliases.map(({ name, alias, version }) => ({ name, alias, version: String(version) })),
        };
      },
    },
  ];
}
