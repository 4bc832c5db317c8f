import type { Files } from '../artifacts/files.ts';
import type { Database } from '../db/port.ts';
import { AppError, invalidArgument } from '../kernel/errors.ts';
import { type ArtifactPath, parseArtifactPath } from '../objects/artifact-path.ts';
import { parseLocation } from '../objects/location.ts';
import type { ArtifactReader, ArtifactRoot, ListedFile } from './artifact-reader.ts';
import type { Expectations } from './expectations.ts';
import { findImported, recordImported } from './imports-repository.ts';
import type { TrackerSource } from './source.ts';
import { createTally, line, type TallyResult } from './tally.ts';

export interface ArtifactCopyOrder {
  readonly db: Database;
  readonly files: Files;
  readonly source: TrackerSource;
  readonly reader: ArtifactReader;
  readonly importNo: number;
  readonly expectations: Expectations;
  onProgress?(progress: { readonly roots: number; readonly files: number; readonly bytes: number }): void;
}

/** What stays behind: a file whose name may not be kept here, or all files of a place that cannot be read. */
export interface LeftFile {
  readonly root: ArtifactRoot;
  /** Undefined for the whole place. */
  readonly path: string | undefined;
  readonly reason: string;
}

export interface ArtifactCopyResult {
  readonly files: number;
  readonly bytes: number;
  readonly left: readonly LeftFile[];
  /** Names and sizes of everything, in the source and here. */
  readonly verification: TallyResult;
}

interface Move {
  readonly from: ArtifactRoot;
  /** Where the files go in our store. */
  readonly to: string;
}

/**
 * Brings the files of all runs and logged models, then compares names and sizes with the source. The bytes of each were
 * hashed by the store as they came and count only when they are durable. Runs whose files are all here are not read
 * again. A file whose name cannot be kept stays behind, as do all files of a place that cannot be read; all others come.
 */
export async function copyArtifacts(order: ArtifactCopyOrder): Promise<ArtifactCopyResult> {
  const copied = { roots: 0, files: 0, bytes: 0 };
  const left: LeftFile[] = [];
  for await (const moves of listMoves(order)) {
    const { db, importNo } = order;
    const sourceIds = moves.map(({ from }) => from.id);
    const known = await db.read((sql) => findImported(sql, importNo, { kind: 'artifacts', sourceIds }));
    for (const move of moves) {
      copied.roots += 1;
      if (known.has(move.from.id)) continue;
      const done = await copyRoot(order, move);
      copied.files += done.files;
      copied.bytes += done.bytes;
      left.push(...done.left);
      // Not recorded where files were left: the next start names them again.
      if (done.left.length > 0) continue;
      const entity = { sourceId: move.from.id, targetId: move.to, isWhole: true };
      await db.write((tx) => recordImported(tx, importNo, { kind: 'artifacts', entities: [entity] }));
      order.onProgress?.(copied);
    }
  }
  return { files: copied.files, bytes: copied.bytes, left, verification: await verifyFiles(order) };
}

async function* listMoves({ source, expectations }: ArtifactCopyOrder): AsyncGenerator<Move[]> {
  for await (const page of source.runs()) {
    const runs = await page.load(page.runIds);
    yield runs.map((run) => ({
      from: { owner: 'run', id: run.runId, location: run.artifactLocation },
      to: managedPath(expectations.run(run).artifactLocation),
    }));
  }
  for await (const models of source.loggedModels()) {
    yield models.map((model) => ({
      from: { owner: 'logged model', id: model.modelId, location: model.artifactLocation },
      to: managedPath(expectations.loggedModel(model).artifactLocation),
    }));
  }
}

/** @throws AppError InvalidArgument where an experiment here keeps its artifacts elsewhere. */
function managedPath(uri: string): string {
  const location = parseLocation(uri);
  if (location.kind === 'managed') return location.path;
  throw invalidArgument(`Artifacts cannot be copied to ${uri}: this server does not keep that place.`);
}

/** An error instead of a path that may not be kept. */
function pathIn(root: string, path: string): ArtifactPath | AppError {
  try {
    return parseArtifactPath(`${root}/${path}`);
  } catch (error) {
    if (error instanceof AppError && error.code === 'InvalidArgument') return error;
    throw error;
  }
}

/** What the source has, or the error that says why one of its places cannot be read. Other errors are thrown. */
async function unlessUnreadable<T>(reading: Promise<T>): Promise<T | AppError> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof AppError && error.code === 'PermissionDenied') return error;
    throw error;
  }
}

const listAll = (reader: ArtifactReader, root: ArtifactRoot): Promise<ListedFile[] | AppError> =>
  unlessUnreadable(
    (async () => {
      const files: ListedFile[] = [];
      for await (const file of reader.list(root)) files.push(file);
      return files;
    })(),
  );

async function copyRoot({ files, reader }: ArtifactCopyOrder, { from, to }: Move) {
  const done = { files: 0, bytes: 0, left: [] as LeftFile[] };
  const leave = (path: string | undefined, { message: reason }: AppError) =>
    done.left.push({ root: from, path, reason });
  const listed = await listAll(reader, from);
  if (listed instanceof AppError) {
    leave(undefined, listed);
    return done;
  }
  for (const file of listed) {
    const target = pathIn(to, file.path);
    if (target instanceof AppError) {
      leave(file.path, target);
      continue;
    }
    const body = await unlessUnreadable(reader.open(from, file.path));
    if (body instanceof AppError) {
      leave(file.path, body);
      continue;
    }
    // As many bytes as were listed, or none: a file that is being written is not taken half.
    const { sizeBytes } = await files.put(target, body, { expectedSizeBytes: file.sizeBytes });
    done.files += 1;
    done.bytes += sizeBytes;
  }
  return done;
}

async function verifyFiles(order: ArtifactCopyOrder): Promise<TallyResult> {
  const tally = createTally('artifact files');
  for await (const moves of listMoves(order)) {
    for (const { from, to } of moves) {
      const [there, here]: [string[], string[]] = [[], []];
      const listed = await listAll(order.reader, from);
      // How many files lie at a place that cannot be read, nobody knows: it counts as one that is not here.
      if (listed instanceof AppError) there.push(line(from.location, null));
      for (const file of listed instanceof AppError ? [] : listed) {
        there.push(line(file.path, file.sizeBytes));
        const target = pathIn(to, file.path);
        const sizeBytes = target instanceof AppError ? undefined : await findSize(order.files, target);
        if (sizeBytes !== undefined) here.push(line(file.path, sizeBytes));
      }
      tally.compare(`${from.owner} ${from.id}`, there, here);
    }
  }
  return tally.result();
}

async function findSize(files: Files, path: ArtifactPath): Promise<number | undefined> {
  try {
    return (await files.stat(path)).sizeBytes;
  } catch (error) {
    if (error instanceof AppError && error.code === 'NotFound') return undefined;
    throw error;
  }
}
