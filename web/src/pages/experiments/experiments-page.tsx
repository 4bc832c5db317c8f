import { useCrumbs } from '../../ui/crumbs.tsx';

export function ExperimentsPage() {
  useCrumbs([{ label: 'Experiments' }]);
  return <h1>Experiments</h1>;
}
