import { readFileSync } from 'node:fs';
import path from 'node:path';
import { importViolations } from './import-rules.mjs';
import { root } from './setup.mjs';
import { repositoryFiles } from './source-files.mjs';

/**
 * The rules of direction over every source file.
 * @returns {import('./check.mjs').CheckResult} one line `file:line: rule` for each broken rule
 */
export function checkImports() {
  const files = repositoryFiles('server/src', 'client/src', 'web/src').filter((file) =>
    /\.(ts|tsx)$/.test(file),
  );
  const violations = files.flatMap((file) =>
    importViolations(file, readFileSync(path.join(root, file), 'utf8')),
  );
  const lines = violations.map(({ file, line, rule }) => `${file}:${line}: ${rule}`);
  return { ok: violations.length === 0 && files.length > 0, output: lines.join('\n') };
}
