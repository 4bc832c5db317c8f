import path from 'node:path';
import {
  ADAPTER_FOLDERS,
  ADAPTER_MAKERS,
  CLOUD_SDKS,
  FOLDER_ORDER,
  HOT_PATHS,
  PACKAGE_PLACES,
  ROOT_FILES,
} from './folder-order.mjs';
import { importStatements, isBarrel } from './import-statements.mjs';

/** @typedef {import('./import-statements.mjs').ImportStatement} ImportStatement */
/**
 * @typedef {object} Violation
 * @property {string} file path from the root of the checkout, with `/`
 * @property {number} line
 * @property {string} rule
 */

const SERVER = 'server/src/';
const places = new Map(FOLDER_ORDER.map(([name], index) => [name, index]));

/**
 * Everything in one source file that goes against the rules of direction. Imports of types count like any other:
 * who needs a type needs to know.
 * @param {string} file path from the root of the checkout, with `/`
 * @param {string} source
 * @returns {Violation[]}
 */
export function importViolations(file, source) {
  /** @type {Violation[]} */
  const violations = [];
  for (const statement of importStatements(source)) {
    const target = statement.specifier.startsWith('.')
      ? path.posix.join(path.posix.dirname(file), statement.specifier)
      : undefined;
    for (const rule of brokenRules(file, statement, target))
      violations.push({ file, line: statement.line, rule });
  }
  if (file !== 'client/src/index.ts' && (path.posix.basename(file) === 'index.ts' || isBarrel(source))) {
    violations.push({
      file,
      line: 1,
      rule: 'only client/src/index.ts gathers exports: import from where they are made',
    });
  }
  if (file.startsWith(SERVER)) {
    const folder = folderOf(file);
    if (folder === undefined ? !isRootFile(file) : !places.has(folder)) {
      const what = folder === undefined ? 'this file' : `the folder ${folder}`;
      violations.push({ file, line: 1, rule: `${what} has no place in tools/folder-order.mjs` });
    }
  }
  return violations;
}

/**
 * @param {string} file
 * @param {ImportStatement} statement
 * @param {string | undefined} target path of the imported file, for relative imports
 * @returns {string[]}
 */
function brokenRules(file, statement, target) {
  if (file.startsWith(SERVER)) {
    return target === undefined ? packageRules(file, statement) : serverRules(file, target);
  }
  if (file.startsWith('client/src/')) {
    const inside = target?.startsWith('client/src/') ?? false;
    return inside || isTest(file) ? [] : ['the client imports only itself: no server, no Node, no package'];
  }
  if (file.startsWith('web/src/')) return webRules(file, statement, target);
  return [];
}

/** @param {string} file @param {string} target */
function serverRules(file, target) {
  const broken = [];
  if (!target.startsWith(SERVER)) {
    if (!isTest(file)) broken.push('the server imports nothing from outside server/src');
    return broken;
  }
  const from = folderOf(file);
  const to = folderOf(target);
  // A test through the door needs the whole program.
  if (from !== undefined && to === undefined && !isTest(file)) {
    broken.push(
      `only main.ts and compose.ts import ${path.posix.basename(target)}: receive values as arguments`,
    );
  }
  if (
    from === undefined &&
    target === `${SERVER}config.ts` &&
    !isTest(file) &&
    !/\/(main|compose)\.ts$/.test(file)
  ) {
    broken.push('only main.ts and compose.ts import config.ts: receive values as arguments');
  }
  if (from !== undefined && to !== undefined && from !== to) {
    const fromPlace = places.get(from) ?? Number.POSITIVE_INFINITY;
    const toPlace = places.get(to);
    if (toPlace !== undefined && toPlace > fromPlace) {
      broken.push(`${from} stands above ${to} in the order: take a function as an argument instead`);
    }
  }
  const adapter = ADAPTER_FOLDERS.find((folder) => target.startsWith(`${SERVER}${folder}/`));
  if (adapter && !file.startsWith(`${SERVER}${adapter}/`) && !isTest(file)) {
    const makers = adapter.startsWith('processes/') ? ADAPTER_MAKERS.processes : ADAPTER_MAKERS.others;
    if (!makers.some((maker) => file === `${SERVER}${maker}`))
      broken.push(`only ${makers.join(', ')} and tests import the adapter ${adapter}`);
  }
  if (!isTest(file) && HOT_PATHS.some((hot) => file.startsWith(`${SERVER}${hot}`))) {
    if (to === 'db' || target.endsWith('-repository.ts'))
      broken.push('what runs for each scoring request knows no database');
  }
  if (target.endsWith('-repository.ts') && from !== to) {
    broken.push(`${path.posix.basename(target)} is known in ${to} only: call an operation of ${to}`);
  }
  return broken;
}

