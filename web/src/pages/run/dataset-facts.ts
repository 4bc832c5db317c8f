import type { DatasetInput } from '@slipway/client';

/** What a dataset's JSON fields say, in a form to be shown. */
export interface DatasetFacts {
  /** `training`, `evaluation`… */
  readonly context: string | undefined;
  /** The address within the source, or the source as it is. */
  readonly source: string;
  /** The source, where a browser can open it. */
  readonly link: string | undefined;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly profile: readonly (readonly [string, string])[];
}

export function readDataset({ source, schema, profile, tags }: DatasetInput): DatasetFacts {
  const place = mapping(parsed(source));
  const found = ['uri', 'url', 'path', 'table_name', 'name'].map((key) => place[key]).find(isText);
  const shown = found ?? source;
  return {
    context: tags['mlflow.data.context'],
    source: shown,
    link: /^https?:\/\//i.test(shown) ? shown : undefined,
    columns: readColumns(mapping(parsed(schema))),
    profile: Object.entries(mapping(parsed(profile))).map(([name, value]) => [
      name.replaceAll('_', ' '),
      typeof value === 'number' ? value.toLocaleString('en-US') : textOf(value),
    ]),
  };
}

/** Of tables (`mlflow_colspec`) and of arrays (`mlflow_tensorspec`). */
function readColumns(schema: Mapping): DatasetFacts['columns'] {
  const columns = schema.mlflow_colspec;
  if (Array.isArray(columns)) {
    return columns.map(mapping).map(({ name, type }, i) => ({
      name: isText(name) ? name : `column ${i + 1}`,
      type: textOf(type),
    }));
  }
  const { features, targets } = mapping(schema.mlflow_tensorspec);
  return Object.entries({ features, targets }).flatMap(([part, value]) => tensorsOf(part, value));
}

function tensorsOf(part: string, value: unknown): DatasetFacts['columns'] {
  const text = isText(value) ? parsed(value) : value;
  const tensors = Array.isArray(text) ? text.map(mapping) : [];
  return tensors.map((tensor) => {
    const { dtype, shape } = mapping(tensor['tensor-spec']);
    const name = isText(tensor.name) ? `${part}.${tensor.name}` : part;
    return { name, type: `${textOf(dtype)} ${JSON.stringify(shape ?? [])}` };
  });
}

type Mapping = Readonly<Record<string, unknown>>;

const isText = (value: unknown): value is string => typeof value === 'string';
const textOf = (value: unknown): string => (isText(value) ? value : (JSON.stringify(value) ?? ''));
const mapping = (value: unknown): Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Mapping) : {};

function parsed(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // Any text may be logged in place of JSON.
    return undefined;
  }
}
