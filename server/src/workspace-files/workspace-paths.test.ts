import { describe, expect, it } from 'vitest';
import { AppError } from '../kernel/errors.ts';
import { recognize } from './notebooks.ts';
import { maySee, mayUse, parseWorkspacePath } from './workspace-paths.ts';

const jane = { id: '7', kind: 'user', name: 'jane@acme.com', isAdmin: false } as const;
const admin = { ...jane, name: 'admin', isAdmin: true };

describe('paths of the workspace', () => {
  it.each([
    ['/Users/jane@acme.com/a', 'Users/jane@acme.com/a'],
    ['/Workspace/Users/jane@acme.com/a/', 'Users/jane@acme.com/a'],
    ['/', ''],
    ['/Workspace', ''],
    ['/Workspace/', ''],
    ['/Shared/ä b', 'Shared/ä b'],
  ])('%s is %j', (text, path) => {
    expect(parseWorkspacePath(text)).toBe(path);
  });

  it.each(['', 'Users/x', '/Users/../x', '/Users//x', '/Users/%2e%2e/x', '/a\\b', '/a#b', '/a/\0'])(
    'refuse %j',
    (text) => {
      expect(() => parseWorkspacePath(text)).toThrow(AppError);
    },
  );

  it.each([
    ['/Users/jane@acme.com', true, true],
    ['/Users/jane@acme.com/x/y', true, true],
    ['/Users/jane@acme.com.evil', false, false],
    ['/Users/joe@acme.com', false, false],
    ['/Users', false, true],
    ['/', false, true],
    ['/Shared', true, true],
    ['/Shared/x', true, true],
    ['/Sharedx', false, false],
    ['/Repos', false, false],
  ])('%s: may Jane use it? %s. May she see it? %s', (text, use, see) => {
    const path = parseWorkspacePath(text);
    expect([mayUse(jane, path), maySee(jane, path)]).toEqual([use, see]);
    expect([mayUse(admin, path), maySee(admin, path)]).toEqual([true, true]);
  });
});

describe('notebooks', () => {
  it.each([
    ['train.py', '# Databricks notebook source\nprint(1)', 'train', 'PYTHON'],
    ['q.sql', '-- Databricks notebook source\r\nSELECT 1', 'q', 'SQL'],
    ['s.scala', '// Databricks notebook source', 's', 'SCALA'],
    ['r.r', '# Databricks notebook source\n', 'r', 'R'],
    ['n.ipynb', '{}', 'n', 'PYTHON'],
  ])('%s is one, without its ending', (name, text, base, language) => {
    expect(recognize(name, Buffer.from(text))).toMatchObject({
      name: base,
      form: { kind: 'NOTEBOOK', language },
    });
  });

  it.each([
    ['train.py', 'print(1)'],
    ['train.py', '# Databricks notebook sources'],
    ['train.sql', '# Databricks notebook source'],
    ['.py', '# Databricks notebook source'],
    ['data.csv', '# Databricks notebook source'],
  ])('%s with %j is a file', (name, text) => {
    expect(recognize(name, Buffer.from(text))).toEqual({ name, form: { kind: 'FILE' } });
  });
});
