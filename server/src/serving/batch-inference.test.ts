import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createDeltaProcesses, type DeltaProcesses } from '../delta/delta-processes.ts';
import { readFolderTable } from '../delta/folder-tables.ts';
import { systemClock } from '../kernel/clock.ts';
import { AppError, invalidArgument, unavailable } from '../kernel/errors.ts';
import { runBatch, type Score } from './batch-inference.ts';
import { openBatchResults } from './batch-results.ts';
import { openBatchSource } from './batch-sources.ts';

let processes: DeltaProcesses;
let folder: string;
let told: string[];

beforeAll(() => {
  processes = createDeltaProcesses({
    program: new URL('../inference-log/table-process.ts', import.meta.url),
  });
});
afterAll(() => processes.close());
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'slipway-batch-'));
  told = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const at = (name: string) => path.join(folder, name);

interface Options {
  readonly score: Score;
  readonly chunkRows?: number;
  readonly scorer?: string;
  readonly params?: string;
  readonly signal?: AbortSignal;
}

async function predict(from: string, to: string, options: Options): Promise<number> {
  const source = await openBatchSource(at(from), { processes, params: options.params });
  const task = { source, out: at(to), scorer: options.scorer ?? 'model-1' };
  const results = await openBatchResults(task, { processes, clock: systemClock });
  return runBatch(
    {
      source,
      results,
      score: options.score,
      chunkRows: options.chunkRows ?? 3,
      parallel: 3,
      clock: systemClock,
      tell: (line) => told.push(line),
    },
    options.signal ?? new AbortController().signal,
  );
}

/** Answers each record of a CSV body, or row of a split one, by what `of` makes of it. */
const scoring =
  (of: (row: string) => string, seen: string[] = []): Score =>
  async (content, body) => {
    const text = body.toString('utf8');
    seen.push(text);
    const rows =
      content === 'csv'
        ? text.trimEnd().split('\n').slice(1)
        : (/"data": \[(.*)\]\}\}$/s.exec(text)![1]!.match(/\[[^\]]*\]/g) ?? []);
    return `{"predictions": [${rows.map(of).join(', ')}]}`;
  };

const length = scoring((row) => `${row.length}.0`);

async function writeParquet(name: string, select: string): Promise<void> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  await connection.run(`COPY (${select}) TO '${at(name)}' (FORMAT parquet)`);
}

async function readParquet(name: string): Promise<readonly Record<string, unknown>[]> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  return (await connection.runAndReadAll(`FROM read_parquet('${at(name)}')`)).getRowObjects();
}

