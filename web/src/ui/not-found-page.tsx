import { Link } from '@tanstack/react-router';
import { Compass } from 'lucide-react';
import { useCrumbs } from './crumbs.tsx';
import { EmptyState } from './states.tsx';

export function NotFoundPage() {
  useCrumbs([{ label: 'Home', link: { to: '/' } }, { label: 'Not found' }]);
  return (
    <EmptyState icon={Compass} title="There is no page at this address" isWholePage>
      <p>
        It may have been moved or mistyped. <Link to="/experiments">Experiments</Link> and{' '}
        <Link to="/models">models</Link> are a click away, and the search finds runs by name or id.
      </p>
    </EmptyState>
  );
}
