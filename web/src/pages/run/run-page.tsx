import { useCrumbs } from '../../ui/crumbs.tsx';

export function RunPage() {
  useCrumbs([{ label: 'Run' }]);
  return <h1>Run</h1>;
}
