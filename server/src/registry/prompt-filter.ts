import type { FilterNode, LeafNode } from '../filters/tree.ts';
import { PROMPT_TAG } from './model-rules.ts';

export interface RegistryFilter {
  readonly filter: FilterNode | undefined;
  readonly withPrompts: boolean;
}

/**
 * Registry searches leave prompts out unless the filter asks for them, by `= 'true'` or `!= 'false'` on their tag. A
 * filter that asks for the opposite would need the tag on every model: there it means "no prompts" and goes.
 */
export function splitPromptFilter(filter: FilterNode | undefined): RegistryFilter {
  const clauses = filter === undefined ? [] : filter.kind === 'and' ? filter.nodes : [filter];
  const first = clauses.find(isPromptClause);
  if (first !== undefined) {
    if (asksForPrompts(first)) return { filter, withPrompts: true };
    const rest = clauses.filter((clause) => !isPromptClause(clause));
    return {
      filter: rest.length === 0 ? undefined : rest.length === 1 ? rest[0]! : { kind: 'and', nodes: rest },
      withPrompts: false,
    };
  }
  return { filter, withPrompts: filter !== undefined && mentionsPrompts(filter) };
}

const isPromptClause = (node: FilterNode): node is LeafNode =>
  'field' in node && node.field.scope === 'tag' && node.field.key === PROMPT_TAG;

function asksForPrompts(node: LeafNode): boolean {
  if (node.kind !== 'compare' || node.value.kind !== 'string') return false;
  const value = node.value.text.toLowerCase();
  return (node.op === '=' && value === 'true') || (node.op === '!=' && value === 'false');
}

/** Inside OR, NOT and parentheses, which the real server does not have, the tag is a tag like any other. */
function mentionsPrompts(node: FilterNode): boolean {
  switch (node.kind) {
    case 'and':
    case 'or':
      return node.nodes.some(mentionsPrompts);
    case 'not':
      return mentionsPrompts(node.node);
    case 'compare':
    case 'like':
    case 'matches':
    case 'in':
    case 'null':
      return isPromptClause(node);
  }
}
