import { Button } from '@mantine/core';
import { SlipwayError } from '@slipway/client';
import { CircleAlert, type LucideIcon, RotateCw } from 'lucide-react';
import type { ReactNode } from 'react';
import { useIsConnected } from '../data/connection.ts';
import { RequestError } from '../data/request-error.ts';
import { isUnreachable } from '../data/unreachable.ts';
import { scrollRegion } from './scroll-region.ts';
import classes from './states.module.css';
import { CopyButton } from './texts.tsx';

interface EmptyStateProps {
  readonly icon?: LucideIcon;
  readonly title: string;
  readonly children?: ReactNode;
  /** Lines of Python (or a shell) that fill the place. */
  readonly code?: string;
  /** Nothing else is on the page, so the title is the page's. */
  readonly isWholePage?: boolean;
}

/** A place with nothing in it yet, and what fills it. */
export function EmptyState({ icon: Icon, title, children, code, isWholePage = false }: EmptyStateProps) {
  const Title = isWholePage ? 'h1' : 'h2';
  return (
    <div className={classes.empty}>
      {Icon && <Icon size={28} aria-hidden strokeWidth={1.5} />}
      <Title className={classes.title}>{title}</Title>
      {children && <div className={classes.words}>{children}</div>}
      {code !== undefined && <CodeBlock code={code} />}
    </div>
  );
}

/** Code to copy. */
export function CodeBlock({
  code,
  label = 'Copy the code',
}: {
  readonly code: string;
  readonly label?: string;
}) {
  return (
    <div className={classes.code}>
      <pre {...scrollRegion}>{code}</pre>
      <span className={classes.copy}>
        <CopyButton text={code} label={label} />
      </span>
    </div>
  );
}

interface ErrorNoticeProps {
  readonly error: unknown;
  /** What could not be done: "The runs could not be read". */
  readonly what: string;
  readonly onRetry?: (() => void) | undefined;
}

/** What happened, what to do, and the id by which the server's log knows it. */
export function ErrorNotice({ error, what, onRetry }: ErrorNoticeProps) {
  const message = error instanceof Error ? error.message : String(error);
  const requestId = error instanceof RequestError ? error.requestId : undefined;
  const isConnected = useIsConnected();
  const isAbsent = isUnreachable(error);
  const isComing = isAbsent && !isConnected;
  return (
    <div className={classes.error} role={isComing ? 'status' : 'alert'} data-coming={isComing || undefined}>
      <CircleAlert size={16} aria-hidden className={classes.errorIcon} />
      <div className={classes.errorText}>
        <strong>{what}</strong>
        {isAbsent ? (
          <>
            <div>The server does not answer.{isComing && ' This is read as soon as it does.'}</div>
            {error instanceof SlipwayError && (
              <details className={classes.details}>
                <summary>Details</summary>
                <span className="mono">{message}</span>
              </details>
            )}
          </>
        ) : (
          <div>{message}</div>
        )}
        {requestId !== undefined && (
          <div className="dim">
            Request <span className="mono">{requestId}</span>
          </div>
        )}
      </div>
      {onRetry && !isComing && (
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<RotateCw size={13} aria-hidden />}
          onClick={onRetry}
        >
          Try again
        </Button>
      )}
    </div>
  );
}
