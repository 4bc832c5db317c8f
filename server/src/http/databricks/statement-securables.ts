import type { Access } from '../../governance/access.ts';
import type { Action, Securable } from '../../governance/privileges.ts';
import { AppError, notFound } from '../../kernel/errors.ts';
import type { StatementSecurables } from '../../statements/governance-execution.ts';
import type { NamedSecurable } from '../../statements/statement-tree.ts';
import {
  type Existence,
  managing,
  parseSecurable,
  parseSecurableType,
  requireExisting,
  seeing,
} from './securables.ts';

export interface StatementSecurablesDependencies {
  readonly existence: Existence;
  readonly metastoreId: string;
  /** By its number or its name; undefined where there is none that the caller sees. */
  findExperiment(text: string, access: Access): Promise<number | undefined>;
}

/** What statements name, found as the calls find it that say the same. */
export function createStatementSecurables(
  dependencies: StatementSecurablesDependencies,
): StatementSecurables {
  const { existence, metastoreId, findExperiment } = dependencies;

  async function requireExperiment(text: string, need: 'see' | 'manage', access: Access): Promise<Securable> {
    const missing = () => notFound(`The experiment ${text.slice(0, 300)} does not exist.`);
    const experimentNo = await findExperiment(text, access);
    if (experimentNo === undefined) throw missing();
    const on = { type: 'experiment', experimentNo } as const;
    judge(access, need === 'see' ? 'experiment.read' : 'experiment.manage', { on, missing });
    return on;
  }

  return {
    async require({ type, name }: NamedSecurable, need, access) {
      if (type === 'EXPERIMENT') return requireExperiment(name[0]!, need, access);
      const fullName = type === 'METASTORE' ? metastoreId : name.join('.');
      const { namespaces } = existence;
      const found = parseSecurable(parseSecurableType(type), fullName, { namespaces, metastoreId });
      const action = need === 'see' ? seeing(found.on) : managing(found.on);
      judge(access, action, { on: found.on, missing: () => found.missing(access) });
      await requireExisting(found, access, existence);
      return found.on;
    },

    mayManage: (on, access) => access.decide(manageAction(on), on) === 'allowed',
  };
}

/** Statements name data objects and experiments, and nothing else. */
function manageAction(on: Securable): Action {
  switch (on.type) {
    case 'metastore':
    case 'catalog':
    case 'schema':
    case 'model':
    case 'table':
    case 'volume':
      return managing(on);
    default:
      return 'experiment.manage';
  }
}

function judge(
  access: Access,
  action: Action,
  { on, missing }: { readonly on: Securable; missing(): AppError },
): void {
  const decision = access.decide(action, on);
  access.trail?.judged(action, on, decision);
  if (decision === 'hidden') throw missing();
  if (decision === 'denied')
    throw new AppError(
      'PermissionDenied',
      `Permission denied: ${access.principal.name} must have the right to ${action} on it.`,
    );
}
