import { describe, expect, it } from 'vitest';
import { readSqlCommand, runSqlCommand } from './sql-command.ts';
import { writeTextTable } from './text-table.ts';

const HOST = 'http://server:5000';

/** A server that answers with these, by method and path; what it was asked. */
function serverOf(answers: Readonly<Record<string, object | string | number>>) {
  const asked: { readonly request: string; readonly authorization: string | null }[] = [];
  let written = '';
  return {
    asked,
    written: () => written,
    write: (text: string) => {
      written += text;
    },
    async fetch(url: string, init: RequestInit) {
      const request = `${init.method ?? 'GET'} ${url.replace(HOST, '')}`;
      asked.push({ request, authorization: new Headers(init.headers).get('authorization') });
      const answer = answers[request];
      if (typeof answer === 'number' || answer === undefined)
        return Response.json({ message: `status ${answer}` }, { status: answer ?? 404 });
      return typeof answer === 'string' ? new Response(answer) : Response.json(answer);
    },
  };
}

const command = (format: string, token?: string) =>
  readSqlCommand(
    { url: `${HOST}/`, format, ...(token !== undefined && { token }) },
    { rest: ['SELECT 1'], env: {} },
  );

const columns = [
  { name: 'name', type_name: 'STRING' },
  { name: 'n', type_name: 'LONG' },
  { name: 'list', type_name: 'ARRAY' },
];
const answers = {
  'POST /api/2.0/sql/statements': { statement_id: 's', status: { state: 'PENDING' } },
  'GET /api/2.0/sql/statements/s': {
    statement_id: 's',
    status: { state: 'SUCCEEDED' },
    manifest: { schema: { columns } },
    result: { external_links: [{ external_link: `${HOST}/0`, next_chunk_index: 1 }] },
  },
  'GET /api/2.0/sql/statements/s/result/chunks/1': { external_links: [{ external_link: `${HOST}/1` }] },
  'GET /0': '[["a","1","[1]"]]',
  'GET /1': '[["b",null,null],["c","9007199254740993","[]"]]',
};

describe('slipway sql', () => {
  it('writes a table of all parts, and sends no credential to links', async () => {
    const server = serverOf(answers);
    await runSqlCommand(server, command('table', 'secret'));
    expect(server.written()).toBe(
      [
        'name  n                 list',
        '----  ----------------  ----',
        'a     1                 [1]',
        'b     NULL              NULL',
        'c     9007199254740993  []',
        '(3 rows)',
        '',
      ].join('\n'),
    );
    for (const { request, authorization } of server.asked)
      expect(authorization, request).toBe(/^GET \/\d$/.test(request) ? null : 'Bearer secret');
  });

  it('writes JSON in which numbers are numbers where none is changed by it', async () => {
    const server = serverOf(answers);
    await runSqlCommand(server, command('json'));
    expect(JSON.parse(server.written())).toEqual([
      { name: 'a', n: 1, list: [1] },
      { name: 'b', n: null, list: null },
      { name: 'c', n: '9007199254740993', list: [] },
    ]);
  });

  it('writes CSV as the server does', async () => {
    const server = serverOf({ ...answers, 'GET /0': 'a\r\n1\r\n', 'GET /1': '2\r\n' });
    await runSqlCommand(server, command('csv'));
    expect(server.written()).toBe('a\r\n1\r\n2\r\n');
  });

  it('fails with the message of the statement, or of the server', async () => {
    const failed = { statement_id: 's', status: { state: 'FAILED', error: { message: 'no such table' } } };
    const server = serverOf({ 'POST /api/2.0/sql/statements': failed });
    await expect(runSqlCommand(server, command('table'))).rejects.toThrow('no such table');
    await expect(runSqlCommand(serverOf({}), command('table'))).rejects.toThrow('status');
    const away = { ...serverOf({}), fetch: async () => Promise.reject(new TypeError('fetch failed')) };
    await expect(runSqlCommand(away, command('table'))).rejects.toThrow('does not answer');
  });

  it.each([
    [{}, [], /Expected one statement/],
    [{}, ['SELECT 1', 'SELECT 2'], /Expected one statement/],
    [{ format: 'xml' }, ['SELECT 1'], /--format/],
    [{ url: 'server' }, ['SELECT 1'], /--url/],
  ])('refuses %j %j', (flags, rest, message) => {
    expect(() => readSqlCommand(flags, { rest, env: {} })).toThrow(message);
  });
});

describe('a table of text', () => {
  it('cuts what is long, and lets nothing command the terminal', () => {
    const text = writeTextTable(['a'], [['x'.repeat(100)], ['\u001b[2J\nb']]);
    expect(text).not.toMatch(/[^\P{Cc}\n]|x{61}/u);
    expect(text.split('\n')).toHaveLength(6);
    expect(text).toContain(' [2J b');
  });
});
