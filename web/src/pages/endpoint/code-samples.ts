export interface Sample {
  /** Of the server. */
  readonly url: string;
  readonly name: string;
  /** JSON, as it is to be sent. */
  readonly body: string;
  readonly needsToken: boolean;
}

/** A longer request is read from a file: nobody copies it from a page. */
const MOST_CHARACTERS = 2000;

const isShort = ({ body }: Sample): boolean => body.length <= MOST_CHARACTERS && parsed(body) !== undefined;

export function curlSample(sample: Sample): string {
  const { url, name, body, needsToken } = sample;
  return [
    `curl ${url}/serving-endpoints/${encodeURIComponent(name)}/invocations \\`,
    ...(needsToken ? ['  -H "Authorization: Bearer $SLIPWAY_TOKEN" \\'] : []),
    '  -H "Content-Type: application/json" \\',
    isShort(sample) ? `  -d '${compact(body).replaceAll("'", String.raw`'\''`)}'` : '  -d @request.json',
  ].join('\n');
}

export function pythonSample(sample: Sample): string {
  const { url, name, body, needsToken } = sample;
  const token = needsToken ? 'os.environ["SLIPWAY_TOKEN"]' : '"none"';
  const request = isShort(sample)
    ? [`request = json.loads(${pythonText(compact(body))})`]
    : ['with open("request.json") as file:', '    request = json.load(file)'];
  return [
    'import json',
    ...(needsToken ? ['import os'] : []),
    '',
    'from databricks.sdk import WorkspaceClient',
    'from databricks.sdk.service.serving import DataframeSplitInput',
    '',
    `w = WorkspaceClient(host=${JSON.stringify(url)}, token=${token}, auth_type="pat")`,
    ...request,
    'if "dataframe_split" in request:',
    '    request["dataframe_split"] = DataframeSplitInput.from_dict(request["dataframe_split"])',
    `answer = w.serving_endpoints.query(${JSON.stringify(name)}, **request)`,
    'print(answer.predictions)',
  ].join('\n');
}

export function typescriptSample(sample: Sample): string {
  const { url, name, body, needsToken } = sample;
  return [
    ...(isShort(sample) ? [] : ["import { readFile } from 'node:fs/promises';"]),
    "import { SlipwayClient } from '@slipway/client';",
    '',
    needsToken
      ? `const client = new SlipwayClient({ baseUrl: '${url}', token: process.env.SLIPWAY_TOKEN });`
      : `const client = new SlipwayClient({ baseUrl: '${url}' });`,
    isShort(sample)
      ? `const request = ${compact(body)};`
      : "const request = await readFile('request.json', 'utf8');",
    `const { predictions } = await client.servingEndpoints.query('${name}', request);`,
    'console.log(predictions);',
  ].join('\n');
}

const compact = (body: string): string => JSON.stringify(parsed(body));

/** Triple quotes, for JSON is full of the others; backslashes and quotes at the end are written out. */
const pythonText = (text: string): string =>
  /'''|\\|'$/.test(text) ? JSON.stringify(text) : `'''${text}'''`;

function parsed(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}