describe('CSV', () => {
  test('each row keeps its text and gets its answer, in the order of the input', async () => {
    await writeFile(at('in.csv'), 'a,b\n1,2\n10,20\n100,200\n\n1000,2000\n5,6\n');
    const seen: string[] = [];
    const rows = await predict('in.csv', 'out.csv', {
      score: async (content, body, signal) => {
        // The first chunk is answered last.
        if (seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
        return scoring((row) => `${row.length}.0`, seen)(content, body, signal);
      },
      chunkRows: 2,
    });
    expect(rows).toBe(5);
    expect(await readFile(at('out.csv'), 'utf8')).toBe(
      'a,b,prediction\n1,2,3.0\n10,20,5.0\n100,200,7.0\n1000,2000,9.0\n5,6,3.0\n',
    );
    expect(seen.toSorted()).toEqual(
      ['a,b\n1,2\n10,20\n', 'a,b\n100,200\n1000,2000\n', 'a,b\n5,6\n'].toSorted(),
    );
    expect((await readdir(folder)).toSorted()).toEqual(['in.csv', 'out.csv']);
    expect(told.at(-1)).toMatch(/^5 rows in \d/);
  });

  test('a line break and a comma inside quotes, Windows line ends and a missing last one are read', async () => {
    await writeFile(at('in.csv'), 'text,n\r\n"a\n,""b""",1\r\nc,2');
    const seen: string[] = [];
    await predict('in.csv', 'out.csv', {
      score: async (content, body) => {
        seen.push(`${content}:${body.toString('utf8')}`);
        return '{"predictions": ["x,\\"y\\"", null]}';
      },
    });
    expect(seen).toEqual(['csv:text,n\n"a\n,""b""",1\nc,2\n']);
    expect(await readFile(at('out.csv'), 'utf8')).toBe('text,n,prediction\n"a\n,""b""",1,"x,""y"""\nc,2,\n');
  });

  test('records of a table of answers become columns; lists stay JSON', async () => {
    await writeFile(at('in.csv'), 'a\n1\n2\n');
    await predict('in.csv', 'out.csv', {
      score: async () => '{"predictions": [{"p": 0.25, "top": [1, 2]}, {"p": 1e-05, "top": []}]}',
    });
    expect(await readFile(at('out.csv'), 'utf8')).toBe(
      'a,prediction_p,prediction_top\n1,0.25,"[1, 2]"\n2,1e-05,[]\n',
    );
  });

  test('params go with the rows, which stay texts, empty ones null', async () => {
    await writeFile(at('in.csv'), 'a,"b,c"\n1,x\n,"y\n"\n');
    const seen: string[] = [];
    await predict('in.csv', 'out.csv', {
      params: '{"big": 9007199254740993}',
      score: async (content, body) => {
        seen.push(`${content}:${body.toString('utf8')}`);
        return '{"predictions": [1, 2]}';
      },
    });
    expect(seen).toEqual([
      'json:{"dataframe_split": {"columns":["a","b,c"],"data":[["1","x"],[null,"y\\n"]]}, "params": {"big": 9007199254740993}}',
    ]);
    expect(await readFile(at('out.csv'), 'utf8')).toBe('a,"b,c",prediction\n1,x,1\n,"y\n",2\n');
  });

  test('no rows give a file without rows', async () => {
    await writeFile(at('in.csv'), 'a,b\n');
    expect(await predict('in.csv', 'out.csv', { score: length })).toBe(0);
    expect(await readFile(at('out.csv'), 'utf8')).toBe('a,b,prediction\n');
  });

  test.each([
    ['a\n"open\n1\n', /ends inside quotes/],
    ['', /is empty/],
  ])('%j is refused', async (text, message) => {
    await writeFile(at('in.csv'), text);
    await expect(predict('in.csv', 'out.csv', { score: length })).rejects.toThrow(message);
  });
});

describe('going on', () => {
  const rows = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => `${from + i}\n`).join('');

  /** Fails at the chunk that holds this row. */
  const failingAt = (row: number, error: Error, seen: string[]): Score => {
    const good = scoring((text) => `${Number(text) * 2}`, seen);
    return async (content, body, signal) => {
      if (body.toString('utf8').includes(`\n${row}\n`)) throw error;
      return good(content, body, signal);
    };
  };

  test('what was done before a failure is not done again, and nothing is twice in the output', async () => {
    await writeFile(at('in.csv'), `n\n${rows(0, 20)}`);
    const first: string[] = [];
    const stopped = predict('in.csv', 'out.csv', {
      score: failingAt(13, invalidArgument('a bad row'), first),
    });
    await expect(stopped).rejects.toThrow('Rows 13 to 15 (the first is row 1): a bad row');
    expect((await readdir(folder)).toSorted()).toEqual([
      'in.csv',
      'out.csv.partial',
      'out.csv.progress.json',
    ]);
    // As a crash in the middle of a write would leave it.
    await appendFile(at('out.csv.partial'), '12,2');
    const second: string[] = [];
    expect(
      await predict('in.csv', 'out.csv', { score: scoring((text) => `${Number(text) * 2}`, second) }),
    ).toBe(20);
    expect(told).toContain('Going on after 12 rows');
    expect(second.join('')).not.toContain('\n11\n');
    const lines = (await readFile(at('out.csv'), 'utf8')).trimEnd().split('\n');
    expect(lines).toEqual(['n,prediction', ...Array.from({ length: 20 }, (_, i) => `${i},${i * 2}`)]);
  });

  test('another input or another model is not mixed with what was done', async () => {
    await writeFile(at('in.csv'), `n\n${rows(0, 20)}`);
    const score = failingAt(13, invalidArgument('a bad row'), []);
    await expect(predict('in.csv', 'out.csv', { score })).rejects.toThrow('a bad row');
    await expect(predict('in.csv', 'out.csv', { score: length, scorer: 'model-2' })).rejects.toThrow(
      /tells of other work/,
    );
    await appendFile(at('in.csv'), '20\n');
    await expect(predict('in.csv', 'out.csv', { score: length })).rejects.toThrow(/tells of other work/);
  });

  test('an output that is there is not written over', async () => {
    await writeFile(at('in.csv'), 'a\n1\n');
    await writeFile(at('out.csv'), 'mine');
    await expect(predict('in.csv', 'out.csv', { score: length })).rejects.toThrow(/is there already/);
    expect(await readFile(at('out.csv'), 'utf8')).toBe('mine');
  });

  test('who is out of reach for a moment is asked again; an error of the model is not', async () => {
    await writeFile(at('in.csv'), 'a\n1\n');
    let calls = 0;
    const flaky: Score = async (content, body, signal) => {
      calls += 1;
      if (calls === 1) throw unavailable('the process died');
      return length(content, body, signal);
    };
    expect(await predict('in.csv', 'out.csv', { score: flaky })).toBe(1);
    expect(calls).toBe(2);
    let refused = 0;
    const broken: Score = async () => {
      refused += 1;
      throw new AppError('InvalidArgument', 'the model raised', { reason: 'model-raised' });
    };
    await expect(predict('in.csv', 'other.csv', { score: broken })).rejects.toMatchObject({
      reason: 'model-raised',
    });
    expect(refused).toBe(1);
  });

  test('an aborted run stops', async () => {
    await writeFile(at('in.csv'), `n\n${rows(0, 20)}`);
    const leaving = new AbortController();
    const score: Score = async (content, body, signal) => {
      if (body.toString('utf8').includes('\n9\n')) leaving.abort(new Error('stopped by hand'));
      return length(content, body, signal);
    };
    await expect(predict('in.csv', 'out.csv', { score, signal: leaving.signal })).rejects.toThrow(
      'stopped by hand',
    );
  });
});