/** @param {string} file @param {ImportStatement} statement */
function packageRules(file, statement) {
  const broken = [];
  const name = statement.specifier;
  const where = file.slice(SERVER.length);
  for (const rule of PACKAGE_PLACES) {
    if (!rule.packages.some((pattern) => matchesPackage(pattern, name))) continue;
    const permitted = rule.places.some((place) =>
      place.startsWith('*') ? where.endsWith(`${place.slice(1)}.ts`) : where.startsWith(`${place}/`),
    );
    if (!permitted && !isTest(file))
      broken.push(`${rule.what} (${name}) appears only in ${rule.places.join(' and ')}`);
  }
  if (CLOUD_SDKS.some((pattern) => matchesPackage(pattern, name)) && !isTest(file)) {
    const inAdapter = ADAPTER_FOLDERS.some((folder) => where.startsWith(`${folder}/`));
    if (!inAdapter) broken.push(`${name} is known to its adapter only`);
    else if (!statement.dynamic && !statement.typeOnly)
      broken.push(`${name} is loaded by import() when it is needed`);
  }
  if (matchesPackage('@slipway/client', name) && !isTest(file))
    broken.push('the server does not import the client');
  return broken;
}

/** @param {string} file @param {ImportStatement} statement @param {string | undefined} target */
function webRules(file, statement, target) {
  if (target === undefined) {
    const foreign = statement.specifier.startsWith('node:') || matchesPackage('slipway', statement.specifier);
    return foreign && !isTest(file) ? ['the web pages import neither the server nor Node'] : [];
  }
  if (!target.startsWith('web/src/'))
    return isTest(file) ? [] : ['web imports the client by its name, and itself'];
  const page = (/** @type {string} */ name) => /^web\/src\/pages\/([^/]+)\//.exec(name)?.[1];
  const from = page(file);
  const to = page(target);
  return from !== undefined && to !== undefined && from !== to
    ? [`pages do not import pages (${from} → ${to})`]
    : [];
}

/**
 * The files that prove something: tests, the conformance suites of ports, and fixtures for both. They run on real
 * databases and stores, so they may open adapters.
 * @param {string} file
 */
function isTest(file) {
  return (
    /\.(test|fixture)\.tsx?$/.test(file) || file.includes('/conformance/') || file.startsWith('client/test/')
  );
}

/** @param {string} file */
function folderOf(file) {
  const inside = file.slice(SERVER.length);
  return inside.includes('/') ? inside.slice(0, inside.indexOf('/')) : undefined;
}

/** @param {string} file */
function isRootFile(file) {
  const name = file.slice(SERVER.length);
  return ROOT_FILES.includes(name) || (/\.(test|fixture)\.ts$/.test(name) && !name.includes('/'));
}

/** @param {string} pattern a package name, or a scope as `@scope/*` @param {string} specifier */
function matchesPackage(pattern, specifier) {
  if (pattern.endsWith('/*')) return specifier.startsWith(pattern.slice(0, -1));
  return specifier === pattern || specifier.startsWith(`${pattern}/`);
}
