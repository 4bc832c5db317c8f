import { describe, expect, test } from 'vitest';
import { judgeLine, renderRequirement, splitRequirementsFile } from './requirements.ts';

const judge = (text: string) => judgeLine({ file: 'requirements.txt', line: 7, text });

describe('plain requirements', () => {
  test.each([
    ['scikit-learn==1.9.1', 'scikit-learn==1.9.1'],
    ['Scikit_Learn == 1.9.1', 'scikit-learn==1.9.1'],
    ['mlflow', 'mlflow'],
    ['mlflow>=2,<3', 'mlflow>=2,<3'],
    ['pandas (>=2.0)', 'pandas>=2.0'],
    ['torch==2.1.0+cpu', 'torch==2.1.0+cpu'],
    ['numpy==1.*', 'numpy==1.*'],
    ['ray[Serve,default]~=2.60', 'ray[default,serve]~=2.60'],
    ['psutil===5.9', 'psutil===5.9'],
    [
      'tomli==2.0 ; python_version < "3.11" and sys_platform != \'win32\'',
      'tomli==2.0 ; python_version < "3.11" and sys_platform != \'win32\'',
    ],
  ])('%s is kept as %s', (text, kept) => {
    const judged = judge(text);
    expect(judged.kind === 'requirement' && renderRequirement(judged.requirement)).toBe(kept);
  });

  test.each(['code/fraud-1.0-py3-none-any.whl', './wheels/a_b-2.0-py3-none-any.whl'])(
    '%s is a wheel of the model',
    (text) => {
      expect(judge(text)).toEqual({ kind: 'wheel', path: text.replace('./', '') });
    },
  );

  test('the references that MLflow writes are told apart', () => {
    expect(judge('-r requirements.txt').kind).toBe('requirements-file');
    expect(judge('--constraint=constraints.txt').kind).toBe('constraints-file');
  });
});

describe('what would let a model say where code comes from, or run it', () => {
  test.each([
    ['--index-url https://evil.example/simple', /index/],
    ['-i https://evil.example/simple', /index/],
    ['--extra-index-url=https://evil.example/simple', /index/],
    ['--find-links /srv', /index/],
    ['--trusted-host evil.example', /options/],
    ['--no-binary :all:', /options/],
    ['-e .', /options/],
    ['-e git+https://evil.example/x.git#egg=x', /options/],
    ['-r ../../etc/passwd', /options/],
    ['-r /etc/passwd', /options/],
    ['-c other.txt', /options/],
    ['requests==2.0 --global-option=build', /options/],
    ['requests==2.0 --hash=sha256:00', /options/],
    ['x @ https://evil.example/x.whl', /address/],
    ['x@file:///etc/x.whl', /address/],
    ['git+https://evil.example/x.git', /address/],
    ['git+ssh://git@evil.example/x.git', /address/],
    ['file:///tmp/x.whl', /address/],
    ['https://evil.example/x.whl', /address/],
    ['.', /files/],
    ['./setup', /files/],
    ['/tmp/x.whl', /files/],
    ['~/x.whl', /files/],
    ['C:\\x.whl', /files|address/],
    ['\\\\host\\x.whl', /files/],
    ['../code/x.whl', /files/],
    ['code/../../x.whl', /files/],
    ['elsewhere/x.whl', /files/],
    ['x.whl', /files/],
    ['six; rm -rf /', /condition|files/],
    ['six; import os', /condition/],
    ['six==1.0; python_version < "3" + "x"', /condition/],
    ['six==$(id)', /version/],
    ['six==1.0 evil', /version/],
    ['six==', /version/],
    ['six==1.0,,>1', /version/],
    ['six[a;b]', /name|condition|version/],
    ['six[--x]', /options|extra/],
    ['`id`', /name/],
    ['$HOME', /name/],
    ['six==1.0\n--index-url https://evil.example', /control|index/],
    ['six\u0000', /control/],
    ['six\u2028-e .', /control/],
    [`six==${'1'.repeat(3000)}`, /characters/],
  ])('%j is refused', (text, why) => {
    expect(() => judge(text)).toThrow(/^requirements\.txt, line 7: .* is refused: /s);
    expect(() => judge(text)).toThrow(why);
  });
});

describe('files', () => {
  test('comments, blanks and continued lines are read as pip reads them', () => {
    const text = '# first\n\nsix==1.17.0  # why\r\nnumpy>=1, \\\n  <3\n   \nurl#part\n';
    expect(splitRequirementsFile('requirements.txt', text)).toEqual([
      { file: 'requirements.txt', line: 3, text: 'six==1.17.0' },
      { file: 'requirements.txt', line: 4, text: 'numpy>=1,   <3' },
      { file: 'requirements.txt', line: 7, text: 'url#part' },
    ]);
  });

  test('an option cannot be joined out of harmless halves', () => {
    const [line] = splitRequirementsFile('requirements.txt', '-\\\n-index-url https://evil.example');
    expect(() => judgeLine(line!)).toThrow(/index/);
  });
});
