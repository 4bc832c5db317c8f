import { truncate } from '../tracking/key-rules.ts';
import { parseRawJson, type RawJson, rawMember, rawString } from './raw-json.ts';

const MAX_PREVIEW = 1000;

/**
 * What a list of traces shows of an input or output (JSON): the text of the last message with the role where it looks
 * like a chat, else the JSON, at most 1000 characters. Source: `_get_truncated_preview` of MLflow 3.17.2.
 */
export function previewOf(json: string, role: 'user' | 'assistant'): string {
  const value = parseRawJson(json);
  const messages = value && messagesIn(value);
  const message =
    messages?.findLast((candidate) => rawString(rawMember(candidate, 'role')) === role) ?? messages?.at(-1);
  const content = (message && textIn(message)) || json;
  const shortened = truncate(content, MAX_PREVIEW);
  return shortened === content ? content : `${truncate(content, MAX_PREVIEW - 3)}...`;
}

/** Chat requests and answers as the common model APIs have them. */
function messagesIn(value: RawJson): readonly RawJson[] | undefined {
  const messages = nonEmptyList(rawMember(value, 'messages'));
  if (messages !== undefined) return messages.filter(isMessage);
  const answer = rawMember(nonEmptyList(rawMember(value, 'choices'))?.[0], 'message');
  if (answer !== undefined && isMessage(answer)) return [answer];
  const items = nonEmptyList(rawMember(value, 'input')) ?? nonEmptyList(rawMember(value, 'output'));
  if (items !== undefined) return items.filter(isMessage);
  const request = rawMember(value, 'request');
  return request && messagesIn(request);
}

function nonEmptyList(value: RawJson | undefined): readonly RawJson[] | undefined {
  return value?.kind === 'list' && value.items.length > 0 ? value.items : undefined;
}

const isMessage = (value: RawJson): boolean =>
  rawMember(value, 'role') !== undefined && rawMember(value, 'content') !== undefined;

function textIn(message: RawJson): string | undefined {
  const content = rawMember(message, 'content');
  if (content?.kind !== 'list') return rawString(content);
  for (const part of content.items) {
    if (part.kind === 'string') return rawString(part);
    const type = rawString(rawMember(part, 'type'));
    if (type === 'text' || type === 'output_text') return rawString(rawMember(part, 'text'));
  }
  return undefined;
}
