import { useCrumbs } from '../../ui/crumbs.tsx';

export function SettingsPage() {
  useCrumbs([{ label: 'Settings' }]);
  return <h1>Settings</h1>;
}
