import type { Readable } from 'node:stream';

/** The files of one run or logged model in the source. */
export interface ArtifactRoot {
  readonly owner: 'run' | 'logged model';
  readonly id: string;
  readonly location: string;
}

export interface ListedFile {
  /** Below the root, with `/`. */
  readonly path: string;
  readonly sizeBytes: number;
}

export interface ArtifactReader {
  /**
   * All files below the root, in a fixed order; none where the place is absent.
   * @throws AppError PermissionDenied for a place that cannot be read from here, InvalidArgument where the caller has to
   * say where the places of the source lie.
   */
  list(root: ArtifactRoot): AsyncIterable<ListedFile>;
  /** @throws AppError PermissionDenied for a file that cannot be read. */
  open(root: ArtifactRoot, path: string): Promise<Readable>;
}