describe('answers that fit no table', () => {
  test.each([
    ['{"predictions": [1, 2]}', /gave 2 answers for 1 rows/],
    ['{"predictions": {"a": 1}}', /does not answer a list/],
    ['[1]', /not in the form/],
  ])('%s', async (body, message) => {
    await writeFile(at('in.csv'), 'a\n1\n');
    await expect(predict('in.csv', 'out.csv', { score: async () => body })).rejects.toThrow(message);
  });

  test('rows in different forms are told', async () => {
    await writeFile(at('in.csv'), 'a\n1\n2\n');
    const score: Score = async () => '{"predictions": [1, {"p": 2}]}';
    await expect(predict('in.csv', 'out.csv', { score })).rejects.toThrow(
      "Rows 1 to 2 (the first is row 1): The model answers rows in different forms: 'prediction' before, and now 'prediction_p'.",
    );
  });
});

describe('Parquet', { timeout: 60_000 }, () => {
  test('values come to the model with all their digits, and columns keep their types beside the answers', async () => {
    await writeParquet(
      'in.parquet',
      `SELECT * FROM (VALUES
        (9007199254740993::BIGINT, 0.1::FLOAT, 'NaN'::DOUBLE, TIMESTAMP '2024-01-02 03:04:05', 'é"', '\\xFF'::BLOB),
        (NULL, NULL, 1e300, NULL, NULL, NULL)) t(big, single, "double", ts, txt, bin)`,
    );
    const seen: string[] = [];
    await predict('in.parquet', 'out.parquet', { score: scoring(() => '0.5', seen) });
    expect(seen).toEqual([
      '{"dataframe_split": {"columns": ["big","single","double","ts","txt","bin"], "data": [' +
        '[9007199254740993,0.10000000149011612,NaN,"2024-01-02 03:04:05","é\\"","/w=="],' +
        '[null,null,1e300,null,null,null]]}}',
    ]);
    const [first, second] = await readParquet('out.parquet');
    expect(first).toMatchObject({ big: 9007199254740993n, prediction: 0.5, txt: 'é"' });
    expect(second).toMatchObject({ big: null, prediction: 0.5 });
    expect(await readdir(folder)).toEqual(['in.parquet', 'out.parquet']);
  });

  test.each([
    ['whole numbers', ['1', '-2', 'null'], [1n, -2n, null]],
    ['numbers', ['1', '2.5', 'NaN'], [1, 2.5, Number.NaN]],
    ['infinities', ['Infinity', '-Infinity', '1e-05'], [Infinity, -Infinity, 0.00001]],
    ['truths', ['true', 'false', 'null'], [true, false, null]],
    ['texts', ['"NaN"', '"a\\nb"', 'null'], ['NaN', 'a\nb', null]],
    ['lists', ['[1, 2]', '[]', 'null'], ['[1,2]', '[]', null]],
  ])('%s become a column of their kind', async (_, answers, values) => {
    await writeParquet('in.parquet', 'SELECT range AS n FROM range(3)');
    const body = `{"predictions": [${answers.join(', ')}]}`;
    await predict('in.parquet', 'out.parquet', { score: async () => body });
    const rows = await readParquet('out.parquet');
    expect(rows.map(({ prediction }) => prediction)).toEqual(values);
    expect(rows.map(({ n }) => n)).toEqual([0n, 1n, 2n]);
  });

  test('100,000 rows of two files stay with their answers, through a failure', async () => {
    await writeParquet('a.parquet', 'SELECT range AS n FROM range(70000)');
    await writeParquet('b.parquet', 'SELECT 70000 + range AS n FROM range(30000)');
    const good = scoring((row) => row.slice(1, -1));
    const bad: Score = async (content, body, signal) => {
      if (body.toString('utf8').includes('[80000]')) throw invalidArgument('a bad row');
      return good(content, body, signal);
    };
    await expect(predict('.', 'out.parquet', { score: bad, chunkRows: 5000 })).rejects.toThrow(
      'Rows 75537 to 80536 (the first is row 1): a bad row',
    );
    expect(await predict('.', 'out.parquet', { score: good, chunkRows: 5000 })).toBe(100_000);
    expect(told).toContain('Going on after 75,536 rows');
    const rows = await readParquet('out.parquet');
    expect(rows).toHaveLength(100_000);
    expect(rows.every(({ n, prediction }, index) => n === BigInt(index) && prediction === n)).toBe(true);
  });

  test('params go with the rows', async () => {
    await writeParquet('in.parquet', 'SELECT range AS n FROM range(2)');
    const seen: unknown[] = [];
    await predict('in.parquet', 'out.parquet', {
      params: '{"threshold": 0.5}',
      score: async (_, body) => {
        seen.push(JSON.parse(body.toString('utf8')));
        return '{"predictions": [1, 2]}';
      },
    });
    expect(seen).toEqual([
      { dataframe_split: { columns: ['n'], data: [[0], [1]] }, params: { threshold: 0.5 } },
    ]);
    expect((await readParquet('out.parquet')).map(({ prediction }) => prediction)).toEqual([1n, 2n]);
  });

  test('an output of another format than the input is refused', async () => {
    await writeParquet('in.parquet', 'SELECT 1 AS n');
    await expect(predict('in.parquet', 'out.csv', { score: length })).rejects.toThrow(/ends in \.parquet/);
  });
});

