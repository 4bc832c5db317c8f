import type { Database, Sql } from '../db/port.ts';
import type { RecordEvents } from '../events/outbox.ts';
import type { Principal } from '../governance/access.ts';
import type { Clock } from '../kernel/clock.ts';
import { invalidState } from '../kernel/errors.ts';
import type { ArtifactPath } from '../objects/artifact-path.ts';
import { PENDING, READY } from './model-rules.ts';
import { holdModels, touchModel } from './models-repository.ts';
import { findMissing, listArrived } from './uploaded-files.ts';
import * as repository from './uploaded-versions-repository.ts';
import { createdEvent } from './version-creation.ts';
import { getVersionDetails, type VersionDetails } from './version-details.ts';
import { type VersionNumber, versionFolder } from './version-folders.ts';

export interface UploadedVersionsDependencies {
  readonly db: Database;
  readonly clock: Clock;
  readonly recordEvents: RecordEvents;
  /** The SHA-256 of a file, in hex, by reading it. @throws AppError NotFound */
  digest(path: ArtifactPath): Promise<string>;
}

export interface Finalization {
  readonly by: Principal;
  /** Whether the caller may know what lies at the source; else it is not looked at. */
  maySeeSource(source: string): Promise<boolean>;
}

/** Versions whose files a client sends to the registry: what was sent becomes what was registered. */
export function createUploadedVersions({ db, clock, recordEvents, digest }: UploadedVersionsDependencies) {
  /** Of the files that came to the object store in parts, of which nobody has computed a digest yet. */
  async function digestsOf(number: VersionNumber): Promise<ReadonlyMap<number, string>> {
    const files = await db.read((sql) => listArrived(sql, number));
    const digests = new Map<number, string>();
    for (const { path, sha256, blobNo } of files) {
      if (sha256 === null) {
        digests.set(blobNo, await digest(`${versionFolder(number)}/${path}` as ArtifactPath));
      }
    }
    return digests;
  }

  return {
    /**
     * Makes a version READY: from now on its files are what they are. To do it again is a success.
     * @throws AppError NotFound; InvalidState that names the files that are missing, where that can be known.
     */
    async finalize(
      name: string,
      version: number,
      { by, maySeeSource }: Finalization,
    ): Promise<VersionDetails> {
      const before = await db.read((sql) => getVersionDetails(sql, name, version));
      if (before.row.status === READY) return before;
      const number = { modelNo: before.row.model_no, version };
      const digests = await digestsOf(number);
      const written = before.row.source ?? '';
      const source = (await maySeeSource(written)) ? written : '';
      return db.write(async (tx) => {
        await holdModels(tx, [name]);
        // Files that are on their way wait here, or this for them.
        const state = await repository.holdState(tx, number);
        const details = await getVersionDetails(tx, name, version);
        if (state?.status === READY) return details;
        if (state?.status !== PENDING) throw refused(details, `it is ${details.row.status}`);
        const arrived = await listArrived(tx, number);
        const missing = await findMissing(tx, number, { source, arrived });
        if (missing !== undefined) throw refused(details, missing);
        const files = arrived.map((file) => ({
          ...file,
          sha256: file.sha256 ?? digests.get(file.blobNo) ?? null,
        }));
        const nowMs = clock.nowMs();
        await repository.insertVersionFiles(tx, number, files);
        await repository.setReady(tx, number, { by: by.name, nowMs });
        await touchModel(tx, number.modelNo, nowMs);
        const ready = await getVersionDetails(tx, name, version);
        await recordEvents(tx, [eventOf(ready)]);
        return ready;
      });
    },

    /** The files of a READY version as they were when it became so, by path. @throws AppError NotFound */
    async files(name: string, version: number): Promise<readonly repository.VersionFile[]> {
      return db.read(async (sql: Sql) => {
        const { row } = await getVersionDetails(sql, name, version);
        return repository.listVersionFiles(sql, { modelNo: row.model_no, version });
      });
    },
  };
}

export type UploadedVersions = ReturnType<typeof createUploadedVersions>;

const refused = ({ row }: VersionDetails, why: string) =>
  invalidState(`Version ${row.version} of '${row.name}' cannot be finalized: ${why}.`);

const eventOf = ({ row, tags }: VersionDetails) =>
  createdEvent({
    name: row.name,
    version: row.version,
    description: row.description,
    source: row.source,
    runId: row.run_id,
    isPrompt: false,
    tags: new Map(tags.map(({ key, value }) => [key, value])),
  });
