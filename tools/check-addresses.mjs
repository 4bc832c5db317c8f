import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { root } from './setup.mjs';
import { repositoryFiles } from './source-files.mjs';

const PUBLIC_REGISTRIES =
  /registry\.(npmjs|yarnpkg)\.|pythonhosted\.org|pypi\.org|proxy\.golang\.org|deb\.debian\.org/;
const MAX_BYTES = 5 * 1024 * 1024;

/**
 * The lines of a text that name a package registry. Whoever installs may use another one, so the tree pins versions
 * and hashes and never an address.
 * @param {string} text
 * @param {readonly string[]} hosts besides the public ones, those that this machine is set up with
 * @returns {number[]} line numbers, counted from 1
 */
export function linesNamingRegistries(text, hosts) {
  if (!PUBLIC_REGISTRIES.test(text) && !hosts.some((host) => text.includes(host))) return [];
  return text
    .split('\n')
    .map((line, index) =>
      PUBLIC_REGISTRIES.test(line) || hosts.some((host) => line.includes(host)) ? index + 1 : 0,
    )
    .filter((line) => line > 0);
}

/**
 * The host names in the settings of package tools, where they are not this machine itself.
 * @param {readonly string[]} settings addresses, or lists of them as GOPROXY has
 */
export function hostsIn(settings) {
  const hosts = settings
    .flatMap((setting) => [...setting.matchAll(/https?:\/\/(?:[^@/\s,|]*@)?([^/:\s,|]+)/g)])
    .map((match) => match[1] ?? '')
    .filter((host) => host.includes('.') && !/^(127\.|0\.0\.0\.0)/.test(host));
  return [...new Set(hosts)];
}

function machineSettings() {
  const ask = (/** @type {string} */ command, /** @type {string[]} */ ...args) => {
    const result = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
    return result.status === 0 ? result.stdout.trim() : '';
  };
  return [
    ask('npm', 'config', 'get', 'registry', '--loglevel=silent'),
    ask('python3', '-m', 'pip', 'config', 'get', 'global.index-url'),
    ask('go', 'env', 'GOPROXY'),
    process.env.PIP_INDEX_URL ?? '',
    process.env.UV_INDEX_URL ?? '',
    process.env.UV_DEFAULT_INDEX ?? '',
  ];
}

/** @returns {import('./check.mjs').CheckResult} */
export function checkAddresses() {
  const hosts = hostsIn(machineSettings());
  const found = repositoryFiles()
    .filter((file) => statSync(path.join(root, file)).size <= MAX_BYTES)
    .flatMap((file) =>
      linesNamingRegistries(readFileSync(path.join(root, file), 'utf8'), hosts).map(
        (line) => `${file}:${line}`,
      ),
    );
  const output = found.map((place) => `${place}: names a package registry`).join('\n');
  return { ok: found.length === 0, output };
}