describe('Delta', { timeout: 60_000 }, () => {
  /** A partitioned table, its files in two commits, one file removed again. */
  async function writeTable(): Promise<void> {
    await mkdir(at('table/_delta_log'), { recursive: true });
    for (const [name, from] of [
      ['a', 0],
      ['b', 10],
      ['gone', 100],
      ['c d', 20],
    ] as const)
      await writeParquet(`table/${name}.parquet`, `SELECT ${from} + range AS n FROM range(10)`);
    const add = (file: string, day: string | null) =>
      `{"add":{"path":"${file}","partitionValues":{"day":${JSON.stringify(day)}},"size":1,"modificationTime":0,"dataChange":true}}`;
    const fields = ['n long', 'day date'].map((field) => {
      const [name, type] = field.split(' ');
      return { name, type, nullable: true, metadata: {} };
    });
    const schemaString = JSON.stringify({ type: 'struct', fields });
    const metaData = {
      id: 't',
      format: { provider: 'parquet', options: {} },
      schemaString,
      partitionColumns: ['day'],
      configuration: {},
    };
    const first = [
      '{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}',
      JSON.stringify({ metaData }),
      add('a.parquet', '2024-01-02'),
      add('gone.parquet', '2024-01-02'),
      add('b.parquet', '2024-01-03'),
    ];
    await writeFile(at('table/_delta_log/00000000000000000000.json'), first.join('\n'));
    const second = ['{"remove":{"path":"gone.parquet","dataChange":true}}', add('c%20d.parquet', null)];
    await writeFile(at('table/_delta_log/00000000000000000001.json'), second.join('\n'));
  }

  test('rows of a table come with the values of their partition, and go into another table once', async () => {
    await writeTable();
    const seen: string[] = [];
    const score = scoring((row) => `${Number(/^\[(\d+)/.exec(row)![1]) * 2}.5`, seen);
    expect(await predict('table', 'answers', { score, chunkRows: 100 })).toBe(30);
    expect(seen).toHaveLength(1);
    expect(seen[0]).toContain('"columns": ["n","day"]');
    expect(seen[0]).toMatch(/\[0,"2024-01-02"\].*\[19,"2024-01-03"\].*\[29,null\]/s);
    // The same work again adds nothing.
    await predict('table', 'answers', { score });
    const log = await readdir(at('answers/_delta_log'));
    expect(log).toEqual(['00000000000000000000.json']);
    const parts = (await readdir(at('answers'))).filter((name) => name.endsWith('.parquet'));
    expect(parts).toHaveLength(1);
    const rows = await readParquet(`answers/${parts[0]}`);
    expect(rows.map(({ n, prediction }) => [n, prediction])).toEqual(
      Array.from({ length: 30 }, (_, i) => [BigInt(i), i * 2 + 0.5]),
    );
    const commit = await readFile(at('answers/_delta_log/00000000000000000000.json'), 'utf8');
    const actions = commit
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, { schemaString: string }>);
    const schema = JSON.parse(actions.find((action) => 'metaData' in action)!.metaData!.schemaString) as {
      fields: { name: string; type: string }[];
    };
    expect(schema.fields.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'n long',
      'day date',
      'prediction double',
    ]);
  });

  test('another model adds its rows; rows of another form are refused', async () => {
    await writeTable();
    await predict('table', 'answers', { score: scoring(() => '1.5'), scorer: 'model-1' });
    await predict('table', 'answers', { score: scoring(() => '2.5'), scorer: 'model-2' });
    const table = await readFolderTable(at('answers'), { processes });
    expect(table!.snapshot.version).toBe(1);
    expect(table!.snapshot.files.size).toBe(2);
    const texts = predict('table', 'answers', { score: scoring(() => '"x"'), scorer: 'model-3' });
    await expect(texts).rejects.toThrow(
      /has other columns: n long, day date, prediction double; and the rows have/,
    );
  });
});
