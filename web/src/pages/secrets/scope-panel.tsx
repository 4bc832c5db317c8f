import { Button, Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Pencil, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { RequestError } from '../../data/request-error.ts';
import {
  aclsQuery,
  deleteScope,
  deleteSecret,
  type SecretInfo,
  scopeRightsQuery,
  secretsQuery,
} from '../../data/secrets.ts';
import layout from '../../identity/list-detail.module.css';
import { PrincipalName } from '../../identity/principal-name.tsx';
import { TypedConfirmation } from '../../registry/typed-confirmation.tsx';
import { notify } from '../../ui/notices.tsx';
import { Panel } from '../../ui/panel.tsx';
import { EmptyState, ErrorNotice } from '../../ui/states.tsx';
import { CopyButton, TimeText } from '../../ui/texts.tsx';
import { AclDialog } from './acl-dialog.tsx';
import { MEANINGS } from './acl-effects.ts';
import { SecretDialog } from './secret-dialog.tsx';

/** One scope: its keys, and who may do what with them. */
export function ScopePanel({ scope }: { readonly scope: string }) {
  const { data, error, refetch } = useQuery(secretsQuery(scope));
  const [written, setWritten] = useState<string | undefined>();
  const [removed, setRemoved] = useState<SecretInfo | undefined>();
  const [isDeleting, setDeleting] = useState(false);
  const { writes, manages } = useQuery(scopeRightsQuery(scope)).data ?? NO_RIGHTS;
  const navigate = useNavigate();
  if (error !== null && data === undefined) {
    if (error instanceof RequestError && error.status === 404)
      return (
        <EmptyState title="There is no such scope">
          <p>
            No scope is called “<span dir="auto">{scope}</span>” that you may read.
          </p>
        </EmptyState>
      );
    return <ErrorNotice error={error} what="The scope could not be read" onRetry={() => void refetch()} />;
  }
  return (
    <>
      <div className={layout.header}>
        <h2 className={layout.title} dir="auto" title={scope}>
          {scope}
        </h2>
        <CopyButton text={scope} label="Copy the name of the scope" />
        <span className={layout.spread} />
        {manages && (
          <Button
            size="compact-sm"
            variant="default"
            color="red"
            leftSection={<Trash2 size={13} aria-hidden />}
            onClick={() => setDeleting(true)}
          >
            Delete scope…
          </Button>
        )}
      </div>
      <Panel
        title="Secrets"
        aside={
          writes && (
            <Button
              size="compact-sm"
              variant="default"
              leftSection={<Plus size={13} aria-hidden />}
              onClick={() => setWritten('')}
            >
              Write a secret…
            </Button>
          )
        }
      >
        {data === undefined && <Skeleton height={48} m={16} width="auto" />}
        {data?.length === 0 && <p className={`${layout.inset} dim`}>It holds no secret yet.</p>}
        {data !== undefined && data.length > 0 && (
          <ul className={layout.items}>
            {data.map((secret) => (
              <li key={secret.key} className={layout.item}>
                <span className={layout.itemText}>
                  <strong className="mono" dir="auto">
                    {secret.key}
                  </strong>
                  <span className="dim">
                    written <TimeText timeMs={secret.last_updated_timestamp} />
                  </span>
                </span>
                {writes && (
                  <>
                    <Button
                      size="compact-xs"
                      variant="subtle"
                      color="gray"
                      leftSection={<Pencil size={12} aria-hidden />}
                      aria-label={`Replace the value of ${secret.key}`}
                      onClick={() => setWritten(secret.key)}
                    >
                      Replace
                    </Button>
                    <Button
                      size="compact-xs"
                      variant="subtle"
                      color="gray"
                      leftSection={<Trash2 size={12} aria-hidden />}
                      aria-label={`Delete ${secret.key}`}
                      onClick={() => setRemoved(secret)}
                    >
                      Delete
                    </Button>
                  </>
                )}
              </li>
            ))}
          </ul>
        )}
      </Panel>
      {manages && <Acls scope={scope} />}
      {written !== undefined && (
        <SecretDialog scope={scope} secretKey={written} onClose={() => setWritten(undefined)} />
      )}
      {removed !== undefined && (
        <TypedConfirmation
          isOpen
          title={`Delete ${removed.key}`}
          word={removed.key}
          action="Delete secret"
          onConfirm={async () => {
            await deleteSecret(scope, removed.key);
            notify({ text: `The secret ${removed.key} is deleted.` });
          }}
          onClose={() => setRemoved(undefined)}
        >
          <p>Programs that read it fail from now on. Its value does not come back.</p>
        </TypedConfirmation>
      )}
      {isDeleting && (
        <TypedConfirmation
          isOpen
          title={`Delete the scope ${scope}`}
          word={scope}
          action="Delete scope"
          onConfirm={async () => {
            await deleteScope(scope);
            await navigate({ to: '/secrets' });
            notify({ text: `The scope ${scope} is deleted.` });
          }}
          onClose={() => setDeleting(false)}
        >
          <p>All secrets in it go with it. None of them comes back.</p>
        </TypedConfirmation>
      )}
    </>
  );
}

const NO_RIGHTS = { writes: false, manages: false };

/** Who may do what with the scope. */
function Acls({ scope }: { readonly scope: string }) {
  const { data, error, refetch } = useQuery(aclsQuery(scope));
  /** Whose permission is changed; empty for somebody new. */
  const [edited, setEdited] = useState<string | undefined>();
  return (
    <Panel
      title="Who may use it"
      aside={
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<Plus size={13} aria-hidden />}
          disabled={data === undefined}
          onClick={() => setEdited('')}
        >
          Share…
        </Button>
      }
    >
      {error !== null && (
        <div className={layout.inset}>
          <ErrorNotice error={error} what="Who may use it is not known" onRetry={() => void refetch()} />
        </div>
      )}
      {data?.length === 0 && (
        <p className={`${layout.inset} dim`}>Administrators alone: nobody else was given a permission.</p>
      )}
      {data !== undefined && data.length > 0 && (
        <ul className={layout.items}>
          {data.map(({ principal, permission }) => (
            <li key={principal} className={layout.item}>
              <span className={layout.itemText}>
                <PrincipalName name={principal} />
                <span className="dim">
                  {permission}: may {MEANINGS[permission]}
                </span>
              </span>
              <Button
                size="compact-xs"
                variant="subtle"
                color="gray"
                leftSection={<Pencil size={12} aria-hidden />}
                aria-label={`Change the permission of ${principal}`}
                onClick={() => setEdited(principal)}
              >
                Change
              </Button>
            </li>
          ))}
        </ul>
      )}
      {edited !== undefined && (
        <AclDialog scope={scope} acls={data ?? []} principal={edited} onClose={() => setEdited(undefined)} />
      )}
    </Panel>
  );
}
