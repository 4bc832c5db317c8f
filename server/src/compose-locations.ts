import type { Access } from './governance/access.ts';
import { AppError } from './kernel/errors.ts';
import { parseLocation, renderLocation } from './objects/location.ts';
import { foreignHostScheme, type HostPolicy } from './registry/source-hosts.ts';
import { VERSIONS_FOLDER } from './registry/version-folders.ts';

/** Where the files of an experiment go for which nobody chose a place. */
export const defaultArtifactLocation = (experimentNo: number): string => `mlflow-artifacts:/${experimentNo}`;

/**
 * A location that a caller chose for an experiment, in its one form; what leads outside is refused. So is a host of the
 * caller's choosing: all who log to the experiment would send it their files, and their tokens with them.
 */
export function parseArtifactLocation(text: string, hostPolicy: HostPolicy, by: Access): string {
  const location = parseLocation(text, { field: 'artifact_location', relativeTo: process.cwd() });
  const scheme = foreignHostScheme(location, hostPolicy);
  if (scheme !== undefined) {
    throw new AppError(
      'InvalidArgument',
      `'artifact_location' cannot use the '${scheme}' scheme: it names a host that is not this server's storage. ` +
        'The operator can allow the scheme by --allowed-source-schemes.',
      { field: 'artifact_location' },
    );
  }
  const unusable =
    location.kind === 'runs' ||
    location.kind === 'models' ||
    (location.kind === 'managed' && !by.principal.isAdmin && isReserved(location.path)) ||
    (location.kind === 'managed' && isCommon(location.path, by)) ||
    (location.kind === 'other' && /^https?$/.test(location.scheme));
  if (unusable) {
    throw new AppError('InvalidArgument', `Artifacts cannot be kept at ${text.slice(0, 200)}.`, {
      field: 'artifact_location',
    });
  }
  return renderLocation(location);
}

/**
 * What all may use is nobody's; the rest of DBFS is for administrators, who may give it away: whoever has an experiment
 * there reads what has been there before.
 */
const isCommon = (path: string, { principal }: Access): boolean =>
  principal.isAdmin ? /^dbfs(\/(tmp|FileStore)(\/|$)|$)/.test(path) : /^dbfs(\/|$)/.test(path);

/** Folders that are numbers are those of the experiments with these numbers; one holds the files of versions. */
function isReserved(path: string): boolean {
  const [first = ''] = path.split('/');
  return /^\d*$/.test(first) || first === VERSIONS_FOLDER;
}
