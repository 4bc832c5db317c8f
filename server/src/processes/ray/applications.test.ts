import { describe, expect, it } from 'vitest';
import { documentOf, readDetails } from './applications.ts';

const RUNNING = {
  controller_info: { actor_id: 'a' },
  proxy_location: 'HeadOnly',
  http_options: { host: '0.0.0.0', port: 8000 },
  target_capacity: 80,
};
const application = (config: unknown, more: object = {}) => ({
  status: 'RUNNING',
  message: '',
  source: 'declarative',
  deployed_app_config: config,
  deployments: {},
  ...more,
});
const details = (applications: Record<string, unknown>, settings: object = RUNNING) =>
  readDetails({ ...settings, applications });
const wish = { prefix: 'slipway-a-1-', applications: [], orphans: new Set<string>(), port: 8000 };

describe('the document for a cluster', () => {
  it('keeps the applications of others to the last field, and replaces its own', () => {
    const theirs = { name: 'theirs', import_path: 'x:y', unheard_of: { deep: [1, null] } };
    const ours = { name: 'slipway-a-1-2', import_path: 'ray_app.app:build' };
    const found = details({
      theirs: application(theirs),
      'slipway-a-1-1': application({ name: 'slipway-a-1-1' }),
      'slipway-a-2-1': application({ name: 'slipway-a-2-1' }),
    });
    expect(documentOf(found, { ...wish, applications: [ours] }).applications).toEqual([
      theirs,
      { name: 'slipway-a-2-1' },
      ours,
    ]);
  });

  it('keeps what was set for the whole of Serve', () => {
    expect(documentOf(details({}), wish)).toEqual({
      proxy_location: 'HeadOnly',
      http_options: { host: '0.0.0.0', port: 8000 },
      target_capacity: 80,
      applications: [],
    });
  });

  it('says where to listen where Serve does not run yet', () => {
    const found = details({}, { controller_info: {}, proxies: {}, target_capacity: null });
    expect(documentOf(found, { ...wish, port: 8123 })).toMatchObject({ http_options: { port: 8123 } });
  });

  it('leaves out what stands in no document, what is being deleted, and what a server left behind', () => {
    const found = details({
      imperative: application(null, { source: 'imperative' }),
      going: application({ name: 'going' }, { status: 'DELETING' }),
      'slipway-a-9-1': application({ name: 'slipway-a-9-1' }),
    });
    expect(documentOf(found, { ...wish, orphans: new Set(['slipway-a-9-1']) }).applications).toEqual([]);
  });

  it('changes nothing where that would delete what it was not shown', () => {
    expect(() => documentOf(details({ theirs: application(null) }), wish)).toThrow(
      expect.objectContaining({ code: 'Unavailable', message: expect.stringContaining('theirs') }),
    );
  });

  it('tells with an application what its deployments say', () => {
    const found = details({ one: application({}, { deployments: { Slot: { message: 'no CPU' } } }) });
    expect(found.applications.one!.message).toContain('no CPU');
  });

  it('refuses an answer that is none', () => {
    for (const answer of [null, [], {}, { applications: [] }, { applications: { one: 'RUNNING' } }])
      expect(() => readDetails(answer)).toThrow(expect.objectContaining({ code: 'Unavailable' }));
  });
});
