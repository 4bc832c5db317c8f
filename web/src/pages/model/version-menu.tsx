import { ActionIcon, type ActionIconProps, Menu } from '@mantine/core';
import { AtSign, Ellipsis, Trash2, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
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

/** What can be done with a version. Of hundreds in a table most are never asked: until one is, there is only its button. */
export function VersionMenu(props: VersionMenuProps) {
  const [isWanted, setWanted] = useState(false);
  if (isWanted) return <OpenedMenu {...props} />;
  return (
    <ActionIcon
      {...BUTTON}
      aria-label={labelOf(props.version)}
      aria-haspopup="menu"
      aria-expanded={false}
      onClick={() => setWanted(true)}
    >
      <Ellipsis size={15} aria-hidden />
    </ActionIcon>
  );
}

const BUTTON: ActionIconProps = { size: 'sm', variant: 'subtle', color: 'gray' };
const labelOf = ({ version }: TableVersion): string => `Actions of version ${version}`;

function OpenedMenu({ name, version, onAlias, onStage }: VersionMenuProps) {
  const [isOpen, setOpen] = useState(false);
  const [isDeleting, setDeleting] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    // It stands in the place of the button that was pressed: closing leads back to it.
    button.current?.focus();
    setOpen(true);
  }, []);
  const { version: number, aliases = [], current_stage: stage } = version;
  return (
    <>
      <Menu position="bottom-end" withinPortal opened={isOpen} onChange={setOpen}>
        <Menu.Target>
          <ActionIcon {...BUTTON} ref={button} aria-label={labelOf(version)}>
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
