import type { Migration } from '../migrate.ts';
import { tracking } from './0001-tracking.ts';

/** Every migration, oldest first. A migration that has shipped is never edited: the next one mends it. */
export const migrations: readonly Migration[] = [tracking];
