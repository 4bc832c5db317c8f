import { useCrumbs } from '../../ui/crumbs.tsx';

export function ModelVersionPage() {
  useCrumbs([{ label: 'ModelVersion' }]);
  return <h1>ModelVersion</h1>;
}
