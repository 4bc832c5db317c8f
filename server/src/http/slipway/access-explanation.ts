import { LOCAL_USER } from '../../governance/access.ts';
import { DEFAULT_SCHEMA, WORKSPACE } from '../../governance/container-rules.ts';
import { type Explanation, explain } from '../../governance/explanation.ts';
import { isManager } from '../../governance/grants.ts';
import { nameKeyOf } from '../../governance/principal-rules.ts';
import { type Action, type Securable, SUFFICES } from '../../governance/privileges.ts';
import type { OpenSnapshot } from '../../governance/snapshot.ts';
import { AppError, notFound } from '../../kernel/errors.ts';
import { invalid, optionalString, requiredString } from '../mlflow/fields.ts';
import type { MlflowRoute } from '../mlflow/routes.ts';

export interface ExplanationServices {
  readonly snapshot: Pick<OpenSnapshot, 'current'>;
}

/**
 * Why somebody may do something, or what they lack. Everybody asks about themselves; about others, who may manage the
 * securable.
 */
export function accessExplanationRoutes({ snapshot }: ExplanationServices): readonly MlflowRoute[] {
  return [
    {
      method: 'GET',
      path: 'slipway/v1/access/explain',
      access: 'filtered',
      request: [
        { name: 'principal', type: 'string' },
        { name: 'action', type: 'string', required: true },
        { name: 'securable', type: 'string' },
      ],
      async handle({ message, caller }) {
        const action = readAction(requiredString(message, 'action'));
        const on = readSecurable(action, optionalString(message, 'securable') ?? '');
        const self = caller.access.principal;
        const name = optionalString(message, 'principal') ?? self.name;
        const isSelf = nameKeyOf(name) === nameKeyOf(self.name);
        if (!isSelf && !isManager(caller.access, on)) {
          throw new AppError(
            'PermissionDenied',
            'Permission denied: about others one may ask who owns the securable, or may manage it.',
          );
        }
        if (isSelf && self.kind === 'local')
          return { action, securable: renderSecurable(on), ...render(UNLIMITED) };
        const state = snapshot.current();
        const principalNo = state.findByName(nameKeyOf(name))?.no;
        const explanation =
          principalNo === undefined ? undefined : explain(state, { principalNo, action, on });
        if (explanation === undefined) throw notFound(`Principal '${name.slice(0, 300)}' does not exist.`);
        return { action, securable: renderSecurable(on), ...render(explanation) };
      },
    },
  ];
}

/** Where the server has no identities, everybody may do everything. */
const UNLIMITED: Explanation = {
  principal: LOCAL_USER.name,
  isAdmin: true,
  decision: 'allowed',
  grants: [],
  missing: [],
};

const render = ({ principal, isAdmin, decision, grants, missing }: Explanation): object => ({
  principal,
  is_admin: isAdmin,
  // Hidden or denied is the same to whoever asks: no.
  allowed: decision === 'allowed',
  grants: grants.map(({ privilege, on, holder }) => ({ privilege, on: renderSecurable(on), holder })),
  missing: missing.map(({ on, oneOf }) => ({ on: renderSecurable(on), one_of: oneOf })),
});

function readAction(text: string): Action {
  if (Object.hasOwn(SUFFICES, text)) return text as Action;
  throw invalid('action', text, `expected one of ${Object.keys(SUFFICES).join(', ')}.`);
}

/** The action says of what type: the text is the name, or the id, without it. */
function readSecurable(action: Action, text: string): Securable {
  const type = action.slice(0, action.indexOf('.')) as Securable['type'];
  const parts = text.split('.');
  const bad = (expected: string) => invalid('securable', text, `expected ${expected}.`);
  switch (type) {
    case 'metastore':
    case 'workspace':
      return { type };
    case 'catalog':
      if (parts.length !== 1 || text === '') throw bad('the name of a catalog');
      return { type, catalog: text };
    case 'schema':
      if (parts.length !== 2 || parts.includes('')) throw bad('catalog.schema');
      return { type, catalog: parts[0]!, schema: parts[1]! };
    case 'model':
      if (text === '') throw bad('the name of a model');
      // Three levels whether or not there is such a catalog: the answer must not tell.
      return parts.length < 3
        ? { type, catalog: WORKSPACE, schema: DEFAULT_SCHEMA, name: text }
        : { type, catalog: parts[0]!, schema: parts[1]!, name: parts.slice(2).join('.') };
    case 'table':
    case 'volume':
      if (parts.length !== 3 || parts.includes('')) throw bad(`catalog.schema.${type}`);
      return { type, catalog: parts[0]!, schema: parts[1]!, name: parts[2]! };
    case 'experiment':
      if (!/^\d{1,15}$/.test(text)) throw bad('the id of an experiment');
      return { type, experimentNo: Number(text) };
    case 'job':
    case 'endpoint':
      if (text === '') throw bad(`the id of the ${type}`);
      return { type, id: text };
    case 'secret-scope':
      if (text === '') throw bad('the name of a secret scope');
      return { type, name: text };
  }
}

function renderSecurable(on: Securable): object {
  switch (on.type) {
    case 'metastore':
    case 'workspace':
      return { type: on.type, name: '' };
    case 'catalog':
      return { type: on.type, name: on.catalog };
    case 'schema':
      return { type: on.type, name: `${on.catalog}.${on.schema}` };
    case 'model':
    case 'table':
    case 'volume':
      return { type: on.type, name: `${on.catalog}.${on.schema}.${on.name}` };
    case 'experiment':
      return { type: on.type, name: String(on.experimentNo) };
    case 'job':
    case 'endpoint':
      return { type: on.type, name: on.id };
    case 'secret-scope':
      return { type: on.type, name: on.name };
  }
}
