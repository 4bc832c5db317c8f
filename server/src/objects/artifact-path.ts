import { invalidArgument } from '../kernel/errors.ts';
import type { Branded } from '../kernel/ids.ts';
import { decodedForms } from './decoded-forms.ts';

/** The relative path of a file or folder inside a run or model: `plots/roc.png`. Never empty, never leaves its root. */
export type ArtifactPath = Branded<'ArtifactPath'>;

const MAX_CHARACTERS = 4096;
const MAX_PART_BYTES = 255;

/**
 * Reads a path that the HTTP layer has decoded once. It is kept as it is: `a%20b.txt` names that file. But where
 * repeated decoding would make an unsafe path of it, it is refused, since another reader may decode again.
 *
 * @throws AppError InvalidArgument naming `field`.
 */
export function parseArtifactPath(text: string, field = 'path'): ArtifactPath {
  if (text.length > MAX_CHARACTERS) {
    throw invalidArgument(`Invalid path: longer than ${MAX_CHARACTERS} characters.`, { field });
  }
  if (!text.isWellFormed()) throw invalidArgument('Invalid path: not Unicode text.', { field });
  const forms = decodedForms(text);
  if (forms === undefined) throw invalidArgument('Invalid path: encoded more than ten times.', { field });
  for (const form of forms) {
    const fault = faultOf(form);
    if (fault !== undefined) throw invalidArgument(`Invalid path: ${fault}.`, { field });
  }
  return text as ArtifactPath;
}

function faultOf(path: string): string | undefined {
  if (path === '') return 'it is empty';
  if (path.includes('\0')) return 'it holds a NUL character';
  if (path.includes('#')) return 'it holds `#`';
  if (path.includes('\\')) return 'it holds a backslash; separate folders by `/`';
  if (path.startsWith('/')) return 'it is absolute; give a path relative to the artifact root';
  if (/^[a-z]:(?:\/|$)/i.test(path)) return 'it names a drive; give a path relative to the artifact root';
  for (const part of path.split('/')) {
    if (part === '') return 'it has an empty part';
    if (part === '.' || part === '..') return `it has the part \`${part}\``;
    if (Buffer.byteLength(part) > MAX_PART_BYTES) return `a part is longer than ${MAX_PART_BYTES} bytes`;
  }
  return undefined;
}
