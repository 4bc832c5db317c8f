import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import {
  type CatalogObject,
  changeObject,
  childrenQuery,
  hasOwnTags,
  removeTag,
  setTag,
  tagsQuery,
} from '../../data/catalog.ts';
import type { Securable } from '../../data/securables.ts';
import layout from '../../identity/list-detail.module.css';
import { Note } from '../../registry/note.tsx';
import { TagList } from '../../registry/tag-list.tsx';
import { Facts } from '../../ui/facts.tsx';
import { Panel } from '../../ui/panel.tsx';
import { scrollRegion } from '../../ui/scroll-region.ts';
import { ErrorNotice } from '../../ui/states.tsx';
import { IdText, TimeText } from '../../ui/texts.tsx';
import { CatalogIcon } from './catalog-icon.tsx';
import classes from './catalog-page.module.css';
import { linkTo } from './catalog-search.ts';

interface OverviewTabProps {
  readonly on: Securable;
  readonly object: CatalogObject;
  /** Whether the reader may change it. */
  readonly manages: boolean;
}

/** What a thing of the catalog is, and what is in it. */
export function OverviewTab({ on, object, manages }: OverviewTabProps) {
  return (
    <>
      <Panel title="About">
        <div className={layout.inset}>
          {manages ? (
            <Note
              text={object.comment ?? ''}
              whenEmpty="It has no description."
              onSave={(comment) => changeObject(on, { comment })}
            />
          ) : (
            <p className={object.comment ? undefined : 'dim'} dir="auto">
              {object.comment || 'It has no description.'}
            </p>
          )}
        </div>
        <Facts facts={factsOf(object)} />
        {hasOwnTags(on.type) && <Tags on={on} manages={manages} />}
      </Panel>
      {object.columns !== undefined && <Columns object={object} />}
      {(on.type === 'catalog' || on.type === 'schema') && <Contents on={on} />}
    </>
  );
}

function factsOf(object: CatalogObject): readonly (readonly [string, ReactNode])[] {
  const { created_at, created_by, updated_at, updated_by } = object;
  const when = (timeMs: number | undefined, by: string | undefined): ReactNode =>
    timeMs === undefined ? undefined : (
      <>
        <TimeText timeMs={timeMs} />
        {by !== undefined && by !== '' && (
          <>
            {' '}
            by <span dir="auto">{by}</span>
          </>
        )}
      </>
    );
  return [
    ['Owner', object.owner && <span dir="auto">{object.owner}</span>],
    ['Made', when(created_at, created_by)],
    ['Changed', when(updated_at, updated_by)],
    ['Format', object.data_source_format],
    ['Aliases', object.aliases?.map((each) => `${each.alias_name} → version ${each.version_num}`).join(', ')],
    [
      'Files',
      object.storage_location && <IdText id={object.storage_location} what="the location" most={48} />,
    ],
  ];
}

function Tags({ on, manages }: { readonly on: Securable; readonly manages: boolean }) {
  const { data, error, refetch } = useQuery(tagsQuery(on));
  if (error !== null)
    return (
      <div className={layout.inset}>
        <ErrorNotice error={error} what="The tags could not be read" onRetry={() => void refetch()} />
      </div>
    );
  const tags = data ?? {};
  if (manages)
    return (
      <div className={layout.inset}>
        <TagList
          tags={tags}
          changes={{
            set: (key, value) => setTag(on, { key, value, isNew: !Object.hasOwn(tags, key) }),
            remove: (key) => removeTag(on, key),
          }}
        />
      </div>
    );
  const entries = Object.entries(tags);
  if (entries.length === 0) return null;
  return (
    <div className={`${layout.inset} ${classes.chips}`}>
      {entries.map(([key, value]) => (
        <span key={key} className={classes.chip} dir="auto">
          {value === '' ? key : `${key}: ${value}`}
        </span>
      ))}
    </div>
  );
}

function Columns({ object }: { readonly object: CatalogObject }) {
  const columns = object.columns ?? [];
  return (
    <Panel title="Columns" aside={String(columns.length)}>
      <section className={classes.scroll} aria-label="Columns of the table" {...scrollRegion}>
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Type</th>
              <th scope="col">Description</th>
            </tr>
          </thead>
          <tbody>
            {columns.map(({ name, type_text, comment }) => (
              <tr key={name}>
                <th scope="row" dir="auto">
                  {name}
                </th>
                <td className="mono">{type_text}</td>
                <td dir="auto">{comment}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </Panel>
  );
}

/** More than these are found in the tree. */
const MOST_SHOWN = 200;

function Contents({ on }: { readonly on: Securable }) {
  const { data } = useQuery(childrenQuery(on));
  if (data === undefined) return null;
  const title = on.type === 'catalog' ? 'Schemas' : 'What is in it';
  return (
    <Panel title={title} aside={data.length.toLocaleString('en-US')}>
      {data.length === 0 ? (
        <p className={`${layout.inset} dim`}>Nothing that you may see.</p>
      ) : (
        <ul className={layout.items}>
          {data.slice(0, MOST_SHOWN).map((child) => (
            <li key={`${child.type} ${child.full_name}`} className={layout.item}>
              <CatalogIcon type={child.type} />
              <Link {...linkTo({ type: child.type, name: child.full_name })} dir="auto">
                {child.name}
              </Link>
              <span className={layout.spread} />
              <span className="dim" dir="auto">
                {child.owner}
              </span>
            </li>
          ))}
        </ul>
      )}
      {data.length > MOST_SHOWN && (
        <p className={`${layout.inset} dim`}>The first {MOST_SHOWN}; the others stand in the tree.</p>
      )}
    </Panel>
  );
}
