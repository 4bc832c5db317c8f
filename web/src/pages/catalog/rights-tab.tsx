import { Button, Skeleton, TextInput } from '@mantine/core';
import { useQueries, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Pencil, Plus, Search } from 'lucide-react';
import { useState } from 'react';
import { objectQuery } from '../../data/catalog.ts';
import { type Assignment, grantsQuery } from '../../data/grants.ts';
import { renderPrivilege } from '../../data/privileges.ts';
import { keyOf, nameOf, pathTo, type Securable } from '../../data/securables.ts';
import { useIsSignedIn } from '../../data/session.ts';
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
  /** Whether the reader may give and take rights. */
  readonly manages: boolean;
  readonly search: CatalogSearch;
  readonly onSearch: (search: CatalogSearch) => void;
}

/** Who holds what on a thing, where it comes from, and why somebody may do something. */
export function RightsTab({ on, manages, search, onSearch }: RightsTabProps) {
  const { data, error, refetch } = useQuery(grantsQuery(on));
  const isSignedIn = useIsSignedIn();
  /** Whose grants are changed; empty for somebody new. */
  const [edited, setEdited] = useState<string | undefined>();
  useShortcut('g', 'Grant rights on it', () => manages && setEdited(''));
  return (
    <>
      <Panel
        title="Grants"
        aside={
          manages && (
            <div className={classes.asides}>
              {isSignedIn && (
                <Link to="/audit" search={{ securable: keyOf(on) } as never}>
                  What was done with it
                </Link>
              )}
              <Button
                size="compact-sm"
                variant="default"
                leftSection={<Plus size={13} aria-hidden />}
                onClick={() => setEdited('')}
              >
                Grant…
              </Button>
            </div>
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

/** From so many on a name is found quicker by typing than by looking. */
const MANY = 25;
const MOST_SHOWN = 300;

function GrantTable({ assignments, onEdit }: GrantTableProps) {
  const [text, setText] = useState('');
  const sought = text.trim().toLowerCase();
  const found = assignments.filter(({ principal }) => principal.toLowerCase().includes(sought));
  return (
    <>
      {assignments.length >= MANY && (
        <div className={layout.inset}>
          <TextInput
            size="xs"
            type="search"
            className={layout.search}
            aria-label="Search who holds something"
            placeholder={`Search among ${assignments.length.toLocaleString('en-US')}`}
            leftSection={<Search size={14} aria-hidden />}
            value={text}
            onChange={({ currentTarget }) => setText(currentTarget.value)}
          />
        </div>
      )}
      {found.length === 0 ? (
        <p className={`${layout.inset} dim`}>Nobody who holds something here has that in the name.</p>
      ) : (
        <HolderTable assignments={found.slice(0, MOST_SHOWN)} onEdit={onEdit} />
      )}
      {found.length > MOST_SHOWN && (
        <p className={`${layout.inset} dim`}>
          The first {MOST_SHOWN} of {found.length.toLocaleString('en-US')}.
        </p>
      )}
    </>
  );
}

function HolderTable({ assignments, onEdit }: GrantTableProps) {
  return (
    <section className={classes.scroll} aria-label="Who holds what" {...scrollRegion}>
      <table className={`${classes.table} ${classes.holders}`}>
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
              <td data-none={here.length === 0 || undefined}>
                <Chips privileges={here} />
              </td>
              <td data-none={above.length === 0 || undefined}>
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
  const owners = new Map<string, string[]>();
  path.forEach((each, i) => {
    const owner = found[i]?.data?.owner;
    if (owner === undefined || owner === '') return;
    owners.set(owner, [...(owners.get(owner) ?? []), i === 0 ? `this ${each.type}` : nameOf(each)]);
  });
  if (owners.size === 0) return null;
  return (
    <p className={`${layout.inset} dim`}>
      Administrators may do everything, and owners with what they own:{' '}
      {[...owners].map(([owner, owned], i) => (
        <span key={owner}>
          {i > 0 && '; '}
          <strong dir="auto">{owner}</strong> owns {LIST.format(owned)}
        </span>
      ))}
      .
    </p>
  );
}

const LIST = new Intl.ListFormat('en');
