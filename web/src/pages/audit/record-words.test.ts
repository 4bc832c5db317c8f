import { describe, expect, it } from 'vitest';
import { renderDetails, thingOf, unnamedOf } from './record-words.ts';

const change = (action: string, told: object, securable = '') =>
  thingOf({
    action,
    securable,
    subject: 'x=1',
    details: JSON.stringify({ principal: 7, subject: '3', ...told }),
  });

describe('what a record was about', () => {
  it('is the thing, and what else names it', () => {
    const record = { action: 'model.promote', securable: 'model:m', details: '' };
    expect(thingOf({ ...record, subject: 'alias=champion' })).toBe('model:m · alias=champion');
    expect(thingOf({ ...record, subject: '' })).toBe('model:m');
    expect(thingOf({ ...record, securable: '', subject: 'run_id=1' })).toBe('run_id=1');
  });

  it('is, of changed rights, what changed and for whom', () => {
    const grant = { change: 'added', detail: 'USE_CATALOG', name: 'jane@acme.com' };
    expect(change('grants.changed', grant, 'catalog:prod')).toBe(
      'catalog:prod · USE_CATALOG given to jane@acme.com',
    );
    expect(change('grants.changed', { ...grant, change: 'removed' })).toBe(
      'USE_CATALOG taken from jane@acme.com',
    );
    expect(change('members.changed', { change: 'added', name: 'jane', group: 'ml' })).toBe(
      'jane put into ml',
    );
    expect(change('tokens.changed', { change: 'removed', name: 'jane' })).toBe('token of jane removed');
    expect(change('principals.changed', { change: 'added', subject: 'ml', detail: 'group' })).toBe(
      'group ml added',
    );
  });

  it('tells numbers where names were not known', () => {
    expect(change('members.changed', { change: 'removed' })).toBe('principal 7 taken out of group 3');
    expect(thingOf({ action: 'grants.changed', securable: '', subject: 'grant=a', details: 'cut…' })).toBe(
      'grant=a',
    );
  });
});

it('tells who did it where nobody is named', () => {
  expect(unnamedOf({ action: 'login', route: 'POST /x' }).label).toBe('nobody known');
  expect(unnamedOf({ action: 'audit.lost', route: '' }).label).toBe('the server');
  expect(unnamedOf({ action: 'grants.changed', route: '' }).label).toBe('along with another change');
});

it('shows details as lines, and as they are where they are none', () => {
  expect(renderDetails('{"a":1}')).toBe('{\n  "a": 1\n}');
  expect(renderDetails('{"a"…')).toBe('{"a"…');
});
