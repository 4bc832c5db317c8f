import { useCrumbs } from '../../ui/crumbs.tsx';

export function RunsPage() {
  useCrumbs([{ label: 'Runs' }]);
  return <h1>Runs</h1>;
}
