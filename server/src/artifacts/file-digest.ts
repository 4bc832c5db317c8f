import { createHash } from 'node:crypto';
import type { ArtifactPath } from '../objects/artifact-path.ts';
import type { Files } from './files.ts';

/** The SHA-256 of a file, in hex, by reading it: for what came to the object store without one. @throws as `Files.open` */
export async function digestFile(files: Pick<Files, 'open'>, path: ArtifactPath): Promise<string> {
  const hash = createHash('sha256');
  const { read } = await files.open(path);
  for await (const chunk of read.stream) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}
