import { useCrumbs } from '../../ui/crumbs.tsx';

export function ModelsPage() {
  useCrumbs([{ label: 'Models' }]);
  return <h1>Models</h1>;
}
