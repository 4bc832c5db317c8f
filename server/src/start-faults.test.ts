import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from './config.ts';
import { startCommand } from './migration/command.fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'slipway-start-'));
let taken: Server;
let takenPort: number;

beforeAll(async () => {
  taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const address = taken.address();
  takenPort = typeof address === 'object' && address !== null ? address.port : 0;
});
afterAll(async () => {
  await new Promise((resolve) => taken.close(resolve));
  rmSync(folder, { recursive: true });
});

const run = (...args: string[]) => startCommand(args, folder).ended;

async function refusal(...args: string[]): Promise<string> {
  const { code, text } = await run(...args);
  expect(code).toBe(1);
  // A stack is for defects of ours.
  expect(text).not.toMatch(/^\s+at /m);
  return text;
}

describe('a server that cannot start', () => {
  it('names the port that another program has', async () => {
    const text = await refusal('server', '--home', join(folder, 'a'), '--port', String(takenPort));
    expect(text).toContain(`Another program listens on 127.0.0.1:${takenPort}`);
  }, 20_000);

  it('names the address that is not of this machine', async () => {
    const text = await refusal('server', '--home', join(folder, 'b'), '--port', '0', '--host', '192.0.2.1');
    expect(text).toContain('192.0.2.1 is no address of this machine');
  }, 20_000);

  it.each([
    ['--store-endpoint', 'notaurl', 'expected an address such as https://'],
    ['--store-endpoint', 'ftp://host', 'expected an address such as https://'],
    ['--pages', '/nope', 'it holds no index.html'],
  ])(
    'says what is wrong with %s %s',
    async (flag, value, words) => {
      const text = await refusal('server', '--home', join(folder, 'g'), '--port', '0', flag, value);
      expect(text).toContain(`${flag} ${value}: `);
      expect(text).toContain(words);
    },
    20_000,
  );

  it('says that its home is a file', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    expect(await refusal('server', '--home', file, '--port', '0')).toContain(`${file} is not a folder`);
  }, 20_000);

  it('says that its database is none', async () => {
    const home = join(folder, 'garbage');
    mkdirSync(home);
    writeFileSync(join(home, 'slipway.db'), 'x'.repeat(20_000));
    const text = await refusal('server', '--home', home, '--port', '0');
    expect(text).toContain(`${join(home, 'slipway.db')} is not a database, or is damaged`);
  }, 20_000);

  it('says that its database cannot be opened', async () => {
    const home = join(folder, 'unopenable');
    mkdirSync(join(home, 'slipway.db'), { recursive: true });
    const text = await refusal('server', '--home', home, '--port', '0');
    expect(text).toContain(`${join(home, 'slipway.db')} cannot be opened`);
  }, 20_000);
});

describe('the command line', () => {
  it.each([['--help'], ['-h'], ['server', '--help'], ['gc', '--help']])(
    'explains itself: %s %s',
    async (...args) => {
      const { code, text } = await run(...args);
      expect(text).toContain('slipway import mlflow --from PLACE');
      expect(code).toBe(0);
    },
    20_000,
  );

  it('collects no garbage where no server ever was', async () => {
    const home = join(folder, 'mistyped');
    expect(await refusal('gc', '--home', home)).toContain(`${home} is not the home of a server`);
  }, 20_000);
});

describe('empty settings', () => {
  it('counts an empty variable as none', () => {
    const config = readConfig([], { SLIPWAY_HOST: '', SLIPWAY_PORT: '' });
    expect(config).toMatchObject({ host: '127.0.0.1', port: 5000 });
  });

  it.each(['host', 'home'])('refuses an empty --%s', (flag) => {
    expect(() => readConfig([`--${flag}`, ''], {})).toThrow(`--${flag} : expected`);
  });
});

describe('trusted proxies', () => {
  it('are those of this machine unless others are named', () => {
    expect(readConfig([], {}).trustsProxy('127.0.0.1')).toBe(true);
    expect(readConfig([], {}).trustsProxy('10.0.0.1')).toBe(false);
    const named = readConfig([], { SLIPWAY_TRUSTED_PROXIES: '10.0.0.0/24, 192.0.2.1' });
    expect(['10.0.0.9', '192.0.2.1', '127.0.0.1'].map(named.trustsProxy)).toEqual([true, true, false]);
  });

  it('are refused where they are no addresses', () => {
    expect(() => readConfig(['--trusted-proxies', 'my-proxy'], {})).toThrow('--trusted-proxies my-proxy');
  });
});

describe('the engine of models', () => {
  const ray = ['--engine', 'ray', '--ray-address', 'http://head:8265'];

  it('is this machine unless a cluster is named, whose token comes by the environment', () => {
    expect(readConfig([], {}).serving).toMatchObject({ engine: 'local', ray: undefined });
    expect(readConfig(ray, { SLIPWAY_RAY_TOKEN: 'planted' }).serving).toMatchObject({
      engine: 'ray',
      ray: { serveAddress: 'http://head:8000', token: 'planted', resourceClasses: { cpu: { num_cpus: 1 } } },
    });
  });

  it('may be a cluster for some endpoints alone', () => {
    const flags = ['--ray-address', 'https://head', '--ray-resources', '{"gpu-small":{"num_gpus":1}}'];
    expect(readConfig(flags, {}).serving).toMatchObject({
      engine: 'local',
      ray: { address: 'https://head', resourceClasses: { cpu: {}, 'gpu-small': { num_gpus: 1 } } },
    });
  });

  it.each([
    ['--engine ray', ['--engine', 'ray']],
    ['--engine spark', ['--engine', 'spark']],
    ['--ray-address head', ['--ray-address', 'head']],
    ['--ray-serve-address head', [...ray, '--ray-serve-address', 'head']],
    ['--ray-resources {', [...ray, '--ray-resources', '{']],
    ['--ray-resources {"cpu":{"num_cpus":"1"}}', [...ray, '--ray-resources', '{"cpu":{"num_cpus":"1"}}']],
    ['--ray-resources {"cpu":{"runtime_env":{}}}', [...ray, '--ray-resources', '{"cpu":{"runtime_env":{}}}']],
  ])('is refused as %s', (name, flags) => {
    const flag = name === '--engine ray' ? '--ray-address' : name.split(' ', 1)[0]!;
    expect(() => readConfig(flags, {})).toThrow(flag);
  });
});

it('tells its version', async () => {
  const { code, text } = await run('--version');
  expect(code).toBe(0);
  expect(text.trim()).toMatch(/^\d+\.\d+\.\d+/);
}, 20_000);
