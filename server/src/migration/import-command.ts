import { resolve } from 'node:path';
import type { Files } from '../artifacts/files.ts';
import type { Database } from '../db/port.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError, invalidArgument } from '../kernel/errors.ts';
import { copyArtifacts } from './artifact-copy.ts';
import type { ArtifactReader } from './artifact-reader.ts';
import { type ImportProgress, importTracker } from './import.ts';
import type { ArtifactMode } from './location-map.ts';
import {
  type Credentials,
  type ForeignDatabases,
  type OpenedPlace,
  openPlace,
  parsePlace,
  parseServerUrl,
} from './places.ts';
import { renderDifferences, renderTable } from './report.ts';
import { createLocalArtifacts } from './sources/local-artifacts.ts';
import { createRestArtifacts } from './sources/rest-artifacts.ts';
import { createRestClient } from './sources/rest-client.ts';
import type { TallyResult } from './tally.ts';

export interface ImportCommandDependencies {
  readonly db: Database;
  readonly clock: Clock;
  readonly files: Files;
  readonly databases: ForeignDatabases;
  defaultArtifactLocation(experimentNo: number): string;
  /** Against which relative paths count. */
  readonly currentFolder: string;
  readonly credentials: Credentials;
  write(text: string): void;
}

export interface ImportCommand {
  readonly from: string;
  readonly artifacts: ArtifactMode;
  /** A folder that stands behind `mlflow-artifacts:/`, or a running server of the source. */
  readonly artifactsFrom: string | undefined;
}

export const IMPORT_FLAGS = ['from', 'artifacts', 'artifacts-from', 'artifacts-to'] as const;
const MODES: readonly ArtifactMode[] = ['copy', 'reference', 'none'];

/** @throws AppError InvalidArgument */
export function readImportCommand(
  flags: Partial<Record<(typeof IMPORT_FLAGS)[number], string>>,
): ImportCommand {
  if (flags.from === undefined)
    throw invalidArgument('--from is missing: say where to import from.', { field: 'from' });
  const artifacts = MODES.find((mode) => mode === (flags.artifacts ?? 'copy'));
  if (artifacts === undefined) {
    throw invalidArgument(`--artifacts ${flags.artifacts}: expected ${MODES.join(', ')}.`, {
      field: 'artifacts',
    });
  }
  return { from: flags.from, artifacts, artifactsFrom: flags['artifacts-from'] };
}

/**
 * Imports, copies artifacts where that is wanted, and prints what was found equal.
 * @throws AppError InvalidState when something differs from the source in the end, naming it; and what the import throws.
 */
export async function runImportCommand(
  deps: ImportCommandDependencies,
  command: ImportCommand,
): Promise<void> {
  const { db, clock, files, write, defaultArtifactLocation } = deps;
  const place = parsePlace(command.from, deps.currentFolder);
  const opened = await openPlace(place, deps.databases, deps.credentials);
  const { source } = opened;
  try {
    write(`Importing from ${source.identity}\n`);
    const result = await importTracker(
      { db, clock, defaultArtifactLocation },
      { source, artifacts: command.artifacts, onProgress: progressTo(write) },
    );
    const { written } = result;
    write(
      `Written now: ${written.experiments} experiments, ${written.runs} runs with ${written.points} points of metrics, ` +
        `${written.loggedModels} logged models, ${written.registeredModels} registered models.\n`,
    );
    for (const { from, to, name } of result.renumbered)
      write(`Experiment ${from} '${name}' is ${to} here.\n`);

    const tallies: TallyResult[] = [...result.verification];
    if (command.artifacts === 'copy') {
      const reader = artifactReader(opened, command, deps);
      const { importNo, expectations } = result;
      const copied = await copyArtifacts({ db, files, source, reader, importNo, expectations });
      write(`Copied now: ${copied.files} files of artifacts, ${copied.bytes} bytes.\n`);
      for (const { root, path, reason } of copied.left) {
        const what = path === undefined ? 'the artifacts' : JSON.stringify(path);
        write(`Left behind: ${what} of ${root.owner} ${root.id}. ${reason}\n`);
      }
      tallies.push(copied.verification);
    }
    write(`\n${renderTable(tallies)}\n`);
    const differences = renderDifferences(tallies);
    if (differences !== '') {
      throw new AppError(
        'InvalidState',
        `The import is not equal to its source. Either was changed after it was imported, or the import failed:\n${differences}`,
      );
    }
    write('\nEverything in the source is here, and equal.\n');
  } finally {
    await source.close();
  }
}

function artifactReader(
  { client }: OpenedPlace,
  { artifactsFrom }: ImportCommand,
  { currentFolder, credentials }: ImportCommandDependencies,
): ArtifactReader {
  if (artifactsFrom !== undefined && /^https?:/i.test(artifactsFrom)) {
    const url = parseServerUrl(artifactsFrom, 'artifacts-from');
    return createRestArtifacts(createRestClient({ url, ...credentials }));
  }
  if (artifactsFrom === undefined && client !== undefined) return createRestArtifacts(client);
  return createLocalArtifacts({
    managedFolder: artifactsFrom === undefined ? undefined : resolve(currentFolder, artifactsFrom),
    relativeTo: currentFolder,
  });
}

const RUNS_A_LINE = 5000;

function progressTo(write: (text: string) => void): (progress: ImportProgress) => void {
  let told = 0;
  return ({ stage, runs }) => {
    if (stage === 'runs' && runs - told >= RUNS_A_LINE) {
      told = runs;
      write(`  ${runs} runs\n`);
    }
    if (stage === 'verifying') write('Comparing with the source\n');
  };
}
