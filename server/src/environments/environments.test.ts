import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, realpath, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { uvProgram } from '../../../tools/python-env.mjs';
import { systemClock } from '../kernel/clock.ts';
import { createEnvironments, type EnvironmentSettings } from './environment-store.ts';
import { EnvironmentFailure, type EnvironmentSpec } from './environments.ts';
import { digestOf } from './python-env-file.ts';
import { judgeLine } from './requirements.ts';

const run = promisify(execFile);
let home: string;
let settings: EnvironmentSettings;

beforeAll(async () => {
  home = await mkdtemp(path.join(await realpath(tmpdir()), 'slipway-environments-'));
  settings = {
    folder: path.join(home, 'environments'),
    pythons: [await realPython()],
    uv: await uvProgram(),
    uvRequirements: fileURLToPath(new URL('../../../python/uv.txt', import.meta.url)),
    index: { url: undefined, findLinks: [], offline: false },
    searchPath: process.env.PATH!,
    network: networkVariables(),
  };
}, 120_000);
afterAll(() => rm(home, { recursive: true, force: true }));

async function realPython(): Promise<string> {
  return (await run('python3', ['-c', 'import sys; print(sys.executable)'])).stdout.trim();
}

/** As the program passes them on. */
function networkVariables(): Record<string, string> {
  const passed = /^(?:https?_proxy|no_proxy|all_proxy|ssl_cert_(?:file|dir))$/i;
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      passed.test(name) && value !== undefined ? [[name, value]] : [],
    ),
  );
}

const open = (changes: Partial<EnvironmentSettings> = {}) =>
  createEnvironments({ ...settings, ...changes }, { clock: systemClock });

function wish(lines: readonly string[], changes: Partial<EnvironmentSpec> = {}): EnvironmentSpec {
  const requirements = lines.map((text) => {
    const judged = judgeLine({ file: 'requirements.txt', line: 1, text });
    if (judged.kind !== 'requirement') throw new Error(`${text} is no requirement`);
    return judged.requirement;
  });
  return { python: undefined, requirements, constraints: [], wheels: [], ...changes };
}

const never = new AbortController().signal;
const ensure = (spec: EnvironmentSpec, environments = open()) => environments.ensure(spec, () => {}, never);

async function failureOf(work: Promise<unknown>): Promise<EnvironmentFailure> {
  const error = await work.then(
    () => new Error('it was built'),
    (failure: unknown) => failure,
  );
  if (!(error instanceof EnvironmentFailure)) throw error;
  return error;
}

