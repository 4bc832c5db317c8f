import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './setup.mjs';
import { repositoryFiles } from './source-files.mjs';

const ASKED = 400;
const REFUSED = 800;

/**
 * What to say about the length of files: from 400 lines on the question whether two things live there, above 800 no.
 * @param {ReadonlyArray<{file: string, lines: number}>} files
 * @returns {import('./check.mjs').CheckResult}
 */
export function judgeSizes(files) {
  const long = files.filter(({ lines }) => lines >= ASKED).sort((a, b) => b.lines - a.lines);
  const output = long.map(({ file, lines }) =>
    lines > REFUSED
      ? `${file}: ${lines} lines; above ${REFUSED} a file must be split`
      : `${file}: ${lines} lines; do two things live here?`,
  );
  return { ok: long.every(({ lines }) => lines <= REFUSED), output: output.join('\n') };
}

export function checkSizes() {
  const sources = repositoryFiles().filter((file) => /\.(ts|tsx|mjs|js|css|py)$/.test(file));
  return judgeSizes(
    sources.map((file) => ({
      file,
      lines: readFileSync(path.join(root, file), 'utf8').split('\n').length - 1,
    })),
  );
}
