// The rules of direction, over every source file: prints `file:line: rule`, ends with 1 when one is broken.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { importViolations } from './import-rules.mjs';
import { root } from './setup.mjs';
import { repositoryFiles } from './source-files.mjs';

const files = repositoryFiles('server/src', 'client/src', 'web/src').filter((file) =>
  /\.(ts|tsx|mts)$/.test(file),
);
const violations = files.flatMap((file) =>
  importViolations(file, readFileSync(path.join(root, file), 'utf8')),
);
for (const { file, line, rule } of violations) process.stdout.write(`${file}:${line}: ${rule}\n`);
process.stdout.write(`${files.length} files, ${violations.length} broken rules of direction\n`);
process.exitCode = violations.length === 0 && files.length > 0 ? 0 : 1;
