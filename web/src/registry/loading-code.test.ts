import { describe, expect, it } from 'vitest';
import { addressesOf, pythonToLoad, shellToServe, typescriptToLoad } from './loading-code.ts';

const SERVER = 'http://127.0.0.1:5000';
const uris = (...given: Parameters<typeof addressesOf>) => addressesOf(...given).map(({ uri }) => uri);

describe('how a version is loaded', () => {
  it('is by alias, by number, and by stage where it is in one', () => {
    const version = { name: 'prod.ml.iris', version: '3', aliases: ['champion'], stage: 'Production' };
    expect(uris(version)).toEqual([
      'models:/prod.ml.iris@champion',
      'models:/prod.ml.iris/3',
      'models:/prod.ml.iris/Production',
    ]);
    expect(uris({ ...version, aliases: [], stage: 'Archived' })).toEqual(['models:/prod.ml.iris/3']);
  });

  it('asks our client in TypeScript for the same version', () => {
    const code = (uri: string) => typescriptToLoad(SERVER, { uri, label: '' });
    expect(code('models:/a b@x-y')).toContain('getVersionByAlias("a b", "x-y")');
    expect(code('models:/mail@me.com/12')).toContain('modelVersions.get("mail@me.com", "12")');
    expect(code('models:/iris/Staging')).toContain('getLatestVersions("iris", { stages: ["Staging"] })');
  });

  it('quotes names with anything in them', () => {
    const address = { uri: `models:/it's "x"/1`, label: '' };
    expect(pythonToLoad(SERVER, address)).toContain('load_model("models:/it\'s \\"x\\"/1")');
    expect(shellToServe(SERVER, address)).toContain(`-m 'models:/it'\\''s "x"/1'`);
  });
});
