import type { Database } from '../db/port.ts';
import { type Access, fullAccess, LOCAL_USER } from '../governance/access.ts';
import type { Action } from '../governance/privileges.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError, alreadyExists, invalidArgument, notFound } from '../kernel/errors.ts';
import { randomHexId } from '../kernel/ids.ts';
import { parseExperimentId } from './experiment-rules.ts';
import { findExperiment } from './experiments-repository.ts';
import { checkLength } from './key-rules.ts';
import * as repository from './saved-views-repository.ts';

/** A named state of a page: columns, filter, order, layout of charts. What is in the state is the page's own affair. */
export interface SavedView {
  readonly viewId: string;
  /** The page that it is of: `experiment:12`, `models`. */
  readonly scope: string;
  readonly name: string;
  /** The text of a JSON object. */
  readonly state: string;
  readonly createdBy: string;
  readonly creationTimeMs: number;
  readonly lastUpdateTimeMs: number;
  /** Counts changes, from 1. */
  readonly version: number;
}

const MAX_NAME = 200;
const MAX_SCOPE = 500;
/** UTF-16 units: a view with 200 columns and 100 charts is a tenth of it. */
const MAX_STATE = 256 * 1024;
const MAX_VIEWS = 500;

export interface SavedViewsDependencies {
  readonly db: Database;
  readonly clock: Clock;
}

/** Views that everybody who sees a page can choose. Those of an experiment go when the experiment goes for good. */
export function createSavedViews({ db, clock }: SavedViewsDependencies) {
  return {
    /** The views of a page that the caller may choose, by name. */
    async list(scope: string, by: Access = fullAccess(LOCAL_USER)): Promise<readonly SavedView[]> {
      const experimentNo = experimentOf(checkScope(scope));
      if (experimentNo !== null && !may(by, 'experiment.read', experimentNo)) return [];
      const owner = experimentNo === null && !by.principal.isAdmin ? Number(by.principal.id) : undefined;
      const rows = await db.read((sql) => repository.listViews(sql, { scope, owner, limit: MAX_VIEWS }));
      return rows.map(toView);
    },

    /**
     * @throws AppError AlreadyExists when the page has a view of that name; NotFound for the scope of an experiment that
     * there is not; LimitExceeded when the page has 500.
     */
    async create(
      view: {
        readonly scope: string;
        readonly name: string;
        readonly state: string;
        readonly createdBy: string;
      },
      by: Access = fullAccess(LOCAL_USER),
    ): Promise<SavedView> {
      const experimentNo = experimentOf(checkScope(view.scope));
      if (experimentNo !== null && !may(by, 'experiment.read', experimentNo))
        throw notFound(`No experiment with id ${experimentNo} exists.`);
      if (experimentNo !== null) requireEdit(by, experimentNo);
      checkName(view.name);
      checkState(view.state);
      return db.write(async (tx) => {
        if (experimentNo !== null && (await findExperiment(tx, experimentNo)) === undefined)
          throw notFound(`No experiment with id ${experimentNo} exists.`);
        if ((await repository.countViews(tx, view.scope)) >= MAX_VIEWS)
          throw new AppError('LimitExceeded', `This page has ${MAX_VIEWS} saved views: delete one first.`);
        const row = await repository.insertView(tx, {
          view_id: randomHexId(),
          scope: view.scope,
          name: view.name,
          state: view.state,
          created_by: view.createdBy,
          created_by_no: Number(by.principal.id),
          experimentNo,
          nowMs: clock.nowMs(),
        });
        if (row === undefined) throw nameTaken(view.name);
        return toView(row);
      });
    },

    /**
     * Renames a view or gives it another state, if nobody has changed it since the caller read `version`.
     * @throws AppError Conflict when somebody has; NotFound; AlreadyExists for a name that is taken.
     */
    async update(
      viewId: string,
      change: { readonly version: number; readonly name?: string; readonly state?: string },
      by: Access = fullAccess(LOCAL_USER),
    ): Promise<SavedView> {
      if (change.name !== undefined) checkName(change.name);
      if (change.state !== undefined) checkState(change.state);
      return db.write(async (tx) => {
        const current = await repository.findView(tx, viewId);
        if (current === undefined) throw unknownView(viewId);
        requireChange(by, current);
        const { name = current.name, state = current.state, version } = change;
        if (await repository.isNameTaken(tx, { scope: current.scope, name, viewId })) throw nameTaken(name);
        const row = await repository.updateView(tx, viewId, { name, state, version, nowMs: clock.nowMs() });
        if (row !== undefined) return toView(row);
        throw new AppError(
          'Conflict',
          `Somebody changed the view '${current.name}' meanwhile (it has version ${current.version}, not ${version}). Load it again, or save yours under another name.`,
        );
      });
    },

    /** @throws AppError NotFound */
    async delete(viewId: string, by: Access = fullAccess(LOCAL_USER)): Promise<void> {
      await db.write(async (tx) => {
        const current = await repository.findView(tx, viewId);
        if (current === undefined) throw unknownView(viewId);
        requireChange(by, current);
        await repository.deleteView(tx, viewId);
      });
    },
  };
}

const may = (by: Access, action: Action, experimentNo: number): boolean =>
  by.decide(action, { type: 'experiment', experimentNo }) === 'allowed';

function requireEdit(by: Access, experimentNo: number): void {
  if (may(by, 'experiment.edit', experimentNo)) return;
  throw new AppError(
    'PermissionDenied',
    `Permission denied: ${by.principal.name} must have the right to experiment.edit on it.`,
  );
}

/** Views of experiments are theirs who may change the experiment, all others their creators'. */
function requireChange(by: Access, row: repository.SavedViewRow): void {
  if (by.principal.isAdmin) return;
  const experimentNo = experimentOf(row.scope);
  const isSeen =
    experimentNo === null
      ? row.created_by_no === Number(by.principal.id)
      : may(by, 'experiment.read', experimentNo);
  if (!isSeen) throw unknownView(row.view_id);
  if (experimentNo !== null) requireEdit(by, experimentNo);
}

export type SavedViews = ReturnType<typeof createSavedViews>;

const toView = (row: repository.SavedViewRow): SavedView => ({
  viewId: row.view_id,
  scope: row.scope,
  name: row.name,
  state: row.state,
  createdBy: row.created_by,
  creationTimeMs: row.creation_time,
  lastUpdateTimeMs: row.last_update_time,
  version: row.version,
});

function checkScope(scope: string): string {
  checkLength(scope, MAX_SCOPE, 'scope');
  if (/^[a-z][a-z-]*(:.+)?$/s.test(scope)) return scope;
  throw invalidArgument(`Invalid scope '${scope.slice(0, 100)}': expected a page such as 'experiment:12'.`, {
    field: 'scope',
  });
}

function experimentOf(scope: string): number | null {
  const id = /^experiment:(.*)$/s.exec(scope)?.[1];
  return id === undefined ? null : parseExperimentId(id);
}

function checkName(name: string): void {
  checkLength(name, MAX_NAME, 'name');
  if (name.trim() === '') throw invalidArgument('A view needs a name.', { field: 'name' });
}

function checkState(state: string): void {
  if (state.length > MAX_STATE)
    throw invalidArgument(`The view's state has ${state.length} characters; at most ${MAX_STATE} are kept.`, {
      field: 'state',
    });
}

const nameTaken = (name: string) => alreadyExists(`This page has a view named '${name}' already.`);
const unknownView = (viewId: string) => notFound(`No saved view with id '${viewId.slice(0, 100)}' exists.`);
