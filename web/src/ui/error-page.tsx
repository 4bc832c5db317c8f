import type { ErrorComponentProps } from '@tanstack/react-router';
import { ErrorNotice } from './states.tsx';

export function ErrorPage({ error, reset }: ErrorComponentProps) {
  return (
    <div style={{ padding: 24 }}>
      <ErrorNotice error={error} what="This page could not be shown" onRetry={reset} />
    </div>
  );
}
