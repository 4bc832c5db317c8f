import { describe, expect, it } from 'vitest';
import { createProcessPlaces } from './process-places.ts';

const never = new AbortController().signal;

/** Places, with the names of those who got one, in order. */
function open(limits = { maxProcesses: 2, maxWaiting: 6, maxWaitingOfOne: 3 }) {
  const places = createProcessPlaces(limits);
  const went: string[] = [];
  const enter = (owner: string | undefined, name: string, signal = never) =>
    places.enter(owner, signal).then(() => void went.push(name));
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { places, went, enter, settle };
}

describe('places in the processes that run queries', () => {
  it('are never all one principal’s', async () => {
    const { places, went, enter, settle } = open();
    const eve = ['a', 'b', 'c'].map((name) => enter('eve', name));
    await settle();
    expect(went).toEqual(['a']);
    await enter('bob', 'bob');
    expect(went).toEqual(['a', 'bob']);
    places.leave('eve');
    await settle();
    expect(went).toEqual(['a', 'bob', 'b']);
    places.leave('bob');
    await settle();
    expect(went).toEqual(['a', 'bob', 'b']);
    places.leave('eve');
    await Promise.all(eve);
    expect(went).toEqual(['a', 'bob', 'b', 'c']);
  });

  it('go to the longest waiting who may have one', async () => {
    const { places, went, enter, settle } = open();
    await enter('eve', 'eve 1');
    await enter('bob', 'bob 1');
    for (const owner of ['eve', 'bob', 'amy', 'eve']) void enter(owner, owner);
    await settle();
    expect(went).toEqual(['eve 1', 'bob 1']);
    places.leave('bob');
    await settle();
    expect(went).toEqual(['eve 1', 'bob 1', 'bob']);
    places.leave('eve');
    places.leave('eve');
    await settle();
    expect(went.slice(3)).toEqual(['eve', 'amy']);
  });

  it('are waited for by few of one principal, and by no more than there is room for', async () => {
    const { enter } = open();
    await enter('eve', 'runs');
    for (let i = 0; i < 3; i += 1) void enter('eve', 'waits');
    await expect(enter('eve', 'too many')).rejects.toMatchObject({ code: 'LimitExceeded' });
    await enter('bob', 'runs');
    for (let i = 0; i < 3; i += 1) void enter('bob', 'waits');
    await expect(enter('amy', 'no room')).rejects.toMatchObject({ code: 'LimitExceeded' });
  });

  it('are all for whoever comes where callers have no identities', async () => {
    const { places, went, enter, settle } = open();
    for (let i = 0; i < 8; i += 1) void enter(undefined, String(i));
    await settle();
    expect(went).toEqual(['0', '1']);
    places.leave(undefined);
    await settle();
    expect(went).toEqual(['0', '1', '2']);
    void enter(undefined, 'has room');
    await expect(enter(undefined, 'has none')).rejects.toMatchObject({ code: 'LimitExceeded' });
  });

  it('are one each where there is one', async () => {
    const { places, went, enter, settle } = open({ maxProcesses: 1, maxWaiting: 5, maxWaitingOfOne: 5 });
    await enter('eve', 'eve');
    void enter('bob', 'bob');
    await settle();
    expect(went).toEqual(['eve']);
    places.leave('eve');
    await settle();
    expect(went).toEqual(['eve', 'bob']);
  });

  it('are not kept for who has gone, and refused to all at the end', async () => {
    const { places, went, enter, settle } = open();
    await enter('eve', 'runs');
    const gone = new AbortController();
    const waits = enter('eve', 'gone', gone.signal);
    const later = enter('eve', 'later');
    gone.abort(new Error('gone'));
    await expect(waits).rejects.toThrow('gone');
    places.leave('eve');
    await later;
    expect(went).toEqual(['runs', 'later']);
    const last = enter('eve', 'last');
    places.close();
    await expect(last).rejects.toMatchObject({ code: 'Unavailable' });
    await settle();
  });
});
