import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { Users } from 'lucide-react';
import { useRef } from 'react';
import { type Principal, type PrincipalKind, principalsQuery } from '../../data/principals.ts';
import layout from '../../identity/list-detail.module.css';
import { PrincipalName } from '../../identity/principal-name.tsx';
import { BackLink } from '../../ui/back-link.tsx';
import { scrollRegion } from '../../ui/scroll-region.ts';
import { EmptyState, ErrorNotice } from '../../ui/states.tsx';
import classes from './access-page.module.css';
import { linkTo } from './access-search.ts';
import { PrincipalPanel } from './principal-panel.tsx';

interface PrincipalPaneProps {
  readonly kind: PrincipalKind;
  readonly text: string;
  readonly id: string | undefined;
}

const WORDS = {
  user: ['user', 'users'],
  group: ['group', 'groups'],
  'service-principal': ['service principal', 'service principals'],
} as const;

/** All of one kind, and the one that was chosen. */
export function PrincipalPane({ kind, text, id }: PrincipalPaneProps) {
  const { data, error, refetch } = useQuery(principalsQuery(kind, text));
  const [one, many] = WORDS[kind];
  const shown = data?.principals.length ?? 0;
  return (
    <div className={layout.body} data-chosen={id !== undefined || undefined}>
      <nav className={layout.list} aria-label={`List of ${many}`}>
        {error !== null && (
          <div className={layout.inset}>
            <ErrorNotice
              error={error}
              what={`The ${many} could not be read`}
              onRetry={() => void refetch()}
            />
          </div>
        )}
        {data === undefined && error === null && <Skeleton height={12} m={16} width={160} />}
        {data !== undefined && shown === 0 && (
          <p className={`${layout.inset} dim`}>
            {text === '' ? `There are no ${many} yet.` : `No ${one} has that in the name.`}
          </p>
        )}
        {data !== undefined && shown > 0 && (
          <PrincipalRows kind={kind} principals={data.principals} text={text} id={id} />
        )}
        <div className={layout.foot}>
          {data !== undefined && describe(shown, data.total, shown === 1 ? one : many)}
        </div>
      </nav>
      <section className={layout.detail} aria-label="What was chosen" {...scrollRegion}>
        {id === undefined ? (
          <EmptyState icon={Users} title={`Choose a ${one} at the left`}>
            <p>What they may do is granted in the catalog and on experiments; best to groups.</p>
          </EmptyState>
        ) : (
          <>
            <BackLink {...linkTo(kind, undefined, text)}>{`All ${many}`}</BackLink>
            <PrincipalPanel key={`${kind} ${id}`} kind={kind} id={id} />
          </>
        )}
      </section>
    </div>
  );
}

const describe = (shown: number, total: number, word: string): string =>
  total > shown
    ? `The first ${shown.toLocaleString('en-US')} of ${total.toLocaleString('en-US')}; search to see others`
    : `${total.toLocaleString('en-US')} ${word}`;

const ROW_PX = 32;

interface PrincipalRowsProps {
  readonly kind: PrincipalKind;
  readonly principals: readonly Principal[];
  readonly text: string;
  readonly id: string | undefined;
}

function PrincipalRows({ kind, principals, text, id }: PrincipalRowsProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: principals.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  return (
    <div ref={scroller} className={layout.rows}>
      <ul className={classes.virtual} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, start }) => {
          const each = principals[index]!;
          return (
            <li key={each.id} style={{ top: start }}>
              <Link
                {...linkTo(kind, each.id, text)}
                className={layout.row}
                aria-current={each.id === id ? 'true' : undefined}
                data-off={!each.isActive || undefined}
              >
                <PrincipalName name={each.displayName} kind={kind} />
                {!each.isActive && <span className={layout.rowEnd}>Deactivated</span>}
              </Link>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
