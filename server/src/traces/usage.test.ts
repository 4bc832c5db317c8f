import { describe, expect, it } from 'vitest';
import { type AmountNode, readAmounts, sumAmounts, TOKENS, writeAmounts } from './usage.ts';

const node = (spanId: string, parentSpanId: string | undefined, input?: number): AmountNode => ({
  spanId,
  parentSpanId,
  amounts: input === undefined ? undefined : new Map([['input_tokens', input]]),
});
const inputsOf = (nodes: readonly AmountNode[]) => sumAmounts(nodes, TOKENS)?.get('input_tokens');

describe('token usage of a trace', () => {
  it('is the sum over spans that state any', () => {
    expect(inputsOf([node('a', undefined), node('b', 'a', 3), node('c', 'a', 4)])).toBe(7);
  });

  it('counts a parent that states the sum of its children once, at any depth', () => {
    expect(inputsOf([node('c', 'b', 3), node('a', undefined, 3), node('b', 'a')])).toBe(3);
  });

  it('takes a span whose parent is elsewhere for a root', () => {
    expect(inputsOf([node('a', 'elsewhere', 5), node('b', undefined, 2)])).toBe(7);
  });

  it('is nothing where no span states any', () => {
    expect(sumAmounts([node('a', undefined)], TOKENS)).toBeUndefined();
  });

  it("is not hung up by spans that are each other's parents", () => {
    expect(inputsOf([node('a', 'b', 1), node('b', 'a', 1)])).toBeUndefined();
  });

  it('is read without what is no count and written in one order', () => {
    const amounts = readAmounts(
      '{"total_tokens": 7.0, "input_tokens": "3", "output_tokens": 1.5, "x": 1}',
      TOKENS,
    );
    expect(writeAmounts(amounts!, TOKENS)).toBe('{"input_tokens": 3, "total_tokens": 7}');
  });
});
