import type { DescribedParameter, RouteDescription } from '../routes.ts';

const TAG = 'mlflow-artifacts';
const BYTES = ['application/octet-stream'];
const ETAG = { etag: 'Changes with the bytes.' };

export const queryParameter = (name: string, description: string): DescribedParameter => ({
  name,
  in: 'query',
  required: true,
  description,
});
const pathParameter = (name: string, description: string): DescribedParameter => ({
  name,
  in: 'path',
  required: true,
  description,
});
const header = (name: string, description: string): DescribedParameter => ({
  name,
  in: 'header',
  description,
});

export const IN_PATH = pathParameter('artifact_path', 'The file. Its `/` stand in the address as they are.');
export const MODEL_ID = pathParameter('model_id', 'The logged model.');
export const NAME = queryParameter('name', 'The registered model.');
export const VERSION = queryParameter('version', 'The number of its version.');

const CONDITIONS = [
  header('if-match', 'ETags, one of which the file must have.'),
  header('if-none-match', 'ETags, none of which the file may have; `*` for a file that may not be there.'),
];

/** A file as it streams out, for the parameters that name it. */
export function describeDownload(
  method: 'GET' | 'HEAD',
  ...named: readonly DescribedParameter[]
): RouteDescription {
  const headers = {
    ...ETAG,
    'content-disposition': 'The name to save it under: files are never to be run.',
    'accept-ranges': '`bytes`',
  };
  const whole = { description: 'The bytes of the file.', types: BYTES, headers };
  const unchanged = { description: 'The reader has these bytes already.', headers: ETAG };
  if (method === 'HEAD') {
    return {
      summary: 'Tells the size and the ETag of a file.',
      tag: TAG,
      parameters: [...named, ...CONDITIONS],
      answers: { 200: { description: 'The headers of the file.', headers }, 304: unchanged },
    };
  }
  return {
    summary: 'Sends a file, or a part of it.',
    tag: TAG,
    parameters: [
      ...named,
      header('range', 'One range of bytes: `bytes=0-99`, `bytes=100-`, `bytes=-100`.'),
      header('if-range', 'The ETag of the bytes that the range is a part of.'),
      ...CONDITIONS,
    ],
    answers: {
      200: whole,
      206: {
        description: 'The bytes of the range.',
        types: BYTES,
        headers: { ...headers, 'content-range': 'Which bytes of how many these are.' },
      },
      304: unchanged,
    },
  };
}

/** A file as it streams in, for the parameters that name it. */
export const describeUpload = (...named: readonly DescribedParameter[]): RouteDescription => ({
  summary: 'Stores a file as it streams in; one that breaks off leaves nothing.',
  tag: TAG,
  parameters: [
    ...named,
    ...CONDITIONS,
    header('content-md5', 'The MD5 of the bytes in base64: others are refused.'),
    header('x-checksum-sha256', 'Their SHA-256, in hex or base64.'),
    header('content-digest', 'Their SHA-256 as RFC 9530 writes it: `sha-256=:…:`.'),
  ],
  body: { description: 'The bytes of the file.', types: BYTES },
  answers: { 200: { description: 'Stored.', types: ['application/json'], headers: ETAG } },
});

export const DELETES: RouteDescription = {
  summary: 'Deletes a file, or a folder with all that is in it.',
  tag: TAG,
  parameters: [IN_PATH],
  answers: { 200: { description: 'Deleted.', types: ['application/json'] } },
};
