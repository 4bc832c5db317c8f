import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { curlSample, pythonSample, typescriptSample } from './code-samples.ts';

const sample = {
  url: 'https://mlops.example.com',
  name: 'fraud',
  body: `{ "inputs": ["it's", "a \\"b\\" \\\\ c"] }`,
  needsToken: true,
};

describe('the way from a program', () => {
  it('is given to curl so that a shell sends the very request', () => {
    const code = curlSample(sample);
    expect(code).toContain('https://mlops.example.com/serving-endpoints/fraud/invocations');
    // The shell itself says which arguments curl gets.
    const { stdout } = spawnSync('sh', ['-c', code.replace(/^curl/, "printf '%s\\n'")], { encoding: 'utf8' });
    expect(JSON.parse(stdout.trim().split('\n').at(-1)!)).toEqual(JSON.parse(sample.body));
  });

  it('is Python and TypeScript with the same request', () => {
    expect(pythonSample(sample)).toContain('w.serving_endpoints.query("fraud", **request)');
    expect(typescriptSample(sample)).toContain(`const request = ${JSON.stringify(JSON.parse(sample.body))};`);
  });

  it('reads what is long, or no JSON, from a file, and asks for no token where there are none', () => {
    const long = { ...sample, body: JSON.stringify({ inputs: Array(2000).fill(1) }), needsToken: false };
    expect(curlSample(long)).toContain('-d @request.json');
    expect(pythonSample(long)).toContain('open("request.json")');
    expect(typescriptSample({ ...long, body: '{' })).toContain("readFile('request.json'");
    for (const write of [curlSample, pythonSample, typescriptSample])
      expect(write(long)).not.toContain('SLIPWAY_TOKEN');
  });
});
