import type { Files } from '../artifacts/files.ts';
import type { Database } from '../db/port.ts';
import { AppError, invalidArgument } from '../kernel/errors.ts';
import { exportTracker } from './export/export.ts';
import { type Credentials, parseServerUrl } from './places.ts';
import { renderDifferences, renderTable } from './report.ts';
import { createOwnArtifacts } from './sources/own-artifacts.ts';
import { createRestClient } from './sources/rest-client.ts';

export interface ExportCommandDependencies {
  readonly db: Database;
  readonly files: Files;
  readonly credentials: Credentials;
  write(text: string): void;
}

export interface ExportCommand {
  readonly to: string;
  readonly artifacts: 'copy' | 'none';
}

export const EXPORT_FLAGS = ['to', 'artifacts'] as const;

/** @throws AppError InvalidArgument */
export function readExportCommand(
  flags: Partial<Record<(typeof EXPORT_FLAGS)[number], string>>,
): ExportCommand {
  const { to, artifacts = 'copy' } = flags;
  if (to === undefined)
    throw invalidArgument('--to is missing: the address of an MLflow server.', { field: 'to' });
  if (artifacts !== 'copy' && artifacts !== 'none') {
    throw invalidArgument(`--artifacts ${artifacts}: expected copy or none.`, { field: 'artifacts' });
  }
  return { to: parseServerUrl(to, 'to'), artifacts };
}

/** @throws AppError InvalidState when the other server has something else in the end, naming it; and what the export throws. */
export async function runExportCommand(
  deps: ExportCommandDependencies,
  command: ExportCommand,
): Promise<void> {
  const { db, files, credentials, write } = deps;
  const client = createRestClient({ url: command.to, ...credentials });
  write(`Exporting to ${client.url}\n`);
  const { written, hasLoggedModels, verification } = await exportTracker({
    db,
    client,
    reader: command.artifacts === 'none' ? undefined : createOwnArtifacts(files),
    onProgress: (text) => write(`${text}\n`),
  });
  write(
    `Written now: ${written.runs} runs, ${written.loggedModels} logged models, ${written.versions} model versions, ` +
      `${written.files} files of artifacts.\n`,
  );
  if (!hasLoggedModels) write('That server does not know logged models: they were left out.\n');
  write(`\n${renderTable(verification)}\n`);
  const differences = renderDifferences(verification);
  if (differences !== '') {
    throw new AppError('InvalidState', `The other server does not have the same:\n${differences}`);
  }
  write('\nEverything is there, and equal.\n');
}
