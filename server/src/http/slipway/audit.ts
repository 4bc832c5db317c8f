import { Readable } from 'node:stream';
import type { Access } from '../../governance/access.ts';
import { renderRecord } from '../../governance/audit-export.ts';
import type { AuditPast } from '../../governance/audit-past.ts';
import type { AuditReader } from '../../governance/audit-reader.ts';
import { OUTCOMES } from '../../governance/audit-record.ts';
import { type Action, SUFFICES } from '../../governance/privileges.ts';
import type { SecurableAges } from '../../governance/securable-ages.ts';
import { isSecurableKey, managing, parseSecurableKey } from '../../governance/securable-keys.ts';
import { AppError, invalidArgument } from '../../kernel/errors.ts';
import { parsePageToken, renderPageToken } from '../../kernel/page-token.ts';
import { COUNTED_FOR_MS } from '../audit-tally.ts';
import { optionalInt32, optionalString, requiredString } from '../mlflow/fields.ts';
import type { JsonObject } from '../mlflow/json.ts';
import type { MlflowRoute } from '../mlflow/routes.ts';
import type { RawRoute } from '../routes.ts';

const MAX_PAGE = 1000;

/** The audit log, and what is answered from it. */
export function auditRoutes({
  reader,
  past,
  ages,
}: {
  readonly reader: AuditReader;
  readonly past: AuditPast;
  readonly ages: SecurableAges;
}): readonly MlflowRoute[] {
  /**
   * Who manages something reads of it, and not of what had its name before.
   * @returns since when it has its name; undefined for administrators, who read everything
   */
  async function readableSince(access: Access, securable: string | undefined): Promise<number | undefined> {
    requireManager(access, securable);
    return access.principal.isAdmin ? undefined : ages.sinceOf(parseSecurableKey(securable!));
  }

  return [
    {
      method: 'GET',
      path: 'slipway/v1/audit',
      // Administrators, and whoever manages the securable that is asked about.
      access: 'filtered',
      request: [
        { name: 'principal', type: 'string' },
        { name: 'action', type: 'string' },
        { name: 'securable', type: 'string' },
        { name: 'outcome', type: 'string' },
        { name: 'from', type: 'string' },
        { name: 'until', type: 'string' },
        { name: 'max_results', type: 'int32' },
        { name: 'page_token', type: 'string' },
      ],
      async handle({ message, caller }) {
        const securable = optionalString(message, 'securable');
        const sinceMs = await readableSince(caller.access, securable);
        const outcome = optionalString(message, 'outcome');
        const known = OUTCOMES.find((each) => each === outcome);
        if (outcome !== undefined && outcome !== '' && known === undefined)
          throw invalidArgument(`'outcome' is one of ${OUTCOMES.join(', ')}.`, { field: 'outcome' });
        const limit = optionalInt32(message, 'max_results') ?? 100;
        if (limit < 1 || limit > MAX_PAGE)
          throw invalidArgument(`'max_results' is from 1 to ${MAX_PAGE}.`, { field: 'max_results' });
        const { records, next } = await reader.search(
          {
            principal: optionalString(message, 'principal') || undefined,
            action: optionalString(message, 'action') || undefined,
            securable: securable || undefined,
            outcome: known,
            fromMs: readTime(message, 'from'),
            untilMs: readTime(message, 'until'),
            present: sinceMs === undefined ? undefined : { sinceMs, countedForMs: COUNTED_FOR_MS },
          },
          { after: readPosition(message), limit },
        );
        return {
          records: records.map(renderRecord),
          ...(next !== undefined && {
            next_page_token: renderPageToken({ offset: 0, after: [next.atMs, next.chain, next.seq] }),
          }),
        };
      },
    },
    {
      method: 'GET',
      path: 'slipway/v1/audit/verification',
      access: 'admin',
      request: [],
      async handle() {
        const verdict = await reader.verify();
        return {
          whole: verdict.faults.length === 0,
          faults: verdict.faults.map(({ chain, number, atMs, what }) => ({ chain, number, at: atMs, what })),
          chains: verdict.chains,
          records: verdict.records,
          checkpoints: verdict.checkpoints,
          unsealed_records: verdict.unsealed,
          clock_went_back: verdict.clockWentBack.map(({ chain, seq, byMs }) => ({ chain, seq, by_ms: byMs })),
          last_checkpoint: verdict.lastCheckpoint,
        };
      },
    },
    {
      method: 'GET',
      path: 'slipway/v1/access/who-could',
      access: 'filtered',
      request: [
        { name: 'action', type: 'string', required: true },
        { name: 'securable', type: 'string', required: true },
        { name: 'at', type: 'string' },
      ],
      async handle({ message, caller }) {
        const action = requiredString(message, 'action');
        if (!isAction(action))
          throw invalidArgument(
            `'${action.slice(0, 100)}' is no action: one of ${Object.keys(SUFFICES).join(', ')}.`,
            {
              field: 'action',
            },
          );
        const named = requiredString(message, 'securable');
        // The action says of what type it is, where the key does not.
        const securable = isSecurableKey(named) ? named : `${action.split('.', 1)[0]}:${named}`;
        const sinceMs = await readableSince(caller.access, securable);
        const asked = readTime(message, 'at');
        if (sinceMs !== undefined && asked !== undefined && asked < sinceMs)
          throw denied(
            `Only administrators ask about the time before '${securable.slice(0, 300)}' was made or got its name.`,
          );
        const on = parseSecurableKey(securable);
        const { atMs, capable } = await past.whoCould({ action, on, atMs: asked });
        return {
          at: atMs,
          principals: capable.map(({ name, kind, isAdmin, held }) => ({
            principal: name,
            kind,
            is_admin: isAdmin,
            held: held.map(({ holder, securable: on, privileges }) => ({
              holder,
              securable: on,
              privileges,
            })),
          })),
        };
      },
    },
  ];
}