describe('building', { timeout: 180_000 }, () => {
  test('eight who ask at once get one build, and each hears of it', async () => {
    const environments = open();
    const heard = Array.from({ length: 8 }, () => [] as string[]);
    const built = await Promise.all(
      heard.map((lines) => environments.ensure(wish(['six==1.17.0']), (line) => lines.push(line), never)),
    );
    expect(new Set(built.map(({ key }) => key)).size).toBe(1);
    const [{ python, versions, roots, pythonVersion }] = built as [(typeof built)[0]];
    expect(versions).toEqual({ six: '1.17.0' });
    for (const lines of heard) {
      expect(lines.filter((line) => line.startsWith('Python '))).toHaveLength(1);
      expect(lines.join('\n')).toContain('six==1.17.0');
    }
    const { stdout } = await run(python, [
      '-I',
      '-c',
      'import six, sys; print(six.__version__, sys.version)',
    ]);
    expect(stdout).toContain(`1.17.0 ${pythonVersion}`);
    expect(roots.every((root) => existsSync(root))).toBe(true);
    expect(python.startsWith(roots[0]!)).toBe(true);
  });

  test('what is there is found again, also by another process and written another way', async () => {
    const first = await ensure(wish(['six==1.17.0', 'colorama']));
    const lines: string[] = [];
    const again = await open().ensure(wish(['Colorama', 'SIX == 1.17.0']), (line) => lines.push(line), never);
    expect(again).toEqual(first);
    expect(lines).toEqual([]);
    expect((await ensure(wish(['six==1.16.0', 'colorama']))).key).not.toBe(first.key);
  });

  test('processes that race all get a whole environment and leave no draft', async () => {
    const racers = Array.from({ length: 3 }, () => ensure(wish(['six==1.15.0']), open()));
    const built = await Promise.all(racers);
    expect(new Set(built.map(({ python }) => python)).size).toBe(1);
    expect((await readdir(settings.folder)).filter((name) => name.startsWith('.draft'))).toEqual([]);
  });

  test('bytecode is compiled, whatever the surroundings say', async () => {
    const { python } = await ensure(wish(['colorama==0.4.6']));
    const { stdout } = await run(python, ['-I', '-c', 'import colorama; print(colorama.__cached__)']);
    expect(existsSync(stdout.trim())).toBe(true);
  });

  test('with a warm cache nothing is fetched: it is built without a network', async () => {
    await ensure(wish(['six==1.17.0', 'colorama==0.4.6']));
    const folder = path.join(home, 'offline');
    await mkdir(folder);
    // The environments are gone, the cache stays.
    await run('cp', ['-al', path.join(settings.folder, '.cache'), path.join(folder, '.cache')]);
    const offline = open({ folder, index: { ...settings.index, offline: true } });
    const { versions } = await ensure(wish(['six==1.17.0', 'colorama==0.4.6']), offline);
    expect(versions).toEqual({ six: '1.17.0', colorama: '0.4.6' });
    const failure = await failureOf(ensure(wish(['six==1.17.0', 'attrs==23.1.0']), offline));
    expect(failure.message).toBe(
      'attrs==23.1.0: it is not in the cache, and this server is not to use the network (--offline).',
    );
  });

  test('a wheel of the model is installed, and refused when it has changed since', async () => {
    const wheel = await makeWheel(home, 'own_features');
    const spec = wish([], { wheels: [{ path: wheel, sha256: await digestOf(wheel) }] });
    const { python } = await ensure(spec);
    const { stdout } = await run(python, ['-I', '-c', 'import own_features; print(own_features.ANSWER)']);
    expect(stdout.trim()).toBe('42');
    const swapped = wish([], { wheels: [{ path: wheel, sha256: '0'.repeat(64) }] });
    expect((await failureOf(ensure(swapped))).message).toMatch(/changed while/);
  });

  test('constraints bound what is taken', async () => {
    const [bound] = wish(['six<1.17']).requirements;
    const { versions } = await ensure(wish(['six'], { constraints: [bound!] }));
    expect(versions.six).toBe('1.16.0');
  });

  test('a build that nobody waits for any more is stopped, and can be asked for again', async () => {
    const environments = open();
    const leaving = new AbortController();
    const reason = new Error('the caller left');
    const asked = environments.ensure(
      wish(['six==1.14.0']),
      (line) => {
        if (line.startsWith('Python ')) leaving.abort(reason);
      },
      leaving.signal,
    );
    await expect(asked).rejects.toBe(reason);
    expect((await ensure(wish(['six==1.14.0']), environments)).versions.six).toBe('1.14.0');
  });
});

