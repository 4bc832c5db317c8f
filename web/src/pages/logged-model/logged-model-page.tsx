import { useCrumbs } from '../../ui/crumbs.tsx';

export function LoggedModelPage() {
  useCrumbs([{ label: 'LoggedModel' }]);
  return <h1>LoggedModel</h1>;
}
