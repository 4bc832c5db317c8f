import { invalid, optionalInt32 } from '../mlflow/fields.ts';
import type { JsonObject } from '../mlflow/json.ts';
import type { DatabricksCall } from './routes.ts';

/**
 * What a call says, wherever it says it: some clients send the fields of a DELETE in its body, others in its address,
 * and names that stand in the path once more besides.
 */
export const messageOf = ({ query, body }: Pick<DatabricksCall, 'query' | 'body'>): JsonObject => ({
  ...query,
  ...body,
});

/** How many are wanted; 0 and nothing mean the default. @throws AppError InvalidArgument */
export function pageSizeOf(
  message: JsonObject,
  { usual, most }: { readonly usual: number; readonly most: number },
): number {
  const wanted = optionalInt32(message, 'max_results') ?? 0;
  if (wanted < 0) throw invalid('max_results', wanted, 'expected 0 or more.');
  return wanted === 0 ? usual : Math.min(wanted, most);
}
