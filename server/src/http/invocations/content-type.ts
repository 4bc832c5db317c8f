import type { ContentKind } from '../../serving/scoring/columns.ts';
import { PROTOCOL_CHANGE } from '../../serving/scoring/input-forms.ts';

const KINDS: Readonly<Record<string, ContentKind | undefined>> = {
  'application/json': 'json',
  'text/csv': 'csv',
  'application/vnd.apache.parquet': 'parquet',
};

/** What a body is, or the text of a 415 that says why it cannot be read. One without a word is taken for JSON. */
export function readContentType(
  header: string | undefined,
): { readonly kind: ContentKind } | { readonly refusal: string } {
  if (header === undefined || header === 'application/json') return JSON_KIND;
  const [type = '', ...parameters] = header.split(';').map((part) => part.trim());
  const unknown: string[] = [];
  for (const parameter of parameters) {
    const [name = '', value = ''] = parameter.split('=', 2).map((part) => part.trim());
    if (name.toLowerCase() === 'charset') {
      if (!/^"?utf-?8"?$/i.test(value)) return { refusal: 'The scoring server only supports UTF-8' };
    } else if (name !== '') unknown.push(name);
  }
  if (unknown.length > 0)
    return { refusal: `Unrecognized content type parameters: ${unknown.join(', ')}. ${PROTOCOL_CHANGE}` };
  const kind = KINDS[type.toLowerCase()];
  if (kind !== undefined) return { kind };
  return {
    refusal:
      "This predictor only supports the following content types: Types: ['text/csv', 'application/json', " +
      `'application/vnd.apache.parquet']. Got '${header.slice(0, 200)}'.`,
  };
}

const JSON_KIND = { kind: 'json' } as const;
