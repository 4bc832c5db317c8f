import { Button } from '@mantine/core';
import { useQueries, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { allTokensQuery, type OwnedToken, principalsQuery, revokeAnyToken } from '../../data/principals.ts';
import layout from '../../identity/list-detail.module.css';
import { PrincipalName } from '../../identity/principal-name.tsx';
import { RevokeToken } from '../../identity/revoke-token.tsx';
import type { GridColumn } from '../../tables/columns.ts';
import { Grid } from '../../tables/grid.tsx';
import { renderTime } from '../../ui/numbers.ts';
import { EmptyState, ErrorNotice } from '../../ui/states.tsx';
import { TimeText } from '../../ui/texts.tsx';
import classes from './access-page.module.css';

interface NamedToken extends OwnedToken {
  readonly owner: string;
  readonly isService: boolean;
}

/** The tokens of everybody: who programs act as, since when, until when. */
export function TokenTable({ text }: { readonly text: string }) {
  const { data, error, refetch } = useQuery(allTokensQuery);
  const [users, services] = useQueries({
    queries: [principalsQuery('user', ''), principalsQuery('service-principal', '')],
  });
  const [widths, setWidths] = useState<ReadonlyMap<string, number>>(new Map());
  const [revoked, setRevoked] = useState<NamedToken | undefined>();
  const tokens = useMemo(() => {
    const owners = new Map(
      [...(users.data?.principals ?? []), ...(services.data?.principals ?? [])].map((each) => [
        each.id,
        each,
      ]),
    );
    const sought = text.trim().toLowerCase();
    return (data ?? [])
      .map((token): NamedToken => {
        const owner = owners.get(String(token.owner_id));
        return {
          ...token,
          owner: owner?.displayName ?? token.created_by_username ?? String(token.owner_id),
          isService: owner?.kind === 'service-principal',
        };
      })
      .filter(({ owner, comment }) =>
        [owner, comment ?? ''].some((each) => each.toLowerCase().includes(sought)),
      );
  }, [data, users.data, services.data, text]);
  const columns = useMemo(
    () => COLUMNS.map((column) => ({ ...column, width: widths.get(column.id) ?? column.width })),
    [widths],
  );
  return (
    <div className={classes.tokenPage}>
      <div>
        {error !== null && (
          <div className={layout.inset}>
            <ErrorNotice error={error} what="The tokens could not be read" onRetry={() => void refetch()} />
          </div>
        )}
      </div>
      {data !== undefined && tokens.length === 0 ? (
        <EmptyState title={text === '' ? 'There is no token' : 'No token matches'} />
      ) : (
        <Grid<NamedToken>
          label="Tokens"
          columns={columns}
          rowCount={tokens.length}
          rowAt={(index) => tokens[index]}
          keyOf={({ token_id }) => token_id}
          nameOf={nameOf}
          actionsOf={(token) => <Revoke token={token} onRevoke={setRevoked} />}
          onResizeColumn={(id, width) => setWidths(new Map(widths).set(id, width))}
        />
      )}
      <div className={classes.tokenFoot}>
        {data !== undefined &&
          `${tokens.length.toLocaleString('en-US')} of ${data.length.toLocaleString('en-US')} tokens`}
      </div>
      {revoked !== undefined && (
        <RevokeToken
          name={nameOf(revoked)}
          owner={revoked.owner}
          onRevoke={() => revokeAnyToken(revoked.token_id)}
          onClose={() => setRevoked(undefined)}
        />
      )}
    </div>
  );
}

const COLUMNS: readonly GridColumn<NamedToken>[] = [
  {
    id: 'owner',
    label: 'Acts as',
    width: 240,
    isPinned: true,
    render: ({ owner, isService }) => (
      <PrincipalName name={owner} kind={isService ? 'service-principal' : 'user'} />
    ),
    textOf: ({ owner }) => owner,
  },
  {
    id: 'comment',
    label: 'What it is for',
    width: 300,
    render: ({ comment }) => (comment ? <span dir="auto">{comment}</span> : <span className="dim">—</span>),
    textOf: ({ comment }) => comment ?? '',
  },
  {
    id: 'made',
    label: 'Made',
    width: 120,
    render: ({ creation_time }) => <TimeText timeMs={creation_time} />,
    textOf: ({ creation_time }) => renderTime(creation_time),
  },
  {
    id: 'by',
    label: 'By',
    width: 200,
    render: ({ created_by_username }) => <span dir="auto">{created_by_username}</span>,
    textOf: ({ created_by_username }) => created_by_username ?? '',
  },
  {
    id: 'end',
    label: 'Good until',
    width: 180,
    render: ({ expiry_time }) => (
      <span className={expiry_time < 0 ? 'dim' : undefined}>{endOf(expiry_time)}</span>
    ),
    textOf: ({ expiry_time }) => endOf(expiry_time),
  },
];

const endOf = (timeMs: number): string =>
  timeMs < 0 ? 'without an end' : `${renderTime(timeMs)}${timeMs < Date.now() ? ', which is over' : ''}`;

interface RevokeProps {
  readonly token: NamedToken;
  readonly onRevoke: (token: NamedToken) => void;
}

function Revoke({ token, onRevoke }: RevokeProps) {
  return (
    <Button
      size="compact-xs"
      variant="default"
      color="red"
      aria-label={`Revoke ${nameOf(token)} of ${token.owner}`}
      onClick={() => onRevoke(token)}
    >
      Revoke…
    </Button>
  );
}

const nameOf = ({ comment, token_id }: NamedToken): string => comment || token_id;
