import { invalidArgument } from '../../kernel/errors.ts';
import { type ArtifactPath, parseArtifactPath } from '../../objects/artifact-path.ts';
import { parseLocation } from '../../objects/location.ts';

/**
 * The folder of the proxy that a location means.
 * @throws AppError InvalidArgument for a location that this server does not keep: whoever has its credentials reads it.
 */
export function managedFolder(location: string): ArtifactPath | '' {
  const parsed = parseLocation(location);
  if (parsed.kind !== 'managed') {
    throw invalidArgument(
      `The artifacts lie at ${location.slice(0, 200)}, which this server does not serve: read them there with your own credentials.`,
    );
  }
  return parsed.path === '' ? '' : parseArtifactPath(parsed.path);
}

/** A file below a location, as the proxy names it. */
export function managedPath(location: string, path: ArtifactPath): ArtifactPath {
  const folder = managedFolder(location);
  return folder === '' ? path : parseArtifactPath(`${folder}/${path}`);
}
