/**
 * @typedef {object} LockEntry
 * @property {string} [version]
 * @property {boolean} [optional]
 * @property {string[]} [os]
 * @property {string[]} [cpu]
 * @property {string[]} [libc]
 * @property {Record<string, string>} [optionalDependencies]
 */

const SYSTEMS = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
];
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64'];
const EXACT_VERSION = /^\d+\.\d+\.\d+(-[\w.-]+)?$/;

/**
 * Adds to a package-lock.json the builds for other platforms that npm left out. A registry that does not carry them
 * lets `npm install` pass and drop them, and then `npm ci` refuses the lockfile everywhere. Such an entry says for
 * which platform it is, so that no other platform asks for it.
 * @param {string} text content of a package-lock.json
 * @returns {string} the same text where nothing is missing
 */
export function completeLockfile(text) {
  const lockfile = /** @type {{packages: Record<string, LockEntry>}} */ (JSON.parse(text));
  const missing = missingBuilds(lockfile.packages);
  if (missing.length === 0) return text;
  const packages = { ...lockfile.packages, ...Object.fromEntries(missing) };
  const sorted = Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, 'en'));
  return `${JSON.stringify({ ...lockfile, packages: Object.fromEntries(sorted) }, null, 2)}\n`;
}

/**
 * @param {Record<string, LockEntry>} packages
 * @returns {Array<[path: string, entry: LockEntry]>}
 */
function missingBuilds(packages) {
  /** @type {Array<[string, LockEntry]>} */
  const missing = [];
  for (const [dependent, { optionalDependencies = {} }] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      if (placesOf(name, dependent).some((place) => packages[place])) continue;
      if (!EXACT_VERSION.test(version)) {
        throw new Error(`package-lock.json lacks ${name}@${version}, an optional dependency of ${dependent}`);
      }
      missing.push([`node_modules/${name}`, { version, optional: true, ...platformOf(name) }]);
    }
  }
  return missing;
}

/**
 * Where Node looks for a package, nearest first.
 * @param {string} name
 * @param {string} dependent path of the package that asks
 */
function placesOf(name, dependent) {
  const places = [];
  for (
    let folder = dependent;
    ;
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))
  ) {
    places.push(folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`);
    if (folder === '') return places;
  }
}

/**
 * What a name such as `@oxc-parser/binding-linux-arm64-musl` tells.
 * @param {string} name
 * @returns {LockEntry}
 */
function platformOf(name) {
  const words = name.split(/[/-]/);
  const os = words.find((word) => SYSTEMS.includes(word));
  const cpu = words.find((word) => PROCESSORS.includes(word));
  if (os === undefined || cpu === undefined)
    throw new Error(`package-lock.json lacks ${name}: its platform is unknown`);
  const libc = name.endsWith('musl')
    ? ['musl']
    : os === 'linux' && name.endsWith('-gnu')
      ? ['glibc']
      : undefined;
  return { cpu: [cpu], ...(libc ? { libc } : {}), os: [os] };
}