/** The whole log as lines of JSON. */
export function auditExportRoute(reader: AuditReader): RawRoute {
  return {
    method: 'GET',
    path: '/api/slipway/v1/audit/export',
    access: 'admin',
    description: {
      summary: 'The audit log as lines of JSON: its checkpoints, then the records of each chain in order',
      tag: 'audit',
      answers: { 200: { description: 'The log.', types: ['application/x-ndjson'] } },
    },
    handle: async (_request, reply) =>
      reply
        .header('content-type', 'application/x-ndjson')
        .header('content-disposition', 'attachment; filename="audit.jsonl"')
        .send(Readable.from(reader.lines(), { objectMode: false })),
  };
}

const isAction = (text: string): text is Action => Object.hasOwn(SUFFICES, text);

/** The same words whether or not the securable exists. */
function requireManager(access: Access, securable: string | undefined): void {
  if (access.principal.isAdmin) return;
  if (securable === undefined || securable === '')
    throw denied('Only administrators read the whole audit log: name a `securable` that you manage.');
  const on = parseSecurableKey(securable);
  const action = managing(on);
  if (action === undefined || access.decide(action, on) !== 'allowed')
    throw denied('Only administrators and whoever manages the securable read its audit log.');
}

const denied = (message: string): AppError => new AppError('PermissionDenied', message);

/** Milliseconds since 1970, or a time such as 2026-11-21T14:00:00Z. */
function readTime(message: JsonObject, field: string): number | undefined {
  const text = optionalString(message, field);
  if (text === undefined || text === '') return undefined;
  const atMs = /^\d{1,15}$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isFinite(atMs)) return atMs;
  throw invalidArgument(
    `'${field}': expected milliseconds since 1970 or a time such as 2026-11-21T14:00:00Z.`,
    {
      field,
    },
  );
}

function readPosition(message: JsonObject) {
  const text = optionalString(message, 'page_token');
  if (text === undefined || text === '') return undefined;
  const [atMs, chain, seq] = parsePageToken(text).after ?? [];
  if (typeof atMs === 'number' && typeof chain === 'string' && typeof seq === 'number')
    return { atMs, chain, seq };
  throw invalidArgument('Invalid page token: it is not one of this list.', { field: 'page_token' });
}
