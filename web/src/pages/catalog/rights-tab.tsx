import { Button, Skeleton } from '@mantine/core';
import { useQueries, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Pencil, Plus } from 'lucide-react';
import { useState } from 'react';
import { type CatalogObject, objectQuery } from '../../data/catalog.ts';
import { type Assignment, grantsQuery } from '../../data/grants.ts';
import { renderPrivilege } from '../../data/privileges.ts';
import { keyOf, nameOf, pathTo, type Securable } from '../../data/securables.ts';
import layout from '../../identity/list-detail.module.css';
import { PrincipalName } from '../../identity/principal-name.tsx';
import { Panel } from '../../ui/panel.tsx';
import { scrollRegion } from '../../ui/scroll-region.ts';
import { useShortcut } from '../../ui/shortcuts.ts';
import { ErrorNotice } from '../../ui/states.tsx';
import classes from './catalog-page.module.css';
import { type CatalogSearch, linkTo } from './catalog-search.ts';
import { ExplanationPanel } from './explanation-panel.tsx';
import { GrantDialog } from './grant-dialog.tsx';

interface RightsTabProps {
  readonly on: Securable;
  readonly object: CatalogObject | undefined;
  /** Whether the reader may give and take rights. */
  readonly manages: boolean;
  readonly search: CatalogSearch;
  readonly onSearch: (search: CatalogSearch) => void;
}

/** Who holds what on a thing, where it comes from, and why somebody may do something. */
export function RightsTab({ on, manages, search, onSearch }: RightsTabProps) {
  const { data, error, refetch } = useQuery(grantsQuery(on));
  /** Whose grants are changed; empty for somebody new. */
  const [edited, setEdited] = useState<string | undefined>();
  useShortcut('g', 'Grant rights on it', () => manages && setEdited(''));
  return (
    <>
      <Panel
        title="Grants"
        aside={
          manages && (
            <Button
              size="compact-sm"
              leftSection={<Plus size={13} aria-hidden />}
              onClick={() => setEdited('')}
            >
              Grant…
            </Button>
          )
        }
      >
        {error !== null && (
          <div className={layout.inset}>
            <ErrorNotice error={error} what="The grants could not be read" onRetry={() => void refetch()} />
          </div>
        )}
        {data === undefined && error === null && <Skeleton height={96} m={16} width="auto" />}
        {data?.length === 0 && (
          <p className={`${layout.inset} dim`}>
            {manages
              ? 'Nothing is granted here or above: only owners and administrators may do something with it.'
              : 'Nothing is granted to you or to your groups, here or above.'}
          </p>
        )}
        {data !== undefined && data.length > 0 && (
          <GrantTable assignments={data} onEdit={manages ? setEdited : undefined} />
        )}
        <Owners on={on} />
      </Panel>
      <ExplanationPanel on={on} manages={manages} search={search} onSearch={onSearch} />
      {edited !== undefined && (
        <GrantDialog
          on={on}
          principal={edited}
          assignments={data ?? []}
          onClose={() => setEdited(undefined)}
        />
      )}
    </>
  );
}

interface GrantTableProps {
  readonly assignments: readonly Assignment[];
  readonly onEdit: ((principal: string) => void) | undefined;
}

function GrantTable({ assignments, onEdit }: GrantTableProps) {
  return (
    <section className={classes.scroll} aria-label="Who holds what" {...scrollRegion}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Who</th>
            <th scope="col">Granted here</th>
            <th scope="col">Comes from above</th>
            {onEdit && (
              <th scope="col">
                <span className="visually-hidden">Actions</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {assignments.map(({ principal, here, above }) => (
            <tr key={principal}>
              <th scope="row">
                <PrincipalName name={principal} />
              </th>
              <td>
                <Chips privileges={here} />
              </td>
              <td>
                <Inherited above={above} />
              </td>
              {onEdit && (
                <td data-actions>
                  <Button
                    size="compact-xs"
                    variant="subtle"
                    color="gray"
                    leftSection={<Pencil size={12} aria-hidden />}
                    aria-label={`Change the grants of ${principal}`}
                    onClick={() => onEdit(principal)}
                  >
                    Change
                  </Button>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Chips({ privileges }: { readonly privileges: readonly string[] }) {
  if (privileges.length === 0) return <span className="dim">—</span>;
  return (
    <span className={classes.chips}>
      {privileges.map((privilege) => (
        <span key={privilege} className={classes.chip}>
          {renderPrivilege(privilege)}
        </span>
      ))}
    </span>
  );
}

/** By what each was granted on: there it can be taken away. */
function Inherited({ above }: Pick<Assignment, 'above'>) {
  if (above.length === 0) return <span className="dim">—</span>;
  const sources = Map.groupBy(above, ({ from }) => keyOf(from));
  return [...sources].map(([key, held]) => (
    <div key={key} className={classes.from}>
      <Chips privileges={held.map(({ privilege }) => privilege)} />
      <span className="dim">
        from <Link {...linkTo(held[0]!.from, 'rights')}>{nameOf(held[0]!.from)}</Link>
      </span>
    </div>
  ));
}

/** Owners of what it lies in may do everything with it as well. */
function Owners({ on }: { readonly on: Securable }) {
  const path = pathTo(on).toReversed();
  const found = useQueries({ queries: path.map((each) => objectQuery(each)) });
  const owners = path.flatMap((each, i) => {
    const owner = found[i]?.data?.owner;
    return owner === undefined || owner === '' ? [] : [{ on: each, owner }];
  });
  if (owners.length === 0) return null;
  return (
    <p className={`${layout.inset} dim`}>
      Owners may do everything, and administrators:{' '}
      {owners.map(({ on: each, owner }, i) => (
        <span key={keyOf(each)}>
          {i > 0 && ', '}
          <strong dir="auto">{owner}</strong> owns {i === 0 ? `this ${each.type}` : nameOf(each)}
        </span>
      ))}
      .
    </p>
  );
}
