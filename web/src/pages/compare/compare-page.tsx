import { useCrumbs } from '../../ui/crumbs.tsx';

export function ComparePage() {
  useCrumbs([{ label: 'Compare' }]);
  return <h1>Compare</h1>;
}
