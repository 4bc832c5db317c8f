import { ActionIcon, Menu } from '@mantine/core';
import { AtSign, Ellipsis, Trash2, X } from 'lucide-react';
import { useState } from 'react';
import type { TableVersion } from '../../data/models.ts';
import type { AliasProposal } from '../../registry/alias-dialog.tsx';
import { DeleteVersion } from '../../registry/delete-version.tsx';
import { removeAlias } from '../../registry/registry-changes.ts';
import { STAGES, type Stage } from '../../registry/stages.ts';

interface VersionMenuProps {
  readonly name: string;
  readonly version: TableVersion;
  readonly onAlias: (proposal: AliasProposal) => void;
  readonly onStage: (version: TableVersion, to: Stage) => void;
}

/** What can be done with a version. */
export function VersionMenu({ name, version, onAlias, onStage }: VersionMenuProps) {
  const [isDeleting, setDeleting] = useState(false);
  const { version: number, aliases = [], current_stage: stage } = version;
  return (
    <>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon size="sm" variant="subtle" color="gray" aria-label={`Actions of version ${number}`}>
            <Ellipsis size={15} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<AtSign size={14} aria-hidden />}
            onClick={() => onAlias({ alias: '', version: number })}
          >
            Set an alias…
          </Menu.Item>
          {aliases.map((alias) => (
            <Menu.Item
              key={alias}
              leftSection={<X size={14} aria-hidden />}
              onClick={() => void removeAlias({ name, alias, version: number })}
            >
              Remove {alias}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Label>Stage</Menu.Label>
          {STAGES.filter((one) => one !== stage).map((one) => (
            <Menu.Item key={one} onClick={() => onStage(version, one)}>
              Move to {one}…
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item
            color="red"
            leftSection={<Trash2 size={14} aria-hidden />}
            onClick={() => setDeleting(true)}
          >
            Delete…
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <DeleteVersion
        version={{ name, version: number, aliases }}
        isOpen={isDeleting}
        onClose={() => setDeleting(false)}
      />
    </>
  );
}