describe('what cannot be built', { timeout: 180_000 }, () => {
  test.each([
    ['six==99.9', 'six==99.9: there is no such version in the index.'],
    [
      'slipway-no-such-package-at-all',
      'slipway-no-such-package-at-all: there is no such package in the index.',
    ],
  ])('%s is named, with the reason', async (line, message) => {
    const failure = await failureOf(ensure(wish(['colorama==0.4.6', line, 'attrs'])));
    expect(failure.message).toBe(message);
    expect(failure.requirement).toBe(line);
    expect(failure.code).toBe('InvalidArgument');
    expect(failure.log).not.toBe('');
  });

  test('a package that has only sources is not built: its code would run at once', async () => {
    const failure = await failureOf(ensure(wish(['colorama', 'docopt==0.6.2'])));
    expect(failure.message).toBe(
      'docopt==0.6.2: the index has no wheel of it for this machine and Python, and nothing is built from source.',
    );
  });

  test('two that exclude each other are named together', async () => {
    const failure = await failureOf(ensure(wish(['six==1.17.0', 'six==1.16.0', 'colorama'])));
    expect(failure.message).toMatch(/^six==1\.17\.0 and six==1\.16\.0 cannot be installed together: /);
  });

  test('a Python that is not here is said before anything is fetched', async () => {
    const lines: string[] = [];
    const failure = await failureOf(
      open().ensure(wish(['six==99.9'], { python: '3.4.1' }), (line) => lines.push(line), never),
    );
    expect(failure.message).toMatch(
      /^The model needs Python 3\.4 and this server has 3\.\d+\.\d+.*: add it with --pythons, or log the model again\.$/,
    );
    expect(lines).toEqual([]);
  });

  test('an index that does not answer is worth another try', async () => {
    const index = { ...settings.index, url: 'http://127.0.0.1:9/simple' };
    const failure = await failureOf(ensure(wish(['attrs==22.2.0']), open({ index })));
    expect(failure.code).toBe('Unavailable');
  });

  test('another patch version of Python is taken with a warning', async () => {
    const { pythonVersion } = await ensure(wish(['six==1.17.0']));
    const python = `${pythonVersion.split('.').slice(0, 2).join('.')}.99`;
    const { warnings } = await ensure(wish(['six==1.17.0'], { python }));
    expect(warnings).toEqual([`The model was logged with Python ${python} and runs on ${pythonVersion}.`]);
  });

  test('the Pythons of the search path are found, each once', async () => {
    const folder = path.join(home, 'path');
    await mkdir(folder);
    const [python] = settings.pythons;
    for (const name of ['python3', 'python3.11', 'python3.8', 'python3-config'])
      await symlink(python!, path.join(folder, name));
    const environments = open({ pythons: [], searchPath: folder });
    const { pythonVersion } = await ensure(wish(['six==1.17.0']), environments);
    expect((await run(python!, ['-V'])).stdout.trim()).toBe(`Python ${pythonVersion}`);
    const failure = await failureOf(ensure(wish([], { python: '3.4' }), environments));
    expect(failure.message).toContain(`this server has ${pythonVersion}: add`);
  });

  test('names that are no Python and no uv are told', async () => {
    const fake = path.join(home, 'fake');
    await writeFile(fake, '#!/bin/sh\necho nothing\n');
    await chmod(fake, 0o755);
    expect((await failureOf(ensure(wish([]), open({ pythons: [fake] })))).message).toMatch(/--pythons/);
    expect((await failureOf(ensure(wish([]), open({ uv: fake })))).message).toMatch(/--uv/);
  });
});

describe('uv', { timeout: 180_000 }, () => {
  test('is installed, held to its digests, where there is none', async () => {
    const folder = path.join(home, 'without-uv');
    const bare = { folder, uv: undefined, searchPath: '/usr/bin:/bin' };
    const lines: string[] = [];
    await open(bare).ensure(wish([]), (line) => lines.push(line), never);
    expect(lines[0]).toBe('Installing uv, which makes Python environments (once)');
    const forged = path.join(home, 'forged.txt');
    await writeFile(forged, `uv==0.13.8 --hash=sha256:${'0'.repeat(64)}\n`);
    const elsewhere = { ...bare, folder: path.join(home, 'forged'), uvRequirements: forged };
    expect((await failureOf(ensure(wish([]), open(elsewhere)))).message).toMatch(/could not be installed/);
  });
});

