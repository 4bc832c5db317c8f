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
  /** All files below the root, in a fixed order; none where the place is absent. @throws AppError InvalidArgument for places that it cannot reach. */
  list(root: ArtifactRoot): AsyncIterable<ListedFile>;
  open(root: ArtifactRoot, path: string): Promise<Readable>;
}
