import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { importStatements, isBarrel, maskText } from './import-statements.mjs';

const specifiers = (source: string) => importStatements(source).map((statement) => statement.specifier);

describe('the reader of import statements', () => {
  it.each([
    ['a default import', `import a from './a.ts';`],
    ['named imports over several lines', `import {\n  a,\n  type B,\n} from './a.ts';`],
    ['a namespace', `import * as a from './a.ts';`],
    ['a side effect', `import './a.ts';`],
    ['a re-export', `export { a } from './a.ts';`],
    ['a re-export of everything', `export * from './a.ts';`],
    ['no spaces at all', `import{a}from'./a.ts';`],
    ['double quotes', `import a from "./a.ts";`],
    ['an import within a function', `async function f() { const { a } = await import('./a.ts'); }`],
    ['an import within a type', `let a: import('./a.ts').A;`],
    ['a call of require', `const a = require('./a.ts');`],
    ['an import after a regular expression with a quote', `const q = /['"]/;\nimport a from './a.ts';`],
    ['an import after a division', `const q = (a) / 2; // don't\nimport a from './a.ts';`],
    ['an import inside a template substitution', '`x ${await import("./a.ts")} y`'],
    ['an import after nested templates', "const t = `a ${{ b: `'${1}` }.b} '`;\nimport a from './a.ts';"],
  ])('sees %s', (_, source) => {
    expect(specifiers(source)).toEqual(['./a.ts']);
  });

  it.each([
    ['a line comment', `// import a from './a.ts';`],
    ['a block comment', `/* import a from './a.ts'; */`],
    ['a documentation example', `/**\n * import a from './a.ts';\n */`],
    ['a string', `const s = "import a from './a.ts'";`],
    ['a template', "const s = `import a from './a.ts'`;"],
    ['a property called import', `loader.import('./a.ts');`],
    ['an export without a source', `export const from = './a.ts';`],
  ])('is not misled by %s', (_, source) => {
    expect(specifiers(source)).toEqual([]);
  });

  it('tells type-only and dynamic imports apart and counts lines', () => {
    const source = `import type { A } from './a.ts';\n\nexport type { B } from './b.ts';\nawait import('./c.ts');\n`;
    expect(importStatements(source)).toEqual([
      { specifier: './a.ts', line: 1, typeOnly: true, dynamic: false },
      { specifier: './b.ts', line: 3, typeOnly: true, dynamic: false },
      { specifier: './c.ts', line: 4, typeOnly: false, dynamic: true },
    ]);
  });

  it('keeps every position when it blanks out text', () => {
    const source = `const a = 'it''s'; /* x\ny */ const b = \`\${a} /\` / 2;`;
    const masked = maskText(source);
    expect(masked).toHaveLength(source.length);
    expect(masked.split('\n')).toHaveLength(source.split('\n').length);
    expect(masked).toContain('const b =');
  });

  it('finds in the sources of these tools as many imports as there are lines that begin with one', () => {
    const folder = new URL('./', import.meta.url);
    const files = readdirSync(folder).filter((name) => name.endsWith('.mjs'));
    expect(files.length).toBeGreaterThan(5);
    for (const file of files) {
      const source = readFileSync(new URL(file, folder), 'utf8');
      const expected = source.split('\n').filter((line) => /^import\b/.test(line)).length;
      const found = importStatements(source).filter((statement) => !statement.dynamic).length;
      expect([file, found]).toEqual([file, expected]);
    }
  });
});

describe('the search for barrels', () => {
  it('recognises a file that only passes on exports', () => {
    expect(isBarrel(`// all of it\nexport { a } from './a.ts';\nexport * from './b.ts';\n`)).toBe(true);
  });

  it('leaves a file alone that makes something itself', () => {
    expect(isBarrel(`export { a } from './a.ts';\nexport const b = 1;\n`)).toBe(false);
    expect(isBarrel(`import { a } from './a.ts';\na();\n`)).toBe(false);
  });
});
