import { useCrumbs } from '../../ui/crumbs.tsx';

export function HomePage() {
  useCrumbs([{ label: 'Home' }]);
  return <h1>Home</h1>;
}