describe('collecting', { timeout: 180_000 }, () => {
  test('the longest unused go first, and none that is in use', async () => {
    const folder = path.join(home, 'collected');
    const environments = open({ folder });
    const keys: string[] = [];
    for (const line of ['six==1.17.0', 'six==1.16.0', 'six==1.15.0'])
      keys.push((await ensure(wish([line]), environments)).key);
    const [old, older, used] = keys as [string, string, string];
    const hoursAgo = async (key: string, hours: number) => {
      const at = Date.now() / 1000 - hours * 3600;
      await utimes(path.join(folder, `${key}.used`), at, at);
    };
    await hoursAgo(old, 1);
    await hoursAgo(older, 2);
    await hoursAgo(used, 3);
    const giveBack = environments.inUse(used);
    const listed = await environments.list();
    expect(listed.map(({ key }) => key).sort()).toEqual(keys.toSorted());
    const total = listed.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    expect(await environments.collect({ maxBytes: total - 1 })).toEqual([older]);
    expect(await environments.collect({ maxBytes: 0 })).toEqual([old]);
    giveBack();
    expect(await environments.collect({ maxBytes: 0 })).toEqual([used]);
    expect(await environments.list()).toEqual([]);
  });

  test('what another process used in these minutes stays', async () => {
    const folder = path.join(home, 'fresh');
    const { key } = await ensure(wish(['six==1.17.0']), open({ folder }));
    expect(await open({ folder }).collect({ maxBytes: 0 })).toEqual([]);
    expect((await open({ folder }).list()).map((kept) => kept.key)).toEqual([key]);
  });

  test('drafts of builds that were interrupted go after an hour', async () => {
    const folder = path.join(home, 'drafts');
    await mkdir(path.join(folder, '.draft.1.old', 'x'), { recursive: true });
    await mkdir(path.join(folder, '.draft.1.young'), { recursive: true });
    const at = Date.now() / 1000 - 2 * 3600;
    await utimes(path.join(folder, '.draft.1.old'), at, at);
    await open({ folder }).collect({ maxBytes: 0 });
    expect(await readdir(folder)).toEqual(['.draft.1.young']);
  });
});

/** A wheel is a zip with a RECORD: Python's own `zipfile` makes it. */
async function makeWheel(folder: string, name: string): Promise<string> {
  const file = path.join(folder, `${name}-1.0-py3-none-any.whl`);
  const script = `
import sys, zipfile
file, name = sys.argv[1:]
info = f'{name}-1.0.dist-info'
texts = {
    f'{name}.py': 'ANSWER = 42\\n',
    f'{info}/METADATA': f'Metadata-Version: 2.1\\nName: {name}\\nVersion: 1.0\\n',
    f'{info}/WHEEL': 'Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n',
}
texts[f'{info}/RECORD'] = ''.join(f'{path},,\\n' for path in [*texts, f'{info}/RECORD'])
with zipfile.ZipFile(file, 'w') as wheel:
    for path, text in texts.items():
        wheel.writestr(path, text)
`;
  await run('python3', ['-c', script, file, name]);
  return file;
}

describe('locking', { timeout: 180_000 }, () => {
  test('every package is told with its version and digests, for a Python that is not here as well', async () => {
    const wheel = await makeWheel(home, 'locked_features');
    const spec = wish(['python-dateutil==2.9.0.post0'], {
      python: '3.9',
      wheels: [{ path: wheel, sha256: await digestOf(wheel) }],
    });
    const locked = await open().lock(spec, { machine: 'x86_64' }, { log: () => {}, signal: never });
    expect(locked.python).toBe('3.9');
    const names = locked.requirements.split('\n').filter((line) => /^\S/.test(line));
    expect(names).toEqual([
      'python-dateutil==2.9.0.post0 \\',
      expect.stringMatching(/^six==\d+\.\d+\.\d+ \\$/),
    ]);
    expect(locked.requirements).toMatch(/--hash=sha256:[0-9a-f]{64}/);
    expect(locked.requirements).not.toContain('file:');
  });

  test('what cannot be had is named here too', async () => {
    const work = open().lock(wish(['six==99.9']), { machine: 'aarch64' }, { log: () => {}, signal: never });
    expect((await failureOf(work)).message).toBe('six==99.9: there is no such version in the index.');
  });
});
