import { Confirmation } from '../ui/confirmation.tsx';
import { notify } from '../ui/notices.tsx';

interface RevokeTokenProps {
  /** What it is for, or its id. */
  readonly name: string;
  /** Undefined for the reader's own. */
  readonly owner?: string;
  /** @throws RequestError */
  readonly onRevoke: () => Promise<void>;
  readonly onClose: () => void;
}

/** Says what becomes of a token before it is revoked, which has no way back. */
export function RevokeToken({ name, owner, onRevoke, onClose }: RevokeTokenProps) {
  return (
    <Confirmation
      title="Revoke the token"
      action="Revoke token"
      onConfirm={async () => {
        await onRevoke();
        notify({ text: `The token “${name}” is refused from now on.` });
      }}
      onClose={onClose}
    >
      <p>
        Programs that sign in by <strong dir="auto">{name}</strong>
        {owner !== undefined && (
          <>
            {' '}
            as <strong dir="auto">{owner}</strong>
          </>
        )}{' '}
        are refused from that moment on. The token does not come back; they need a new one.
      </p>
    </Confirmation>
  );
}
