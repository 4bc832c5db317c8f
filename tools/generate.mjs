// `npm run generate`: writes every generated file anew. `npm run check` refuses a file that is not up to date.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { FOLDER_ORDER } from './folder-order.mjs';
import { completeLockfile } from './lockfile.mjs';
import { ensurePinnedNode, root } from './setup.mjs';

/**
 * @typedef {object} Generator
 * @property {string} file path from the root
 * @property {(current: string) => string | Promise<string>} generate from its content now to the content it should have
 */

/** @type {readonly Generator[]} */
const GENERATORS = [
  { file: 'ARCHITECTURE.md', generate: (current) => replacePart(current, 'folders', folderList()) },
  { file: 'package-lock.json', generate: completeLockfile },
];

/**
 * Replaces what stands between `<!-- NAME: generated -->` and `<!-- NAME: end -->`.
 * @param {string} text
 * @param {string} name
 * @param {string} part
 */
export function replacePart(text, name, part) {
  const begin = `<!-- ${name}: generated -->`;
  const end = `<!-- ${name}: end -->`;
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`the marks "${begin}" and "${end}" are missing`);
  return `${text.slice(0, from + begin.length)}\n${part}\n${text.slice(to)}`;
}

/** The folders that exist, in their order. */
function folderList() {
  const present = FOLDER_ORDER.filter(([name]) => existsSync(path.join(root, 'server/src', name)));
  const width = Math.max(...present.map(([name]) => name.length));
  const lines = present.map(([name, owns]) => `${`${name}/`.padEnd(width + 2)} ${owns}`);
  return ['```', ...lines, '```'].join('\n');
}

/** @returns {Promise<import('./check.mjs').CheckResult>} */
export async function checkGenerated() {
  const stale = [];
  for (const { file, generate } of GENERATORS) {
    const current = readFileSync(path.join(root, file), 'utf8');
    if ((await generate(current)) !== current) stale.push(`${file} is not up to date: npm run generate`);
  }
  return { ok: stale.length === 0, output: stale.join('\n') };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await ensurePinnedNode();
  for (const { file, generate } of GENERATORS) {
    const target = path.join(root, file);
    writeFileSync(target, await generate(readFileSync(target, 'utf8')));
  }
}
