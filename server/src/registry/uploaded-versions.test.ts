import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openFiles } from '../artifacts/conformance/files.ts';
import { digestFile } from '../artifacts/file-digest.ts';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import { LOCAL_USER } from '../governance/access.ts';
import { systemClock } from '../kernel/clock.ts';
import { parseArtifactPath } from '../objects/artifact-path.ts';
import { createRegistry, type Registry, version } from './conformance/registry.ts';
import { createUploadedVersions, type UploadedVersions } from './uploaded-versions.ts';
import { keepVersionFiles } from './version-files.ts';
import { guardVersionFolder, versionFolder } from './version-folders.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe.each(testedDatabases())('versions whose files are sent to the registry, on $name', ({ open }) => {
  let opened: OpenedDatabase;
  let registry: Registry;
  let uploaded: UploadedVersions;
  let files: Awaited<ReturnType<typeof openFiles>>;
  let made = 0;

  beforeAll(async () => {
    opened = await open();
    registry = createRegistry(opened.db);
    files = await openFiles(opened.db, systemClock, keepVersionFiles, guardVersionFolder);
    uploaded = createUploadedVersions({
      db: opened.db,
      clock: systemClock,
      recordEvents: registry.recordEvents,
      digest: (path) => digestFile(files.files, path),
    });
  });
  afterAll(async () => {
    await opened.remove();
    files.remove();
  });

  async function newVersion(source = '/tmp/model') {
    made += 1;
    const name = `sent-${made}`;
    await registry.models.create({ name, description: '', tags: [] });
    return openVersion(name, source);
  }

  async function openVersion(name: string, source = '/tmp/model') {
    const { row } = await registry.versions.createUploaded({
      name,
      source,
      runId: undefined,
      modelId: undefined,
      mayLink: false,
      description: null,
      tags: [],
      by: LOCAL_USER,
      runWorkspaceId: null,
      dependencies: null,
    });
    const folder = versionFolder({ modelNo: row.model_no, version: row.version });
    return { name, row, send: (file: string, text: string) => files.put(`${folder}/${file}`, text), folder };
  }

  const finalize = (name: string, version: number, maySee = true) =>
    uploaded.finalize(name, version, { by: LOCAL_USER, maySeeSource: async () => maySee });

  it('are READY when their files are there, and remember these', async () => {
    const { name, row, send } = await newVersion();
    expect(row.status).toBe('PENDING_REGISTRATION');
    await send('MLmodel', 'flavors: {}');
    await send('data/model.pkl', 'bytes');
    expect((await finalize(name, 1)).row.status).toBe('READY');
    expect(await uploaded.files(name, 1)).toEqual([
      { path: 'MLmodel', sizeBytes: 11, sha256: sha256('flavors: {}') },
      { path: 'data/model.pkl', sizeBytes: 5, sha256: sha256('bytes') },
    ]);
    expect((await finalize(name, 1)).row.status).toBe('READY');
  });

  it('are told of to subscribers when they are READY, and not before', async () => {
    const { name, send } = await newVersion();
    const told = () =>
      registry.events.filter(({ entity, data }) => entity === 'model_version' && data.name === name).length;
    await send('MLmodel', 'x');
    expect(told()).toBe(0);
    await finalize(name, 1);
    expect(told()).toBe(1);
  });

  it('are not READY without files, without MLmodel, or without what lies at the source', async () => {
    await files.put('1/run/artifacts/model/MLmodel', 'x');
    await files.put('1/run/artifacts/model/weights/a.bin', 'x');
    const { name, send } = await newVersion('mlflow-artifacts:/1/run/artifacts/model');
    await expect(finalize(name, 1)).rejects.toMatchObject({
      code: 'InvalidState',
      message: expect.stringContaining('no file of it has arrived'),
    });
    await send('other.txt', 'x');
    await expect(finalize(name, 1)).rejects.toThrow(/'MLmodel', 'weights\/a\.bin' has not arrived/);
    // What the caller may not see is not told.
    await expect(finalize(name, 1, false)).rejects.toThrow(/: 'MLmodel' has not arrived/);
    await send('MLmodel', 'x');
    await send('weights/a.bin', 'x');
    expect((await finalize(name, 1)).row.status).toBe('READY');
  });

  it('are not READY while parts of a file are still coming', async () => {
    const { name, send, folder } = await newVersion();
    await send('MLmodel', 'x');
    await opened.db.write((tx) =>
      tx.run(
        `INSERT INTO artifact_uploads (upload_id, path, object_key, store_upload_id, created_at)
         VALUES (?, ?, ?, ?, ?)`,
        [`upload-${name}`, `${folder}/weights.bin`, `key-${name}`, 's', 1],
      ),
    );
    await expect(finalize(name, 1)).rejects.toThrow(/the upload of 'weights\.bin' is not complete/);
  });

  it('take no file once they are READY, nor before they are made', async () => {
    const { name, send, row } = await newVersion();
    await send('MLmodel', 'one');
    await send('MLmodel', 'another');
    await finalize(name, 1);
    for (const file of ['MLmodel', 'new.txt'])
      await expect(send(file, 'changed')).rejects.toMatchObject({ code: 'Conflict' });
    await expect(files.put(`registered-models/${row.model_no}/2/MLmodel`, 'x')).rejects.toMatchObject({
      code: 'Conflict',
    });
    await expect(files.put('registered-models/x', 'x')).rejects.toMatchObject({ code: 'Conflict' });
    await expect(files.delete(`registered-models/${row.model_no}/1/MLmodel`)).rejects.toMatchObject({
      code: 'Conflict',
    });
    expect(await files.read(`registered-models/${row.model_no}/1/MLmodel`)).toBe('another');
  });

  it('hold either a file that came at the same moment, or its refusal', async () => {
    for (let i = 0; i < 8; i += 1) {
      const { name, send, row } = await newVersion();
      await send('MLmodel', 'x');
      const [late] = await Promise.allSettled([send('late.txt', 'late'), finalize(name, 1)]);
      const remembered = (await uploaded.files(name, 1)).map(({ path }) => path);
      const there = await files.names(`registered-models/${row.model_no}/1`);
      expect(there).toEqual(remembered);
      expect(there.includes('late.txt')).toBe(late.status === 'fulfilled');
    }
  });

  it('get neither alias nor stage nor copy before they are READY', async () => {
    const { name, send } = await newVersion();
    const results = await Promise.allSettled([
      registry.aliases.set(name, 'champion', 1),
      registry.versions.transition(name, 1, { stage: 'Production', archiveOthers: false }),
      registry.versions.create(version(name, `models:/${name}/1`)),
    ]);
    for (const result of results) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'InvalidState' } });
    }
    await send('MLmodel', 'x');
    await finalize(name, 1);
    await registry.aliases.set(name, 'champion', 1);
    expect((await registry.aliases.find(name, 'champion'))?.row.version).toBe(1);
  });

  it('take their files along when they go, but for those that another version was copied from', async () => {
    const { name, send, folder } = await newVersion();
    await send('MLmodel', 'x');
    await finalize(name, 1);
    await registry.models.create({ name: `${name}-copy`, description: '', tags: [] });
    await registry.versions.create({
      name: `${name}-copy`,
      source: `models:/${name}/1`,
      runId: undefined,
      modelId: undefined,
      runLink: '',
      description: '',
      tags: [],
      by: LOCAL_USER,
    });
    await registry.versions.delete(name, 1);
    expect(await files.names(folder)).toEqual(['MLmodel']);

    const second = await openVersion(name);
    await second.send('MLmodel', 'y');
    await finalize(name, 2);
    await registry.models.delete(name);
    expect(await files.names(second.folder)).toEqual([]);
    await expect(files.files.stat(parseArtifactPath(`${second.folder}/MLmodel`))).rejects.toMatchObject({
      code: 'NotFound',
    });
  });
});
