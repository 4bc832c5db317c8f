import { useCrumbs } from '../../ui/crumbs.tsx';

export function ModelPage() {
  useCrumbs([{ label: 'Model' }]);
  return <h1>Model</h1>;
}
