import type { Database } from '../db/port.ts';
import { invalidArgument } from '../kernel/errors.ts';
import type { Tokens } from './tokens.ts';
import * as repository from './workspace-settings-repository.ts';

/** What administrators set while the server runs, by the names that Databricks has for it. */
export const SETTING_NAMES = ['maxTokenLifetimeDays'] as const;
export type SettingName = (typeof SETTING_NAMES)[number];

export interface WorkspaceSettings {
  /** Undefined where nobody set it. */
  get(name: SettingName): Promise<string | undefined>;
  /** All or none. @throws AppError InvalidArgument */
  set(settings: Partial<Readonly<Record<SettingName, string>>>): Promise<void>;
}

export function createWorkspaceSettings({ db }: { readonly db: Database }): WorkspaceSettings {
  return {
    get: (name) => db.read((sql) => repository.findSetting(sql, name)),
    async set(settings) {
      const { maxTokenLifetimeDays: days } = settings;
      if (days !== undefined && !/^\d{1,5}$/.test(days)) {
        throw invalidArgument(`'maxTokenLifetimeDays': expected a whole number of days, 0 for no limit.`, {
          field: 'maxTokenLifetimeDays',
        });
      }
      await db.write(async (tx) => {
        for (const name of SETTING_NAMES) {
          const value = settings[name];
          if (value !== undefined) await repository.putSetting(tx, name, value);
        }
      });
    },
  };
}

const DAY_MS = 86_400_000;

/**
 * New tokens live no longer than the workspace allows: one that asks for more is refused, one that asks for no end gets
 * the longest. Tokens that are there already keep their end.
 */
export function limitLifetimes(tokens: Tokens, settings: Pick<WorkspaceSettings, 'get'>): Tokens {
  return {
    ...tokens,
    async create(token) {
      const days = Number((await settings.get('maxTokenLifetimeDays')) ?? 0);
      if (days === 0) return tokens.create(token);
      const { lifetimeMs = 0 } = token;
      if (lifetimeMs > days * DAY_MS) {
        throw invalidArgument(`A token lives at most ${days} days in this workspace: ask for less.`, {
          field: 'lifetime_seconds',
        });
      }
      return tokens.create({ ...token, lifetimeMs: lifetimeMs === 0 ? days * DAY_MS : lifetimeMs });
    },
  };
}
