import { Boxes, Database, FolderClosed, Library, type LucideIcon, Network, Table2 } from 'lucide-react';
import type { SecurableType } from '../../data/securables.ts';

const ICONS: Readonly<Record<SecurableType, LucideIcon>> = {
  metastore: Network,
  catalog: Library,
  schema: Database,
  model: Boxes,
  table: Table2,
  volume: FolderClosed,
};

export function CatalogIcon({ type, size = 14 }: { readonly type: SecurableType; readonly size?: number }) {
  const Icon = ICONS[type];
  return <Icon size={size} aria-hidden />;
}
