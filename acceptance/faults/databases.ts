import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findPostgres, startPostgres } from '../../tools/postgres.mjs';

export interface FaultHome {
  readonly home: string;
  /** Flags that choose the database. */
  readonly args: string[];
  remove(): Promise<void>;
}

export interface FaultDatabase {
  readonly name: string;
  /** Why its tests are left out, or undefined. */
  readonly missing: boolean;
  open(): Promise<FaultHome>;
}

/** The databases that a server must keep its promises on; PostgreSQL where this machine has it. */
export const faultDatabases: readonly FaultDatabase[] = [
  {
    name: 'SQLite',
    missing: false,
    async open() {
      const home = freshHome();
      return { home, args: [], remove: async () => rmSync(home, { recursive: true, force: true }) };
    },
  },
  {
    name: 'PostgreSQL',
    missing: findPostgres() === undefined,
    async open() {
      const home = freshHome();
      const postgres = await startPostgres({ durable: true });
      return {
        home,
        args: ['--database', postgres.url],
        async remove() {
          await postgres.stop();
          rmSync(home, { recursive: true, force: true });
        },
      };
    },
  },
];

export const freshHome = (): string => mkdtempSync(path.join(tmpdir(), 'slipway-faults-'));
