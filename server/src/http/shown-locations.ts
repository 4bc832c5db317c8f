import {
  type DatabricksDesign,
  readOwnLocation,
  readShownLocation,
  showLocation,
} from '../artifacts/dbfs-paths.ts';
import { Lexer } from '../filters/lexer.ts';
import { MAX_LENGTH } from '../filters/parser.ts';
import { AppError } from '../kernel/errors.ts';
import type { Json, JsonObject } from './mlflow/json.ts';
import type { Caller } from './mlflow/routes.ts';

/**
 * Locations are kept in one form, `mlflow-artifacts:`, and shown to each caller in the one that its client can use. What
 * was shown comes back as the source of a version, as the location of an experiment and in filters, and is read here,
 * before any handler sees it.
 */
export interface ShownLocations {
  /** The fields of a request with their locations as they are kept. */
  read(message: JsonObject, caller: Caller): JsonObject;
  /** An answer with its locations as the caller can use them. Values that are no locations of ours stay as they are. */
  show<Answer extends object>(answer: Answer, caller: Caller): Answer;
  /** The same for pieces of JSON text, each of which holds whole fields. */
  showText(json: string, caller: Caller): string;
}

const READ_FIELDS = ['artifact_location', 'source', 'storage_location'];
const READ_FILTERS = ['filter', 'filter_string'];
const SHOWN_FIELDS: ReadonlySet<string> = new Set([
  'artifact_location',
  'artifact_uri',
  'root_uri',
  'storage_location',
  'mlflow.artifactLocation',
]);
/** The attributes of searches that hold locations. */
const FILTERED = /(?:^|\.)["'`]?(?:artifact_uri|source_path)["'`]?$/;
const KEPT = 'mlflow-artifacts:/';

export function createShownLocations(design: DatabricksDesign): ShownLocations {
  const showValue = (text: string): string => showLocation(text, design);

  function showIn(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) {
      const shown = value.map(showIn);
      return shown.some((item, i) => item !== value[i]) ? shown : value;
    }
    let copy: Record<string, unknown> | undefined;
    for (const name in value) {
      const before = (value as Record<string, unknown>)[name];
      const after = isLocation(value, name, before) ? showValue(before) : showIn(before);
      if (after === before) continue;
      copy ??= { ...value };
      copy[name] = after;
    }
    return copy ?? value;
  }

  return {
    read(message, caller) {
      const readValue = caller.client === 'databricks' ? readShownLocation : readOwnLocation;
      let copy: JsonObject | undefined;
      const change = (name: string, read: (text: string) => string) => {
        const before = message[name];
        if (typeof before !== 'string' || !/dbfs:/i.test(before)) return;
        const after = read(before);
        if (after === before) return;
        copy ??= { ...message };
        copy[name] = after;
      };
      for (const name of READ_FIELDS) change(name, readValue);
      for (const name of READ_FILTERS) change(name, (text) => readFilter(text, readValue));
      return copy ?? message;
    },

    show(answer, caller) {
      return caller.client === 'databricks' ? (showIn(answer) as typeof answer) : answer;
    },

    showText(json, caller) {
      if (caller.client !== 'databricks' || !json.includes(KEPT)) return json;
      // A quote within a text is escaped, so that only a field itself looks like one.
      return json.replace(
        /("(?:artifact_uri|artifact_location|root_uri|storage_location)":)("(?:[^"\\]|\\.)*")/g,
        (_, field: string, value: string) => field + JSON.stringify(showValue(JSON.parse(value) as string)),
      );
    },
  };
}

/** A dataset and an assessment have a `source`, too, which is none of ours: only a version's is. */
function isLocation(of: object, name: string, value: unknown): value is string {
  if (typeof value !== 'string' || !value.startsWith(KEPT)) return false;
  if (SHOWN_FIELDS.has(name)) return true;
  if (name === 'source') return 'version' in of;
  return name === 'value' && (of as { key?: Json }).key === 'mlflow.artifactLocation';
}

/** A filter with the literals that stand beside a location's attribute as they are kept; what it is no filter stays. */
function readFilter(text: string, readValue: (location: string) => string): string {
  // Refused as it is, by whoever reads it as a filter.
  if (text.length > MAX_LENGTH) return text;
  let result = '';
  let copied = 0;
  let isFiltered = false;
  let isPattern = false;
  try {
    const lexer = new Lexer(text, 'filter');
    for (let token = lexer.next(); token.kind !== 'end'; token = lexer.next()) {
      const word = token.text.toUpperCase();
      if (token.kind === 'name' && ['AND', 'OR', 'NOT', 'IN'].includes(word)) continue;
      if (token.kind === 'name' && ['LIKE', 'ILIKE'].includes(word)) {
        isPattern = true;
      } else if (token.kind === 'name') {
        isFiltered = FILTERED.test(token.text);
        isPattern = false;
      } else if (token.kind === 'string' && isFiltered) {
        const value = token.text.slice(1, -1);
        const read = isPattern ? readPattern(value, readValue) : readValue(value);
        result += text.slice(copied, token.position) + token.text[0]! + read + token.text.at(-1)!;
        copied = token.position + token.text.length;
      }
    }
  } catch (error) {
    // Whoever parses the filter says what is wrong with it.
    if (error instanceof AppError) return text;
    throw error;
  }
  return result + text.slice(copied);
}

/** What may stand in the part before the folder of all artifacts matches what is kept without it. */
function readPattern(pattern: string, readValue: (location: string) => string): string {
  const root = 'dbfs:/mlflow-artifacts/';
  const [literal = ''] = pattern.split(/[%_]/, 1);
  // `_` is a letter of paths more often than it stands for one.
  if (literal !== pattern && root.startsWith(literal) && !pattern.startsWith(root)) {
    return `${KEPT}${pattern.slice(literal.length)}`;
  }
  return readValue(pattern);
}
