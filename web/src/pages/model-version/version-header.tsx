import { ActionIcon, Button, Menu } from '@mantine/core';
import type { ModelVersion } from '@slipway/client';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { AtSign, ChevronDown, Download, Ellipsis, Trash2, X } from 'lucide-react';
import { useState } from 'react';
import { modelQuery, type TableVersion } from '../../data/models.ts';
import { AliasBadge, StageBadge } from '../../registry/alias-badge.tsx';
import { AliasDialog, type AliasProposal } from '../../registry/alias-dialog.tsx';
import { DeleteVersion } from '../../registry/delete-version.tsx';
import facts from '../../registry/facts-page.module.css';
import { removeAlias } from '../../registry/registry-changes.ts';
import { StageDialog, type StageProposal } from '../../registry/stage-dialog.tsx';
import { STAGES, type Stage } from '../../registry/stages.ts';
import { ServeButton } from '../../serving/served-at.tsx';
import { useShortcut } from '../../ui/shortcuts.ts';
import { Status } from '../../ui/status.tsx';
import { folderZipUrl } from '../../viewers/artifact-owner.ts';
import classes from './model-version-page.module.css';

interface VersionHeaderProps {
  readonly version: ModelVersion;
  /** All of the model, the newest first; empty while they come. */
  readonly versions: readonly TableVersion[];
}

export function VersionHeader({ version, versions }: VersionHeaderProps) {
  const { name, version: number, aliases } = version;
  const [alias, setAlias] = useState<AliasProposal | undefined>();
  const [stage, setStage] = useState<StageProposal | undefined>();
  const model = useQuery(modelQuery(name));
  const [isDeleting, setDeleting] = useState(false);
  const navigate = useNavigate();
  const place = versions.findIndex((one) => one.version === number);
  const go = (to: TableVersion | undefined) => {
    if (to === undefined) return;
    void navigate({ to: '/models/$name/versions/$version', params: { name, version: to.version } });
  };
  useShortcut('a', 'Set an alias', () => setAlias({ alias: '', version: number }));
  useShortcut('k', 'Newer version', () => go(place < 0 ? undefined : versions[place - 1]));
  useShortcut('j', 'Older version', () => go(place < 0 ? undefined : versions[place + 1]));
  const propose = (to: Stage) =>
    setStage({
      version: number,
      from: version.stage as Stage,
      to,
      others: versions
        .filter((other) => other.version !== number && other.current_stage === to)
        .map((other) => other.version),
    });
  return (
    <header className={facts.header}>
      <h1 className={facts.title} dir="auto" title={name}>
        {name} <span className={classes.number}>version {number}</span>
      </h1>
      <Status status={version.status} />
      {aliases.map((one) => (
        <AliasBadge key={one} alias={one} onMove={() => setAlias({ alias: one, version: number })} />
      ))}
      <StageBadge stage={version.stage} />
      <span className={facts.spread} />
      <Button
        size="xs"
        variant="default"
        component="a"
        className={classes.download}
        href={folderZipUrl({ modelName: name, version: number })}
        download
        leftSection={<Download size={14} aria-hidden />}
      >
        Download
      </Button>
      {version.status === 'READY' && <ServeButton name={name} version={number} />}
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <Button size="xs" variant="default" rightSection={<ChevronDown size={14} aria-hidden />}>
            Stage
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {STAGES.filter((one) => one !== version.stage).map((one) => (
            <Menu.Item key={one} onClick={() => propose(one)}>
              Move to {one}…
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Button
        size="xs"
        leftSection={<AtSign size={14} aria-hidden />}
        onClick={() => setAlias({ alias: '', version: number })}
      >
        Set an alias
      </Button>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon variant="default" size={30} aria-label="More to do with this version">
            <Ellipsis size={16} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {aliases.map((one) => (
            <Menu.Item
              key={one}
              leftSection={<X size={14} aria-hidden />}
              onClick={() => void removeAlias({ name, alias: one, version: number })}
            >
              Remove the alias {one}
            </Menu.Item>
          ))}
          {aliases.length > 0 && <Menu.Divider />}
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
        onDeleted={() => void navigate({ to: '/models/$name', params: { name } })}
      />
      <AliasDialog
        name={name}
        aliases={model.data?.aliases ?? {}}
        versions={versions.length === 0 ? [version] : versions}
        proposal={alias}
        onClose={() => setAlias(undefined)}
      />
      <StageDialog name={name} proposal={stage} onClose={() => setStage(undefined)} />
    </header>
  );
}
